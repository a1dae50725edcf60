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
recipe=$(cat "$here/make.sh" "$here/../arm64.sh" "$here/../../constraints.txt" | cksum)
if [ "$(cat "$folder/made" 2>/dev/null)" = "$recipe" ]; then
    echo "the board is there: $root"
    exit 0
fi

echo "making Debian 12 for arm64 under emulation, some minutes"
rm -rf --one-file-system "$folder/made" "$root"
mkdir -p "$folder"
"$here/../arm64.sh" bookworm "$root" --include=openssh-server,python3 >"$folder/log" 2>&1 || {
    tail -n 3 "$folder/log" >&2
    fail "see $folder/log"
}

echo "fetching numpy and onnxruntime for arm64"
# Unpacked from outside, where pip runs at full speed and knows where to fetch from.
# shellcheck disable=SC2086 # $pip is a command with its arguments
$pip install --quiet --no-compile --no-deps --only-binary=:all: --python-version=3.11 --implementation=cp \
    --platform=manylinux_2_28_aarch64 --platform=manylinux_2_27_aarch64 --platform=manylinux2014_aarch64 \
    --constraint="$here/../../constraints.txt" \
    --target="$root/usr/local/lib/python3.11/dist-packages" numpy onnxruntime

echo "compiling them under emulation"
sh "$here/../enter.sh" "$root" sh -euc '
    useradd --create-home --shell /bin/bash --password "*" board # without one sshd would call it locked
    python3 -m compileall -q -j 0 /usr/local/lib/python3.11/dist-packages
    runuser -u board -- python3 -c "import onnxruntime; print(\"onnxruntime\", onnxruntime.__version__)" 2>/dev/null
    uname -m
'
echo "$recipe" >"$folder/made"
echo "the board is made: $root"
