"""What the passes over an exported graph gain: nodes, bytes, and p50 of alternated fresh processes."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import onnx

from benchmarks.fresh import heard
from benchmarks.pairs import Agreement, Pair, clean, shoot
from benchmarks.table import Table, arguments_of
from edgeprof.agent.host import allowed_threads
from edgeprof.convert.feed import drawn
from edgeprof.convert.passes import PASSES
from edgeprof.core.job import Tensor

PLAIN, TIDY = "as exported", "after the passes"
_SLOWER = 0.01  # what a pass may cost and still count as no slower
MODELS = (
    "mobilenetv3_large_100",
    "resnet50",
    "efficientnet_b0",
    "regnety_016",
    "convnext_tiny",
    "vit_tiny_patch16_224",
    "swin_tiny_patch4_window7_224",
    "swinv2_tiny_window8_256",
    "mobilevit_s",
    "fastvit_t8",
    "levit_128s",
    "resnetv2_50x1_bit",
    "edgenext_small",
)


def main() -> int:
    parser = arguments_of("passes", __doc__)
    parser.add_argument("--model", action="append", help="NAME or NAME@RES, instead of a dozen")
    parser.add_argument("--runtime", action="append", help="instead of onnxruntime and openvino")
    parser.add_argument("--pass", action="append", dest="only", help="instead of all")
    parser.add_argument("--count", action="store_true", help="count only, time nothing")
    parser.add_argument("--rounds", type=int, default=4, help="four neighbouring processes each")
    parser.add_argument("--seconds", type=float, default=2.0, help="sampling in each process")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where exported files are found again")
    options = parser.parse_args()
    columns = ("model", "nodes", "MiB", "changed", "runtime", "p50 ms", "ratio", "clean pairs", "A/A within")
    table = Table("Passes: an exported graph before and after", columns)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in options.model or MODELS:
            paths, cells = _both(name, folder, options.only)
            if options.count or not any(cells[-1]):
                table.add(*cells, "", "", "", "", "")
                continue
            for runtime in options.runtime or ("onnxruntime", "openvino"):
                _time(table, cells, paths, runtime, options.rounds, options.seconds)
    table.notes += [
        f"holds: the median ratio is at most 1 by more than {_SLOWER:.0%} or by what A/A pairs differ",
        "changed: how many nodes or constants each pass took away; nothing was timed where none did",
        f"{options.seconds:g} s of sampling in each process after warm-up, both inputs the same",
    ]
    return table.conclude(options.record)


def _both(name: str, folder: Path, only: list[str] | None) -> tuple[dict[str, Path], tuple[str, str, str, str]]:
    """The graph as exported and after the passes, and what to say of them."""
    plain, tidy = folder / f"{name}.onnx", folder / f"{name}-tidy.onnx"
    if not plain.exists():
        print(f"  exporting {name}", file=sys.stderr)
        model_name, _, res = name.partition("@")
        heard("benchmarks.exported", model_name, res or "native", str(plain))
    model = onnx.load(plain)
    before = Counter(node.op_type for node in model.graph.node)
    changed = {each.name: each.apply(model) for each in PASSES if not only or each.name in only}
    tidy.write_bytes(model.SerializeToString())
    after = Counter(node.op_type for node in model.graph.node)
    cells = (
        name,
        f"{before.total()} -> {after.total()}",
        " -> ".join(f"{path.stat().st_size / 2**20:.1f}" for path in (plain, tidy)),
        ", ".join(f"{what} {count}" for what, count in changed.items() if count),
    )
    return {PLAIN: plain, TIDY: tidy}, cells


def _time(
    table: Table, cells: tuple[str, ...], paths: dict[str, Path], runtime: str, rounds: int, seconds: float
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ways = _ways(paths, runtime, seconds, Path(folder))
        shots, pairs = [], []
        order = [PLAIN, PLAIN, TIDY, TIDY]
        for _ in range(rounds):
            fresh = [shoot(name, ways[name]) for name in order]
            shots += fresh
            pairs += [Pair(first, second) for first, second in pairwise(fresh)]
            order.reverse()
    between = [pair for pair in pairs if pair.names == {PLAIN, TIDY}]
    alike = [pair.ratio(pair.first.name) for pair in clean(pairs) if len(pair.names) == 1]
    agreement = Agreement([pair.ratio(TIDY) for pair in clean(between)], alike)
    known = bool(agreement.ratios and agreement.alike)
    seen = [f"{median(s.p50_s for s in shots if s.name == name) * 1e3:.3f}" for name in (PLAIN, TIDY)]
    table.add(
        *cells,
        runtime,
        " -> ".join(seen),
        f"{agreement.ratio:.4f}" if known else "not measured",
        f"{len(agreement.ratios)} of {len(between)}",
        f"{agreement.noise:.1%}" if known else "",
        holds=agreement.ratio - 1 <= max(_SLOWER, agreement.noise) if known else None,
    )


def _ways(paths: dict[str, Path], runtime: str, seconds: float, folder: Path) -> dict[str, Callable[[], float]]:
    image = onnx.load(paths[PLAIN], load_external_data=False).graph.input[0]
    shape = tuple(dim.dim_value for dim in image.type.tensor_type.shape.dim)
    file = folder / "input.npy"
    np.save(file, drawn(np.random.default_rng(0), Tensor(image.name, shape, "float32")))
    rest = (str(allowed_threads()), str(seconds), f"{image.name}={file}")

    def way(path: Path) -> Callable[[], float]:
        return lambda: median(heard("benchmarks.bare", runtime, str(path), *rest)["latencies_s"])

    return {name: way(path) for name, path in paths.items()}


if __name__ == "__main__":
    sys.exit(main())
