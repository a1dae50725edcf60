#!/bin/sh
# Remove the emulated board: clean.sh FOLDER
set -eu
folder=$1

# Its mounts are never the host's (enter.sh), so nothing but its own files can be below it; this is the second bolt.
if grep -q " $(readlink -f "$folder")/" /proc/self/mounts; then
    echo "clean board: something is mounted below $folder; unmount it first" >&2
    exit 1
fi
rm -rf --one-file-system "$folder/root" "$folder/made" "$folder/log"
if [ -d "$folder" ]; then
    rmdir --ignore-fail-on-non-empty "$folder"
fi
