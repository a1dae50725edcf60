"""Files as trtexec and onnxruntime_perf_test write them, of latencies in seconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

DATA = Path(__file__).parents[2] / "data" / "imports"
COPIES_MS = (0.25, 0.05)


def inference(latency_s: float, at_s: float = 0.0, **changes: object) -> dict[str, object]:
    """One of trtexec 8.6 to 11.1; its copies take the time that they take."""
    into, out = COPIES_MS
    whole, start = round(latency_s * 1e3, 6), round(at_s * 1e3, 4)
    return {
        "startEnqMs": start,
        "endEnqMs": start + 0.04,
        "startH2dMs": start,
        "endH2dMs": start + into,
        "startComputeMs": start + into,
        "endComputeMs": start + whole - out,
        "startD2hMs": start + whole - out,
        "endD2hMs": start + whole,
        "h2dMs": into,
        "computeMs": round(whole - into - out, 6),
        "d2hMs": out,
        "latencyMs": whole,
        **changes,
    }


def trtexec(latencies_s: Sequence[float]) -> str:
    return json.dumps([inference(latency_s, n * 0.01) for n, latency_s in enumerate(latencies_s)])


def perf_test(latencies_s: Sequence[float], model: str = "resnet18") -> str:
    """model,seconds,peak bytes,cpu %,number"""
    return "".join(f"{model},{latency_s:.6g},123456789,99,{n}\n" for n, latency_s in enumerate(latencies_s))
