# What happens on a host around the files of mha-helper-agent, the same for .deb and .rpm; deb.mjs and rpm.mjs put these
# functions in front of the call that is due. A stop, and so an upgrade, lets an open operation end or undoes it. Nothing
# here touches a VIP.
unit=mha-helper-agent.service

systemd_runs() { [ -d /run/systemd/system ]; }

make_user() {
  getent passwd mha_helper >/dev/null && return
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin mha_helper
}

# Once: what an administrator changes later stays.
give_to_user() {
  chown root:mha_helper /etc/mha-helper/agent.ini
  chmod 0640 /etc/mha-helper/agent.ini
  mkdir -p /etc/mha-helper/pki
  chown root:mha_helper /etc/mha-helper/pki
  chmod 0750 /etc/mha-helper/pki
}

reload_units() { ! systemd_runs || systemctl daemon-reload || true; }

# The agent is not started by an installation: it needs its certificate first.
restart_if_running() { ! systemd_runs || systemctl try-restart "$unit" || true; }

stop_and_disable() {
  ! systemd_runs || systemctl stop "$unit" || true
  rm -f "/etc/systemd/system/multi-user.target.wants/$unit"
}

forget_all() {
  rm -rf /var/lib/mha-helper-agent /run/mha-helper-agent /run/mha-helper-mysqld /etc/systemd/system/$unit.d
  rm -f /etc/mha-helper/agent.cnf /etc/mha-helper/pki/agent.crt /etc/mha-helper/pki/agent.key
  if [ ! -e /usr/lib/mha-helper-controller ]; then
    rm -rf /etc/mha-helper/pki
    [ ! -d /etc/mha-helper ] || rmdir --ignore-fail-on-non-empty /etc/mha-helper
  fi
  ! getent passwd mha_helper >/dev/null || userdel mha_helper
}
