#!/bin/sh
# inside.sh root|user all|demo|test|shell TEST-ARGUMENT...: on the new machine, README's commands in a new clone. Lines of /mnt/out/result tell how they ended.
set -eu
who=$1 what=$2
shift 2
case $who in
  root) name=root home=/root ;;
  user) name=tester home=/home/tester ;;
esac
clone=$home/wsgideck
out=/mnt/out

# as COMMAND...: as the user, in the clone.
as() {
  (
    cd "$clone"
    if [ "$name" = root ]; then env HOME="$home" USER=root LOGNAME=root SHELL=/bin/bash "$@"
    else runuser -u "$name" -- env HOME="$home" USER="$name" LOGNAME="$name" SHELL=/bin/bash "$@"
    fi
  )
}

[ ! -s $out/npmrc ] || install -o "$name" -m 600 $out/npmrc "$home/.npmrc"
install -d -o "$name" "$clone"
if [ -d "$clone/.git" ]; then
  as git fetch -q $out/wsgideck.bundle HEAD
  as git reset -q --hard FETCH_HEAD
else
  as git -c advice.detachedHead=false -c init.defaultBranch=main clone -q $out/wsgideck.bundle .
fi
if [ -e $out/work-tree.tar ]; then
  as tar -xf $out/work-tree.tar
  (cd "$clone" && xargs -r -d '\n' rm -f) <$out/deleted
fi
echo "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release), Node $(node --version), npm $(npm --version)"

if [ "$what" = shell ]; then
  # shellcheck disable=SC2016
  if [ $# -gt 0 ]; then as "$@"; else as bash; fi
  exit
fi

if [ "$what" != test ] && [ $# = 0 ]; then
  verdict=failed
  if as node /mnt/tools/demo.mjs; then verdict=ok; fi
  echo "npm run demo: $verdict" | tee -a $out/result
fi

if [ "$what" != demo ]; then
  rm -f "$clone/.cache/vitest.json"
  status=0
  if [ $# -gt 0 ] || [ "$name" != root ]; then as npm test -- "$@" || status=$?; else as .ci/run || status=$?; fi
  echo "versions: $(python3 --version), mod_wsgi $(dpkg-query -W -f='${Version}' libapache2-mod-wsgi-py3), Apache $(dpkg-query -W -f='${Version}' apache2-bin)"
  cp "$clone/.cache/vitest.json" $out/ 2>/dev/null || true
  counted=$(as node tools/count-tests.mjs .cache/vitest.json | tail -n 1) || true
  echo "$counted" >>$out/result
  # Lint, types and format are in the status only.
  [ "$status" = 0 ] || echo "failed: status $status" >>$out/result
fi
