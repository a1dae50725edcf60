#!/bin/sh
# What the CUDA image installs on NVIDIA's TensorRT image; run as root, with the sources in /src.
set -eu
export DEBIAN_FRONTEND=noninteractive

apt-get update
apt-get install --yes --no-install-recommends openssh-client python3-venv
rm -rf /var/lib/apt/lists/*
sh /src/docker/edgeprof.sh --system-site-packages # TensorRT's Python bindings are the system's
sh /src/docker/user.sh
