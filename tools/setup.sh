#!/bin/sh
# Makes this clone ready for one purpose: setup.sh demo | test | bench | stamp.
# Plain POSIX sh, because it runs before there is a Node that can be relied on. Says in one line what it is about to install.
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-demo}

say() { echo "setup: $*"; }
die() { echo "setup: $*" >&2; exit 1; }

# What node_modules was installed from; npm writes nothing that can be compared cheaply.
stamp=node_modules/.wsgideck-stamp
lock_sum() { cksum <package-lock.json; }
if [ "$purpose" = stamp ]; then
  [ ! -d node_modules ] || lock_sum >"$stamp"
  exit 0
fi

# Only the output of a step that failed is worth reading.
quietly() {
  log=$(mktemp "${TMPDIR:-/tmp}/wsgideck-setup.XXXXXX")
  if "$@" >"$log" 2>&1 </dev/null; then rm -f "$log"; return 0; fi
  tail -n 60 "$log" >&2
  rm -f "$log"
  return 1
}

# --- system packages -------------------------------------------------------------------------------------------------
# apache2-bin is the server without the service: no Apache of the distribution's starts on port 80, now or at the next boot.
packages='apache2-bin libapache2-mod-wsgi-py3 media-types python3 gcc libc6-dev make'
what="Apache's program without its service, mod_wsgi, Python, a C compiler"
case $purpose in
  demo) ;;
  test) what="$what, Django with its admin's jQuery, the shells that are completed in, what options need (openssl, gdb, rotatelogs), and what compiles and checks a newer mod_wsgi"
    packages="$packages apache2-dev python3-dev python3-venv python3-django libjs-jquery valgrind zsh fish openssl gdb apache2-utils" ;;
  bench) what="$what, and what compiles a newer mod_wsgi and sends load"
    packages="$packages apache2-dev python3-dev python3-venv apache2-utils" ;;
  *) die "no such purpose: $purpose (demo, test, bench)" ;;
esac

has_package() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
  missing=
  for package in $packages; do has_package "$package" || missing="$missing $package"; done
  [ -n "$missing" ] || return 0
  by_hand="apt-get install --no-install-recommends$missing"
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "these packages are missing and there is no sudo here; run as root: $by_hand"
    say "installing with sudo apt-get ($what):$missing"
    # Asked before the quiet part, where a password prompt would not be seen.
    sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; } || die "sudo asks for a password and there is no terminal; run first: sudo $by_hand"
  else
    say "installing with apt-get ($what):$missing"
  fi
  apt_get="env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -y -q"
  # The package lists of a new machine or container are empty or old: refresh them only when the first try fails.
  # shellcheck disable=SC2086
  as_root $apt_get install --no-install-recommends $missing >/dev/null 2>&1 </dev/null ||
    { quietly as_root $apt_get update && quietly as_root $apt_get install --no-install-recommends $missing; } ||
    die "apt-get failed (its last lines are above); once the cause is gone, run the same command again, or by hand: $by_hand"
}

check_commands() {
  PATH=$PATH:/usr/sbin:/usr/local/sbin
  absent=
  command -v apache2 >/dev/null || command -v httpd >/dev/null || absent="$absent, Apache 2.4 (apache2 or httpd)"
  command -v python3 >/dev/null || absent="$absent, python3"
  command -v cc >/dev/null || absent="$absent, a C compiler (cc)"
  command -v make >/dev/null || absent="$absent, make"
  [ -z "$absent" ] || die "there is no apt-get here, so install these by hand and run again: ${absent#, }; and mod_wsgi (pip install mod_wsgi, in an active virtual environment)"
}

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then install_packages; else check_commands; fi

# --- Node and the npm packages ---------------------------------------------------------------------------------------
# version COMMAND: its major and minor as one number (22.22 is 22022); 0 when there is none.
version() { "$1" --version 2>/dev/null | awk -F. '{sub(/^v/, "", $1); print $1 * 1000 + $2; exit}' | grep -E '^[0-9]+$' || echo 0; }

# An npm before 7 cannot read the lock file. Under a Node before 22.12 npm leaves out, without a word, the compiled parts of linter and test
# runner, because they are optional packages that ask for a newer one. So below what package.json asks for, Node and npm are fetched first.
bootstrap() {
  if [ "$(version node)" -ge 22022 ] && [ "$(version npm)" -ge 10000 ]; then return 0; fi
  node_version=$(sed -n 's/.*"node": "\([0-9][0-9.]*\)".*/\1/p' package.json)
  npm_version=$(sed -n 's/.*"packageManager": "npm@\([0-9.]*\)".*/\1/p' package.json)
  if [ ! -x .tools/node_modules/.bin/npm ] || [ "$(.tools/node_modules/.bin/node --version 2>/dev/null)" != "v$node_version" ]; then
    say "this system's Node $(node --version 2>/dev/null) and npm $(npm --version 2>/dev/null) are older than what is needed to install; fetching Node $node_version and npm $npm_version into .tools/"
    rm -rf .tools
    mkdir -p .tools
    echo '{"private": true}' >.tools/package.json
    # unsafe-perm: an old npm run by root would run install scripts as nobody, who may not write here.
    quietly npm install --prefix .tools --no-save --unsafe-perm --no-audit --no-fund --loglevel=error "node@$node_version" "npm@$npm_version" ||
      die "could not fetch Node (see above); check the network, or install Node 22.22 or newer yourself"
  fi
  PATH=$PWD/.tools/node_modules/.bin:$PATH
}

if [ ! -x node_modules/.bin/node ] || [ "$(cat "$stamp" 2>/dev/null)" != "$(lock_sum)" ]; then
  bootstrap
  say "installing the npm packages of package-lock.json into node_modules/ (about a minute)"
  quietly npm ci --no-audit --no-fund --loglevel=error || die "npm ci failed (its last lines are above); check the network and run the same command again"
  [ "$(node_modules/.bin/node --version 2>/dev/null)" != '' ] || die "the npm package node did not install; run again, or install Node 22.22 or newer"
  lock_sum >"$stamp"
fi
PATH=$PWD/node_modules/.bin:$PATH

node tools/build.mjs --quiet || die "the build failed (see above)"
