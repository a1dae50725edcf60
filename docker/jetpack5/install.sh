#!/bin/sh
# What the JetPack 5 image installs on L4T R35 (Python 3.8): what the agent needs, not edgeprof; run as root.
set -eu
export DEBIAN_FRONTEND=noninteractive

apt-get update
apt-get install --yes --no-install-recommends python3 python3-pip
rm -rf /var/lib/apt/lists/*
# Ubuntu 20.04's pip 20.0 does not know the tags of onnxruntime's wheel; 25.0.1 is the last pip for Python 3.8.
python3 -m pip install --no-cache-dir pip==25.0.1
# The last versions with a wheel for Python 3.8 on aarch64.
python3 -m pip install --no-cache-dir numpy==1.24.4 onnxruntime==1.19.2
sh /src/docker/user.sh
