#!/bin/sh
# Install edgeprof from /src into the virtual environment /opt/edgeprof; arguments go to venv, $EXTRAS says which extras.
set -eu
unset PIP_CONSTRAINT # NVIDIA's images pin their own packages with it, and would pin ours

python3 -m venv "$@" /opt/edgeprof
set -- --no-cache-dir
# constraints.txt was seen working from Python 3.11 on; an older one takes what pip finds for it.
if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    set -- "$@" --constraint /src/constraints.txt
fi
/opt/edgeprof/bin/pip install "$@" "/src${EXTRAS:+[$EXTRAS]}"
/opt/edgeprof/bin/edgeprof --version
