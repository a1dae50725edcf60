#!/bin/sh
# `docker run` with what a container needs to see a Jetson: jetson.sh [OPTION...] IMAGE [ARGUMENT...]
set -eu

# A container does not see the device tree, and nothing can be mounted below /proc: so copies are, elsewhere.
tree=${XDG_CACHE_HOME:-$HOME/.cache}/edgeprof/device-tree
mkdir -p "$tree"
for name in model compatible; do
    if [ -r "/proc/device-tree/$name" ]; then
        cat "/proc/device-tree/$name" >"$tree/$name"
    fi
done
set -- --volume "$tree:/run/edgeprof/device-tree:ro" "$@"

# docker makes an empty folder of a path that is missing, so only what this board has is named.
for path in /etc/nv_tegra_release /etc/nvpmodel.conf /etc/nvpmodel /var/lib/nvpmodel \
    /usr/sbin/nvpmodel /usr/bin/tegrastats; do
    if [ -e "$path" ]; then
        set -- --volume "$path:$path:ro" "$@"
    fi
done

# /tmp holds the lock that keeps two measurements from overlapping, whether in a container or not.
exec docker run --rm --interactive --runtime nvidia --network host --group-add video \
    --volume /tmp:/tmp --volume "$PWD:/work" --volume edgeprof:/home/edgeprof "$@"
