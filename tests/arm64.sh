#!/bin/sh
# Make a bare Debian for arm64 on another processor, under emulation: arm64.sh RELEASE ROOT [OPTION OF DEBOOTSTRAP...]
set -eu
release=$1
root=$2
shift 2

fail() {
    echo "arm64.sh: $1" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || fail "needs root, to make a root file system and to enter it"
for program in debootstrap qemu-aarch64-static update-binfmts unshare; do
    command -v "$program" >/dev/null ||
        fail "$program is missing: apt-get install debootstrap qemu-user-static binfmt-support"
done

# The kernel has to hand arm64 programs to qemu. This stays after the build; it changes nothing for other programs.
[ -e /proc/sys/fs/binfmt_misc/register ] || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
[ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] || update-binfmts --enable qemu-aarch64
grep -q '^flags:.*F' /proc/sys/fs/binfmt_misc/qemu-aarch64 ||
    fail "qemu-aarch64 is registered without the F flag, so that it would not be found inside the root"

debootstrap --arch=arm64 --foreign --variant=minbase "$@" "$release" "$root"
# shellcheck disable=SC2016 # the inner shell expands these; it stays, so that Ctrl-C is heard (enter.sh)
unshare --mount --pid --fork --kill-child sh -c 'chroot "$1" /debootstrap/debootstrap --second-stage; exit $?' \
    stage "$root"
rm -rf "$root"/var/cache/apt/archives/*.deb
