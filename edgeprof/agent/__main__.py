"""Where the bundle starts: without arguments the supervisor, with them the measured process."""

from __future__ import annotations

import sys

from edgeprof.agent import measured, supervisor

ARCHIVE = sys.argv[0]

if __name__ == "__main__":
    if len(sys.argv) > 1:
        measured.main(sys.argv[1:])
    else:
        supervisor.main([sys.executable, ARCHIVE], ARCHIVE.rpartition("-")[2].partition(".")[0])
