"""How long `edgeprof --help` takes beside a bare interpreter and a bare `import typer`, and what it loads."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

from benchmarks.fresh import EDGEPROF, ROOT, alternated
from benchmarks.table import Table, arguments_of

MOST_S = 0.100
HEAVY = ("torch", "timm", "onnx", "onnxruntime", "openvino", "numpy")
_LOADED = """
import sys
from edgeprof.cli.door import enter
enter(["--help"])
print(*sys.modules, file=sys.stderr)
"""


def main() -> int:
    parser = arguments_of("startup", __doc__)
    parser.add_argument("--rounds", type=int, default=15, help="fresh processes of each")
    options = parser.parse_args()
    help_ = "edgeprof --help"
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -c 'import typer'": [sys.executable, "-c", "import typer"],
        help_: [EDGEPROF, "--help"],
    }
    seconds = alternated(commands, options.rounds)
    table = Table("Start-up", ("command", "median ms", "fastest ms", "target"))
    for name, taken in seconds.items():
        is_ours = name == help_
        table.add(
            name,
            f"{median(taken) * 1e3:.1f}",
            f"{min(taken) * 1e3:.1f}",
            f"<= {MOST_S * 1e3:.0f} ms" if is_ours else "",
            holds=median(taken) <= MOST_S if is_ours else None,
        )
    heavy = heavy_modules_of_help()
    table.add("heavy modules loaded by it", len(heavy), " ".join(heavy), "0", holds=not heavy)
    table.notes.append(f"{options.rounds} fresh processes of each, alternated; heavy: {', '.join(HEAVY)}")
    return table.conclude(options.record)


def heavy_modules_of_help() -> list[str]:
    ended = subprocess.run([sys.executable, "-c", _LOADED], cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in ended.stderr.split()}
    if "edgeprof" not in loaded:
        raise RuntimeError("the list of loaded modules does not even name edgeprof")
    return sorted(loaded & set(HEAVY))


if __name__ == "__main__":
    sys.exit(main())
