#!/bin/bash
# prepare.sh [--unit] [--mysql] [--packages]: makes this machine ready for `npm test` and the lab. Safe to run again; when nothing is
# missing it takes a fraction of a second.
#   --unit   only what the tests without root and daemons need: the npm packages and the build
#   --mysql  fetch Oracle's MySQL as well, for the agent's tests against it (beside the system, see get-mysql.sh),
#            and promtool, which reads our metrics and alerts as Prometheus would
#   --packages  also what makes packages and tests them in containers
# As root it installs missing Debian or Ubuntu packages. No service is started by that, and none at the next boot.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  mariadb-server-core mariadb-client                     # the servers, and MHA's mysqlbinlog
  mha4mysql-manager mha4mysql-node                       # MHA
  openssh-server openssh-client                          # how MHA itself reaches binary logs
  iproute2 iputils-arping libndp-tools ndisc6 nftables   # addresses and their announcement
  tcpdump procps util-linux                              # looking on, and namespaces
  openssl                                                # a CA that is not ours
  sudo                                                   # requires_sudo = yes
)

main() {
  local unit='' mysql='' argument
  for argument; do
    case $argument in
      --unit) unit=yes ;;
      --mysql) mysql=yes ;;
      --packages) packages+=(dpkg-dev rpm lintian debootstrap systemd-container groff-base) ;;
      *) say "unknown argument $argument; usage: prepare.sh [--unit] [--mysql] [--packages]"; exit 2 ;;
    esac
  done
  require_node
  [ -n "$unit" ] || require_packages
  install_npm_packages
  build
  [ -z "$mysql" ] || test/fixtures/get-mysql.sh .cache/mysql-9.7
  [ -z "$mysql" ] || test/fixtures/get-promtool.sh .cache/promtool
}

say() { printf 'prepare: %s\n' "$*" >&2; }

require_node() {
  command -v npm >/dev/null && return
  say 'Node.js 20.20 or newer with npm is missing; install it first'
  exit 1
}

require_packages() {
  local missing
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    say "these Debian packages are missing: $missing"
    say 'run this as root, or with --unit for the tests that need none of them'
    exit 1
  fi
  install_packages $missing
  missing=$(missing_packages)
  [ -z "$missing" ] || { say "still missing after the installation: $missing"; exit 1; }
}

missing_packages() {
  local installed
  command -v dpkg-query >/dev/null || { say 'this is not Debian or Ubuntu: install by hand what test/prepare.sh lists'; exit 1; }
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort -u) || true
  comm -23 <(printf '%s\n' "${packages[@]}" | sort) <(printf '%s\n' "$installed") | tr '\n' ' ' | sed 's/ $//'
}

install_packages() {
  say "installing: $*"
  exec 9>/run/lock/mha-helper-prepare.lock
  flock 9
  export DEBIAN_FRONTEND=noninteractive
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
  trap allow_services EXIT
  forbid_services
  "${apt[@]}" update
  "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null
  allow_services
  trap - EXIT
  # The package would have started it; the lab starts its own, inside its hosts.
  case " $* " in
    *' openssh-server '*) ! command -v systemctl >/dev/null || systemctl disable --quiet ssh.service ssh.socket 2>/dev/null || true ;;
  esac
  flock -u 9
}

# Debian asks this file before a package starts a service. What stood there before comes back.
policy=/usr/sbin/policy-rc.d
forbid_services() {
  [ ! -e "$policy.before-mha-helper" ] || return 0
  [ ! -e "$policy" ] || mv "$policy" "$policy.before-mha-helper"
  printf '#!/bin/sh\n# mha-helper test/prepare.sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}
allow_services() {
  if [ -e "$policy.before-mha-helper" ]; then
    mv -f "$policy.before-mha-helper" "$policy"
  elif grep -qs 'mha-helper test/prepare.sh' "$policy"; then
    rm -f "$policy"
  fi
}

install_npm_packages() {
  # npm leaves this file behind when it is done.
  [ node_modules/.package-lock.json -nt package-lock.json ] && return
  say 'installing the npm packages'
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
}

build() {
  [ -e dist/.built ] && [ -z "$(find proto agent controller deploy package.json tsconfig.json tsconfig.build.json -newer dist/.built -print -quit)" ] && return
  say 'building'
  local started
  started=$(mktemp)
  # An edit during the build must not count as built. A build that failed leaves no mark.
  npm run --silent build || { rm -f "$started"; exit 1; }
  mv -f "$started" dist/.built
}

main "$@"
