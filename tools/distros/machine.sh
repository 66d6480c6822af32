#!/bin/sh
# machine.sh LOWER RUN COMMAND...: turns the new namespaces into a machine and runs COMMAND there as a child of process 1.
# LOWER is a root file system that stays as it is: changes go to RUN/upper. Without one RUN/root is changed. RUN/out is /mnt/out there.
set -eu
lower=$1 run=$2
shift 2
root=$run/root
tools=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$root" "$run/out"

if [ -z "$lower" ]; then
  mount --bind "$root" "$root"
else
  rm -rf "$run/work"
  mkdir -p "$run/upper" "$run/work"
  # volatile: what is lost with the machine needs no fsync. A kernel that lacks overlays gets a copy.
  mount -t overlay -o "lowerdir=$lower,upperdir=$run/upper,workdir=$run/work,volatile" overlay "$root" 2>/dev/null || {
    [ -d "$run/copy" ] || cp -a --reflink=auto "$lower" "$run/copy"
    mount --bind "$run/copy" "$root"
  }
fi

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t tmpfs -o mode=755,nosuid,size=1m tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5,nosuid,noexec devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"; done
# A plain folder, which a kept machine keeps: the tests' virtual environments are in it.
mkdir -p "$run/tmp"
find "$run/tmp" -mindepth 1 -maxdepth 1 ! -name 'wsgideck-test-*' -exec rm -rf --one-file-system {} +
chmod 1777 "$run/tmp"
mount --bind "$run/tmp" "$root/tmp"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
mkdir -p "$root/run/lock" "$root/mnt/out" "$root/mnt/tools"
chmod 1777 "$root/run/lock"
mount --bind "$run/out" "$root/mnt/out"
mount --bind "$tools" "$root/mnt/tools"

# How this system reaches its package registries; what could log in somewhere stays here.
copy() { [ ! -s "$1" ] || sed '/_auth\|_password/d' "$1" >"$root$2"; }
home=${HOME:-/root}
rm -f "$root/etc/resolv.conf"
copy /etc/resolv.conf /etc/resolv.conf
copy /etc/hosts /etc/hosts
copy /etc/pip.conf /etc/pip.conf
for pip in "$home/.config/pip/pip.conf" "$home/.pip/pip.conf"; do copy "$pip" /etc/pip.conf; done
for npmrc in /etc/npmrc "$home/.npmrc"; do copy "$npmrc" /mnt/out/npmrc; done
apt-config dump 2>/dev/null | grep -i '^Acquire::\(http\|https\)::\|^Acquire::\(Check-\|Retries\)' >"$root/etc/apt/apt.conf.d/90host" || true
mkdir -p "$root/usr/local/share/ca-certificates"
cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true

for variable in TERM http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY SSL_CERT_FILE NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE \
  PIP_CERT PIP_INDEX_URL PIP_DEFAULT_TIMEOUT npm_config_registry NPM_CONFIG_REGISTRY; do
  eval "value=\${$variable-}"
  [ -z "$value" ] || set -- "$variable=$value" "$@"
done

cd "$root"
mkdir -p mnt/host
pivot_root . mnt/host
# Process 1 stays a shell: it takes in orphans, and the namespace lives as long as it does.
# shellcheck disable=SC2016
exec chroot . /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root \
  sh -c 'umount -l /mnt/host && rmdir /mnt/host && env "$@"; exit $?' machine "$@" 8>&- 9>&-
