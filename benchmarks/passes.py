"""What the passes over an exported graph gain: nodes, bytes, and p50 of alternated fresh processes."""

from __future__ import annotations

import sys
import tempfile
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import onnx

from benchmarks.fresh import heard
from benchmarks.pairs import gather, rounds_of, share
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
    parser.add_argument("--rounds", type=int, default=4, help="four neighbouring processes each, at the most")
    parser.add_argument(
        "--minutes", type=float, default=60.0, help="shared out among the models, fewer rounds if need be"
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="sampling in each process")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where exported files are found again")
    options = parser.parse_args()
    columns = ("model", "nodes", "MiB", "changed", "runtime", "p50 ms", "ratio", "clean pairs", "A/A within")
    table = Table("Passes: an exported graph before and after", columns)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        models, runtimes = options.model or MODELS, options.runtime or ("onnxruntime", "openvino")
        deadline = time.monotonic() + 60 * options.minutes
        for done, name in enumerate(models):
            paths, cells = _both(name, folder, options.only)
            if options.count or not any(cells[-1]):
                table.add(*cells, "", "", "", "", "")
                continue
            for place, runtime in enumerate(runtimes):
                until = share(deadline, len(runtimes) * (len(models) - done) - place)
                _time(table, cells, paths, runtime, options, until)
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
    table: Table, cells: tuple[str, ...], paths: dict[str, Path], runtime: str, options: Namespace, deadline: float
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ways = _ways(paths, runtime, options.seconds, Path(folder))
        order = [PLAIN, PLAIN, TIDY, TIDY]
        gathered = gather(ways, order, rounds_of(options.rounds, len(order)), deadline)
    agreement = gathered.agreement(TIDY, PLAIN)
    table.add(
        *cells,
        runtime,
        f"{gathered.ms(PLAIN)} -> {gathered.ms(TIDY)}",
        f"{agreement.ratio:.4f}" if agreement.is_known else "not measured",
        f"{len(agreement.ratios)} of {len(gathered.of(PLAIN, TIDY))}",
        f"{agreement.noise:.1%}" if agreement.is_known else "",
        holds=agreement.is_no_slower(_SLOWER),
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
