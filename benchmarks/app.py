"""OpenVINO's own benchmark_app on one model: how it is asked, and the median that it prints."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

# `Median:        10.34 ms`, or in us below 1 ms
_MEDIAN = re.compile(r"Median:\s+([\d.]+) (ms|us)")
_UNITS = {"ms": 1e-3, "us": 1e-6}
_IN_F32 = "INFERENCE_PRECISION_HINT: <Type: 'float32'>"
_F32 = ("-infer_precision", "f32")


def command_of(
    model: str, inputs: Mapping[str, Path], seconds: float, folder: Path, *, threads: int, precision: str = "fp32"
) -> list[str]:
    """One stream, one request at a time; `precision` is fp32, or auto for what it takes by itself."""
    # With -hint it refuses -nthreads, and takes the same from a file. Left alone it would feed images as uint8.
    settings = folder / "threads.json"
    settings.write_text(json.dumps({"CPU": {"INFERENCE_NUM_THREADS": str(threads)}}), encoding="utf-8")
    app = str(Path(sysconfig.get_path("scripts")) / "benchmark_app")
    return [
        *(app, "-m", model, "-d", "CPU", "-hint", "latency", "-api", "sync", "-ip", "f32"),
        *("-t", str(max(1, round(seconds))), "-load_config", str(settings)),
        *(_F32 if precision == "fp32" else ()),
        *("-i", ",".join(f"{name}:{path}" for name, path in inputs.items())),
    ]


def median_of(command: Sequence[str]) -> float:
    """Seconds; an error where it was asked for fp32 and computed in anything else."""
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    match = _MEDIAN.search(ended.stdout)
    if not match or (_F32[0] in command and _IN_F32 not in ended.stdout):
        raise RuntimeError(f"benchmark_app gave no median in the precision it was asked for:\n{ended.stdout[-2000:]}")
    return float(match.group(1)) * _UNITS[match.group(2)]
