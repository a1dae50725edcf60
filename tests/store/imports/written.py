"""Files as trtexec and onnxruntime_perf_test write them, of latencies in seconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

BENCHMARK_APP = {
    "Command line parameters": {"m": "m.onnx", "d": "CPU", "report_type": "no_counters"},
    "Configuration setup": {
        "benchmark mode": "inference only",
        "topology": "Model1",
        "target device": "CPU",
        "API": "async",
        "precision": "f32",
        "batch size": 1,
        "number of iterations": 20,
        "number of parallel infer requests": 4,
        "duration (ms)": 0,
        "number of CPU streams": "4",
    },
    "Execution results": {
        "read model time (ms)": 8.125,
        "compile model time (ms)": 29.5,
        "first inference time (ms)": 1.153427,
        "total execution time (ms)": 0.512,
        "total number of iterations": 20,
        "Median latency (ms)": 0.021530000000000001,
        "Percentile boundary": 50,
        "Average latency (ms)": 0.0223,
        "Min latency (ms)": 0.0209,
        "Max latency (ms)": 12.06431,
        "throughput": 38856.98,
    },
}
_IN_JSON = {
    "target device": "target_device",
    "number of parallel infer requests": "nireq",
    "total number of iterations": "iterations_num",
    "Median latency (ms)": "latency_median",
    "Percentile boundary": "percentile_boundary",
    "Average latency (ms)": "latency_avg",
    "Min latency (ms)": "latency_min",
    "Max latency (ms)": "latency_max",
}
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


def benchmark_app_csv(**results: object) -> bytes:
    """Of OpenVINO's C++ sample as its source writes them: every cell ends with a semicolon, a double has six digits."""
    lines = []
    for title, cells in BENCHMARK_APP.items():
        told = {**cells, **results} if title == "Execution results" else cells
        texts = {name: f"{cell:.6f}" if isinstance(cell, float) else cell for name, cell in told.items()}
        lines += [f"{title};", *(f"{name};{text};" for name, text in texts.items()), ""]
    return "\n".join(lines).encode()


def benchmark_app_json(**results: object) -> bytes:
    """The same of -json_stats, where its names are others and its numbers are numbers."""
    sections = zip(("cmd_options", "configuration_setup", "execution_results"), BENCHMARK_APP.values(), strict=True)
    told = {title: {_IN_JSON.get(name, name): cell for name, cell in cells.items()} for title, cells in sections}
    told["execution_results"].update(results)
    return json.dumps(told, indent=4).encode()


def perf_test(latencies_s: Sequence[float], model: str = "resnet18") -> str:
    """model,seconds,peak bytes,cpu %,number"""
    return "".join(f"{model},{latency_s:.6g},123456789,99,{n}\n" for n, latency_s in enumerate(latencies_s))
