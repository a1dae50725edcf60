#!/bin/sh
# Make user 1000 with a home and a working directory; the images run as it.
set -eu

# Ubuntu 24.04's images have a user 1000 already, by another name.
if ! getent passwd 1000 >/dev/null; then
    useradd --no-create-home --home-dir /home/edgeprof --uid 1000 --user-group edgeprof
fi
install -d -o 1000 -g 1000 /home/edgeprof /work
