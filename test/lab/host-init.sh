#!/bin/sh
# Pid 1 of one lab host, in its own net, uts, mount and pid namespaces: host-init.sh NAME PATH_THAT_STAYS_VISIBLE…
# Everything the host writes lives on one tmpfs in its own mount namespace, so it vanishes with this process; and this
# process ends when its standard input does, that is when the owner of the lab is gone, however it ended.
set -e
name=$1
shift
# The procfs still belongs to the outer pid namespace: this is our pid as the owner sees it.
read -r outer rest </proc/self/stat
echo "$name" >/proc/sys/kernel/hostname

mount -t tmpfs -o mode=755 lab /run
mkdir -p /run/lab/kept /run/lock /run/sshd /run/mysqld
# A checkout below /var/lib (a CI's workspace, say) would disappear under the mounts below: keep a handle on it.
n=0
for path; do
  n=$((n + 1))
  mkdir "/run/lab/kept/$n"
  mount --rbind "$path" "/run/lab/kept/$n"
done

own() { # DIRECTORY MODE: an empty directory of this host alone
  mkdir -p "/run/lab$1"
  chmod "$2" "/run/lab$1"
  mount --bind "/run/lab$1" "$1"
}
cp -a /etc /run/lab/etc
mount --bind /run/lab/etc /etc
own /var/lib 755
own /var/tmp 1777
own /var/log 755
if [ -d /root/.ssh ]; then own /root/.ssh 700; fi
mkdir -p /etc/mha /etc/mha-helper /var/lib/mysql /var/lib/mha-helper /var/lib/mha-helper-agent
chmod 700 /var/lib/mha-helper /var/lib/mha-helper-agent

n=0
for path; do
  n=$((n + 1))
  if [ ! -e "$path" ]; then
    mkdir -p "$path"
    mount --rbind "/run/lab/kept/$n" "$path"
  fi
done

mount -t proc proc /proc
mount -t sysfs sysfs /sys
ip link set lo up
# Every command that enters this host looks for this mark first (hosts.ts).
: >/run/lab/inside
echo "ready $outer"
# SIGCHLD ignored: the kernel reaps every orphan of this host by itself.
exec env --ignore-signal=CHLD cat >/dev/null
