#!/bin/bash
# What the tests of the packages need: tools, the packages (twice, and the agent's next release), and a little Debian with
# systemd to install them into. The Debian is kept; the packages are made anew.
set -euo pipefail
cd "$(dirname "$0")/../.."
test/prepare.sh --packages
cache=.cache/test-packages
rm -rf "$cache"/{first,again,next}
node deploy/packages/main.mjs --out "$cache/first"
# Another user's umask, time zone and language must not show.
(umask 077 && TZ=Asia/Tokyo LC_ALL=C node deploy/packages/main.mjs --out "$cache/again")
node deploy/packages/main.mjs --out "$cache/next" --release 2 --side agent
[ -e "$cache/root/.complete" ] && exit
rm -rf "$cache/root"
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
include=systemd,systemd-sysv,dbus,iproute2,iputils-arping,nftables,libstdc++6,passwd
debootstrap --variant=minbase --include="$include" "$suite" "$cache/root" >"$cache/debootstrap.log" 2>&1 ||
  { tail "$cache/debootstrap.log" >&2; exit 1; }
touch "$cache/root/.complete"
