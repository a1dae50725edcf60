#!/bin/sh
# What the JetPack 7 image installs on NVIDIA's TensorRT image for arm64; run as root, with the sources in /src.
set -eu
export DEBIAN_FRONTEND=noninteractive

apt-get update
apt-get install --yes --no-install-recommends openssh-client python3-venv
rm -rf /var/lib/apt/lists/*
sh /src/docker/edgeprof.sh --system-site-packages # TensorRT's Python bindings are the system's
sh /src/docker/user.sh
