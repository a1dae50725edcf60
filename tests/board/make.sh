#!/bin/sh
# Build the emulated ARM board, a Debian 12 for arm64 with sshd and onnxruntime, in FOLDER: make.sh FOLDER
# Nothing is done where it is there already. $PIP is the pip that fetches its wheels.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
root=$folder/root
pip=${PIP:-python3 -m pip}

fail() {
    echo "make board: $1" >&2
    exit 1
}

# What it was made of: another recipe makes another board.
recipe=$(cksum <"$here/make.sh")
if [ "$(cat "$folder/made" 2>/dev/null)" = "$recipe" ]; then
    echo "the board is there: $root"
    exit 0
fi

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

echo "unpacking Debian 12 for arm64"
rm -rf --one-file-system "$folder/made" "$root"
mkdir -p "$folder"
debootstrap --arch=arm64 --foreign --variant=minbase --include=openssh-server,python3 bookworm "$root" >"$folder/log"

echo "configuring it under emulation, some minutes"
# shellcheck disable=SC2016 # the inner shell expands these; it stays, so that Ctrl-C is heard (enter.sh)
unshare --mount --pid --fork --kill-child sh -c 'chroot "$1" /debootstrap/debootstrap --second-stage; exit $?' stage "$root" \
    >>"$folder/log" 2>&1 || fail "see $folder/log"
rm -rf "$root"/var/cache/apt/archives/*.deb

echo "fetching numpy and onnxruntime for arm64"
# Unpacked from outside, where pip runs at full speed and knows where to fetch from.
# shellcheck disable=SC2086 # $pip is a command with its arguments
$pip install --quiet --no-compile --no-deps --only-binary=:all: --python-version=3.11 --implementation=cp \
    --platform=manylinux_2_28_aarch64 --platform=manylinux_2_27_aarch64 --platform=manylinux2014_aarch64 \
    --target="$root/usr/local/lib/python3.11/dist-packages" numpy onnxruntime

echo "compiling them under emulation"
sh "$here/../enter.sh" "$root" sh -euc '
    useradd --create-home --shell /bin/bash --password "*" board # without one sshd would call it locked
    # A file or two there are for later Pythons and do not compile.
    python3 -m compileall -q -j 0 /usr/local/lib/python3.11/dist-packages >/dev/null || true
    runuser -u board -- python3 -c "import onnxruntime; print(\"onnxruntime\", onnxruntime.__version__)" 2>/dev/null
    uname -m
'
echo "$recipe" >"$folder/made"
echo "the board is made: $root"
