#!/bin/sh
# Run a command inside a root file system: enter.sh ROOT COMMAND [ARGUMENT...]
# Its mounts and its processes are its own: whatever happens, they are gone when it ends, and the host has seen none.
set -eu
root=$1
shift

# shellcheck disable=SC2016 # the inner shell expands these
exec unshare --mount --pid --fork --kill-child sh -euc '
    root=$1
    shift
    mount -t proc proc "$root/proc"
    # To another architecture the sysfs here would lie of cores and caches that an emulated processor does not have:
    # with it onnxruntime 1.31 crashes as it is imported, and without any that tells how many cores there are, 1.19.
    if [ "$(chroot "$root" uname -m)" = "$(uname -m)" ]; then
        mount -t sysfs -o ro sysfs "$root/sys"
    else
        mount -t tmpfs tmpfs "$root/sys"
        mkdir -p "$root/sys/devices/system/cpu"
        for name in possible present; do
            cat "/sys/devices/system/cpu/$name" >"$root/sys/devices/system/cpu/$name"
        done
    fi
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for node in null zero full random urandom tty; do
        : >"$root/dev/$node"
        mount --bind "/dev/$node" "$root/dev/$node"
    done
    mkdir -m 1777 "$root/dev/shm"
    ln -s /proc/self/fd "$root/dev/fd"
    chroot "$root" "$@"
    exit # the shell has stayed: as the first process of its namespace the command would hear no Ctrl-C
' enter "$root" "$@"
