# What happens on a manager around the files of mha-helper-controller, the same for .deb and .rpm.

forget_all() {
  rm -rf /var/lib/mha-helper
  if [ -e /usr/lib/mha-helper-agent ]; then
    # The agent of this host keeps its own certificate and what it verifies others with.
    rm -rf /etc/mha-helper/pki/agents /etc/mha-helper/pki/operators
    rm -f /etc/mha-helper/pki/ca.key /etc/mha-helper/pki/controller.*
    rm -f /etc/mha-helper/*.conf
  else
    rm -rf /etc/mha-helper
  fi
}
