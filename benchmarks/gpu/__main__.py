"""Latencies on a card: each switch's cost, the card's own times, and a bare loop of CUDA events on the same plan."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.fresh import heard
from benchmarks.product import Subject
from benchmarks.table import Table, arguments_of
from edgeprof.config import load_request
from edgeprof.convert.cache import Cache
from edgeprof.core.errors import EdgeprofError
from edgeprof.core.measurement import Process, Segments
from edgeprof.store.measurements import default_folder
from edgeprof.workflow.device import open_device
from edgeprof.workflow.prepare import prepare
from edgeprof.workflow.progress import Silence
from edgeprof.workflow.workshop import Workshop

MODELS = ("resnet50", "mobilenetv3_large_100", "vit_small_patch16_224", "convnext_tiny")
WAYS: dict[str, dict[str, Any]] = {
    "as a camera pipeline": {},
    "no graph": {"graph": False},
    "spinning": {"wait": "spin"},
    "copies out": {"copies": "out"},
    "mapped": {"copies": "mapped"},
    "bare": {"copies": "out", "graph": False},  # what the bare loop does, so that the two can be compared
}
WITHIN = 0.01


def main() -> int:
    parser = arguments_of("gpu", __doc__)
    parser.add_argument("--device", default="gpu", help="gpu:1 for the second card")
    parser.add_argument("--seconds", type=float, default=5.0, help="sampling in each process")
    parser.add_argument("--res", nargs="*", default=["224", "1080"])
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    parser.add_argument("--precisions", nargs="*", default=["fp32", "fp16"])
    options = parser.parse_args()
    columns = ("case", "way", "host p50 ms", "copy in", "compute", "copy out", "gap us", "bare compute ms", "ratio")
    table = Table("TensorRT on a card: medians", columns)
    try:
        for case in _cases(options):
            _add_case(table, *case, options)
    except EdgeprofError as error:
        print(f"error: {error.message}\nhint: {error.hint}", file=sys.stderr)
        return int(error.exit)
    table.notes.append(f"{options.seconds:g} s of sampling; bare: torch's memory, stream and events on the same plan")
    table.notes.append(f"`bare` holds when its compute time is within {WITHIN:.0%} of the bare loop's")
    return table.conclude(options.record)


def _cases(options: Any) -> Iterator[tuple[str, str, str]]:
    for model in options.models:
        for res in options.res:
            for precision in options.precisions:
                yield model, res, precision


@contextmanager
def on_card(device: str, model: str, res: str, precision: str, way: dict[str, Any]) -> Iterator[Subject]:
    """A job as check makes it for this machine's card, proved; its plan is built at most once."""
    flags = {"models": (model,), "res": res, "precision": precision, "device": device, **way}
    request = load_request(flags, cwd=Path("/"), environ={})
    workshop = Workshop(Cache.default(), default_folder(os.environ), Silence())
    with open_device(request.machine, workshop) as opened:
        opened.runtime("tensorrt")
        yield Subject(opened, prepare(request, model, opened, workshop).prepared)


def agrees(ours_s: float, bare_s: float) -> bool:
    return abs(ours_s / bare_s - 1) <= WITHIN


def _add_case(table: Table, model: str, res: str, precision: str, options: Any) -> None:
    case = f"{model}@{res} {precision}"
    for name, way in WAYS.items():
        with on_card(options.device, model, res, precision, way) as subject:
            print(f"  {case}, {name}", file=sys.stderr)
            process = subject.measure(options.seconds)
            bare_s = _bare_s(subject, process, options.seconds) if name == "bare" else None
        _add(table, case, name, process, bare_s)


def _bare_s(subject: Subject, process: Process, seconds: float) -> float:
    with tempfile.TemporaryDirectory() as folder:
        inputs = subject.save_inputs(Path(folder))
        library = (process.runtime_version or "tensorrt").split()[0]
        files = (f"{name}={path}" for name, path in inputs.items())
        told = heard("benchmarks.gpu.bare", library, str(process.plan_path), str(seconds), *files)
    return median(told["compute_s"])


def _add(table: Table, case: str, name: str, process: Process, bare_s: float | None) -> None:
    segments = process.segments or Segments(0, 0.0, {}, 0.0)
    parts = [f"{segments.parts_s.get(part, 0.0) * 1e3:.4f}" for part in ("h2d", "compute", "d2h")]
    compute_s = segments.parts_s.get("compute", 0.0)
    told = ("", "") if bare_s is None else (f"{bare_s * 1e3:.4f}", f"{compute_s / bare_s:.4f}")
    host_ms = median(process.samples_s) * 1e3
    holds = None if bare_s is None else agrees(compute_s, bare_s)
    table.add(case, name, f"{host_ms:.4f}", *parts, f"{segments.gap_s * 1e6:.1f}", *told, holds=holds)


if __name__ == "__main__":
    sys.exit(main())
