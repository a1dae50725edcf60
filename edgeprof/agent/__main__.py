"""Where the bundle starts: without arguments the supervisor, with them the measured process."""

from __future__ import annotations

import sys


def main() -> None:
    # Each imports only its own half: another Python than the bundle was made by compiles it anew at every start.
    if len(sys.argv) > 1:
        from edgeprof.agent import measured

        measured.main(sys.argv[1:])
    else:
        from edgeprof.agent import supervisor

        archive = sys.argv[0]
        supervisor.main([sys.executable, archive], archive.rpartition("-")[2].partition(".")[0])


if __name__ == "__main__":
    main()
