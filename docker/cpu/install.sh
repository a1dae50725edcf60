#!/bin/sh
# What the CPU image installs on Debian 12; run as root, with the sources in /src.
set -eu
export DEBIAN_FRONTEND=noninteractive

apt-get update
apt-get install --yes --no-install-recommends ca-certificates openssh-client python3 python3-venv
rm -rf /var/lib/apt/lists/*
sh /src/docker/edgeprof.sh
sh /src/docker/user.sh
