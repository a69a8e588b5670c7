#!/bin/bash
# The baseline: a master_ip_*_script as it is usually written, with ssh, ip, arping -c 3 and the mysql client, doing the same
# steps in the predecessor's order. It speaks MHA's hook arguments:
#   ssh-hook.sh --kind=online|hard --vip=CIDR [--interface=eth0] [--kill_after_timeout=5] … what MHA appends
# It promises nothing beyond that: no undo, no verification, no bound.
set -u
interface=eth0 kill_after_timeout=5 ssh_user=root
for argument; do
  case $argument in
    --*=*) name=${argument%%=*} && name=${name#--} && printf -v "$name" %s "${argument#*=}" ;;
  esac
done
new_ssh_user=${new_master_ssh_user:-$ssh_user} old_ssh_user=${orig_master_ssh_user:-$ssh_user}
address=${vip%/*}

fail() { echo "ssh-hook: $*" >&2; exit 1; }
unescape() { printf %s "$1" | sed 's/\\\(.\)/\1/g'; }
remote() { # USER HOST PORT COMMAND…
  local user=$1 host=$2 port=$3
  shift 3
  ssh -o BatchMode=yes -o ConnectTimeout=5 -o StrictHostKeyChecking=no -p "$port" "$user@$host" "$@"
}
on_old() { remote "$old_ssh_user" "$orig_master_ip" "${orig_master_ssh_port:-22}" "$@"; }
on_new() { remote "$new_ssh_user" "$new_master_ip" "${new_master_ssh_port:-22}" "$@"; }
sql_old() { MYSQL_PWD=$(unescape "$orig_master_password") mysql -N -B -h "$orig_master_ip" -P "$orig_master_port" -u "$(unescape "$orig_master_user")" -e "$1"; }
sql_new() { MYSQL_PWD=$(unescape "$new_master_password") mysql -N -B -h "$new_master_ip" -P "$new_master_port" -u "$(unescape "$new_master_user")" -e "$1"; }

# The agents of the other side of the bench are connected as mha_helper; without them this script would see nobody there.
applications="SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user NOT IN ('system user', 'event_scheduler')
  AND command NOT LIKE 'Binlog Dump%' AND user NOT IN ('${orig_master_user:-}', 'mha_helper')"

release_vip() { # only when it is there: ip fails otherwise
  local there
  there=$(on_old ip -o address show dev "$interface") || fail "cannot ssh to the old master"
  case $there in *" $address/"*) on_old ip address del "$vip" dev "$interface" || fail "cannot remove $vip" ;; esac
}
acquire_vip() {
  on_new ip address add "$vip" dev "$interface" || fail "cannot add $vip"
  on_new arping -q -c 3 -A -I "$interface" "$address" || fail "cannot announce $vip"
}
wait_for_applications() {
  local second
  for ((second = 0; second < kill_after_timeout; second++)); do
    [ -z "$(sql_old "$applications")" ] && return
    sleep 1
  done
}
kill_applications() {
  local id
  for id in $(sql_old "$applications"); do sql_old "KILL $id"; done
}

case ${kind:-}-${command:-} in
  online-stop)
    sql_new 'SET GLOBAL read_only = 1' || fail "cannot make the new master read-only"
    release_vip
    sql_old 'SET GLOBAL read_only = 1' || fail "cannot make the old master read-only"
    wait_for_applications
    kill_applications
    ;;
  online-start | hard-start)
    sql_new 'SET GLOBAL read_only = 0' || fail "cannot make the new master writable"
    acquire_vip
    ;;
  hard-stopssh) release_vip ;;
  hard-stop) echo "ssh does not answer on $orig_master_host: nothing done" ;;
  hard-status) on_old ip -o address show dev "$interface" | grep -qF " $address/" || fail "$address is not on $orig_master_host" ;;
  *) fail "usage: --kind=online|hard --vip=CIDR and MHA's own arguments" ;;
esac
