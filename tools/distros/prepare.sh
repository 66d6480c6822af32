#!/bin/sh
# Inside a new root file system: what README takes for granted (git, any Node with npm, a user with sudo), and nothing else.
set -eu
update-ca-certificates
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -y -q install --no-install-recommends git npm sudo
useradd --create-home --shell /bin/bash tester
echo 'tester ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/tester
# A new machine has no package lists.
apt-get clean
rm -rf /var/lib/apt/lists/*
