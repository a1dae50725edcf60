"""Where the bundle starts: without arguments the supervisor, with them one of the processes that it starts."""

from __future__ import annotations

import sys


def main() -> None:
    # Each imports only its own part: another Python than the bundle was made by compiles it anew at every start.
    if sys.argv[1:2] == ["hold"]:
        from edgeprof.agent.clocks import guardian

        guardian.main(sys.argv[2:])
    elif len(sys.argv) > 1:
        from edgeprof.agent import measured

        measured.main(sys.argv[1:])
    else:
        from edgeprof.agent import supervisor

        archive = sys.argv[0]
        supervisor.main([sys.executable, archive], archive.rpartition("-")[2].partition(".")[0])


if __name__ == "__main__":
    main()
