#!/bin/sh
# Runs README's two commands on new machines of other Debian releases: distros.sh [OPTION...] SUITE... [-- TEST-ARGUMENT...]
# A machine is a root file system in a mount and a pid namespace that end with this script, however it ends: nothing stays mounted or running.
set -eu
usage() {
  cat <<'END'
usage: sh tools/distros.sh [OPTION...] SUITE... [-- TEST-ARGUMENT...]       for example: sh tools/distros.sh trixie sid

For each suite (bookworm, trixie, sid) and each user, on a new machine: clones HEAD, runs `npm run demo` on a terminal,
then all tests (root: .ci/run; user: npm test). The last lines count the tests of each run. Needs root, debootstrap and git.

  --as root|user     only as this user (default: as both; the user may use sudo without a password)
  --only demo|test   only this command
  --keep NAME        use the machine NAME of an earlier run again: packages, node_modules and results are still there
  --dirty            with the changes of the work tree that are not committed
  --shell            a shell in the clone instead of the commands
  TEST-ARGUMENT      for vitest, for example a file or -t NAME: npm test -- TEST-ARGUMENT..., also as root

Root file systems, logs and kept machines are in $WSGIDECK_DISTROS (default /var/tmp/wsgideck-distros). A root file system
is made again after 14 days. $WSGIDECK_DISTROS_MIRROR names another mirror than this system's.
END
}
say() { echo "distros: $*"; }
die() { echo "distros: $*" >&2; exit 1; }
misused() { echo "distros: $* (see --help)" >&2; exit 2; }

here=$(cd "$(dirname "$0")/.." && pwd)
cache=${WSGIDECK_DISTROS:-/var/tmp/wsgideck-distros}
suites='' users='root user' only=all keep='' dirty='' shell=''
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --as) case ${2-} in root | user) users=$2 ;; *) misused "--as takes root or user" ;; esac; shift 2 ;;
    --only) case ${2-} in demo | test) only=$2 ;; *) misused "--only takes demo or test" ;; esac; shift 2 ;;
    --keep) case ${2-} in '' | *[!A-Za-z0-9_-]*) misused "--keep takes a name of letters and digits" ;; esac; keep=$2; shift 2 ;;
    --dirty) dirty=1; shift ;;
    --shell) shell=1; shift ;;
    --) shift; break ;;
    -* | *[!a-z]*) misused "unknown option or suite: $1" ;;
    *) suites="$suites $1"; shift ;;
  esac
done
[ -n "$suites" ] || misused "name a suite, for example: trixie"
[ "$(id -u)" = 0 ] || die "only root can make namespaces and mount; run: sudo sh tools/distros.sh$suites"
for tool in debootstrap git unshare setpriv flock; do
  command -v "$tool" >/dev/null || die "$tool is missing; run: apt-get install --no-install-recommends debootstrap git util-linux"
done

# machine LOWER RUN COMMAND...: runs COMMAND as a child of process 1 of a new machine. Killed with this shell, or with the subshell that calls it.
machine() {
  exec setpriv --pdeathsig KILL unshare --mount --pid --ipc --fork --kill-child sh "$here/tools/distros/machine.sh" "$@"
}

# --- root file systems -----------------------------------------------------------------------------------------------
# The mirror that this system's apt uses, when it is a Debian.
mirror() {
  [ -z "${WSGIDECK_DISTROS_MIRROR-}" ] || { echo "$WSGIDECK_DISTROS_MIRROR"; return; }
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 'Created-By: Packages' 2>/dev/null | head -n 1 | sed 's|/$||'
}

base_is_good() { [ -e "$1/complete" ] && [ -z "$(find "$1/complete" -mtime +14)" ]; }

# make_base SUITE: leaves the root file system in $cache/SUITE/root, and a shared lock on it (descriptor 8) while this shell lives.
make_base() {
  base=$cache/$1
  exec 8>"$cache/$1.lock"
  if ! base_is_good "$base"; then
    if flock -n 8; then :
    elif [ -e "$base/complete" ]; then say "the root file system of $1 is old, but in use: it is made again next time"
    else say "waiting for another run that makes the root file system of $1"; flock 8
    fi
  fi
  if ! base_is_good "$base" && flock -n 8; then
    say "making the root file system of $1 in $base (a minute or two)"
    rm -rf --one-file-system "$base"
    mkdir -p "$base"
    # shellcheck disable=SC2046
    (exec setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child debootstrap --variant=minbase --include=ca-certificates \
      "$1" "$base/root" $(mirror)) >"$cache/logs/$1-debootstrap.log" 2>&1 </dev/null || die "debootstrap failed: $cache/logs/$1-debootstrap.log"
    (machine '' "$base" sh /mnt/tools/prepare.sh) >>"$cache/logs/$1-debootstrap.log" 2>&1 </dev/null ||
      die "git, npm and sudo did not install: $cache/logs/$1-debootstrap.log"
    date >"$base/complete"
  fi
  flock -s 8
}

# --- runs --------------------------------------------------------------------------------------------------------------
# What a run that was killed left behind: nobody holds its lock.
sweep() {
  for old in "$cache"/run.*; do
    [ -d "$old" ] || continue
    (flock -n 9 && rm -rf --one-file-system "$old") 9>>"$old/lock" || true
  done
}

name_of() { echo "$1-$2${keep:+-$keep}"; }

# one_run SUITE USER TEST-ARGUMENT...: prints what the run prints; how it ended is in $cache/logs/NAME.result.
one_run() {
  name=$(name_of "$1" "$2")
  if [ -n "$keep" ]; then run=$cache/kept.$name; mkdir -p "$run"; else run=$(mktemp -d "$cache/run.XXXXXX"); fi
  exec 9>"$run/lock"
  flock -n 9 || die "the machine $keep of $name is in use"
  # Kept changes fit only the root file system they were made on.
  cmp -s "$base/complete" "$run/base" || { rm -rf --one-file-system "$run/upper" "$run/copy" "$run/tmp"; cp "$base/complete" "$run/base"; }
  rm -rf "$run/out"
  mkdir -p "$run/out"
  git -c safe.directory='*' -C "$here" bundle create -q "$run/out/wsgideck.bundle" HEAD
  [ -z "$dirty" ] || work_tree "$run/out"
  user=$2
  shift 2
  say "$name: a new machine"
  if [ -n "$shell" ]; then (machine "$base/root" "$run" sh /mnt/tools/inside.sh "$user" shell "$@") || true
  else (machine "$base/root" "$run" sh /mnt/tools/inside.sh "$user" "$only" "$@") 2>&1 </dev/null | tee "$cache/logs/$name.log"
  fi
  [ ! -e "$run/out/vitest.json" ] || cp "$run/out/vitest.json" "$cache/logs/$name.json"
  if [ -n "$shell" ]; then :
  elif [ -s "$run/out/result" ]; then cp "$run/out/result" "$cache/logs/$name.result"
  else echo "failed: the machine ended early" >"$cache/logs/$name.result"
  fi
  [ -n "$keep" ] || rm -rf --one-file-system "$run"
}

# Files that git knows or would add, as they are in the work tree.
work_tree() {
  git -c safe.directory='*' -C "$here" ls-files -z --cached --others --exclude-standard --deduplicate |
    tar -C "$here" --null --files-from=- --ignore-failed-read --warning=no-failed-read -cf "$1/work-tree.tar"
  git -c safe.directory='*' -C "$here" ls-files --deleted >"$1/deleted"
}

mkdir -p "$cache/logs"
chmod 755 "$cache"
sweep
[ -n "$dirty" ] || [ -z "$(git -c safe.directory='*' -C "$here" status --porcelain)" ] || say "changes that are not committed are left out (--dirty takes them)"
for suite in $suites; do for user in $users; do rm -f "$cache/logs/$(name_of "$suite" "$user").result"; done; done
for suite in $suites; do
  make_base "$suite"
  for user in $users; do one_run "$suite" "$user" "$@"; done
done
[ -z "$shell" ] || exit 0

failed=0
echo
for suite in $suites; do
  for user in $users; do
    log=$cache/logs/$(name_of "$suite" "$user")
    sed "s/^/$suite $user: /" "$log.result"
    ! grep -q '^failed:\|: failed$' "$log.result" || { failed=1; say "$suite $user: see $log.log"; }
  done
done
exit "$failed"
