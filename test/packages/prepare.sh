#!/bin/bash
# What the tests of the packages need: tools, the packages (twice, and the agent's next release), and a little Debian with
# systemd and MariaDB to install them into. The Debian is kept; the packages are made anew.
set -euo pipefail
cd "$(dirname "$0")/../.."
test/prepare.sh --packages
cache=.cache/test-packages
rm -rf "$cache"/{first,again,next}
# Two at a time would both fetch it.
node -e "import('./deploy/packages/runtime.mjs').then(({fetchRuntime}) => fetchRuntime('.cache/runtime'))"
node deploy/packages/main.mjs --out "$cache/first" &
# Another user's umask, time zone and language must not show.
(umask 077 && TZ=Asia/Tokyo LC_ALL=C node deploy/packages/main.mjs --out "$cache/again") &
wait %1
wait %2
node deploy/packages/main.mjs --out "$cache/next" --release 2 --side agent
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
include=systemd,systemd-sysv,dbus,iproute2,iputils-arping,nftables,libstdc++6,passwd,mariadb-server
[ "$(cat "$cache/root/.complete" 2>/dev/null)" != "$suite $include" ] || exit 0
rm -rf "$cache/root"
debootstrap --variant=minbase --include="$include" "$suite" "$cache/root" >"$cache/debootstrap.log" 2>&1 ||
  { tail "$cache/debootstrap.log" >&2; exit 1; }
rm -f "$cache"/root/var/cache/apt/archives/*.deb
echo "$suite $include" >"$cache/root/.complete"
