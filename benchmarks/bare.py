"""A loop as anyone would write it, with nothing of edgeprof: load, warm up, time, print JSON.

python -m benchmarks.bare RUNTIME ARTEFACT THREADS SECONDS NAME=INPUT.npy...
RUNTIME is onnxruntime, openvino, or onnxruntime-defaults, which leaves its threads to it.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from typing import Any

WARM_SAMPLES, WARM_S, SLOW_WARM_S = 50, 1.0, 10.0


def main() -> None:
    import numpy as np

    runtime, artefact, threads, seconds, *files = sys.argv[1:]
    inputs = {}
    for file in files:
        name, _, path = file.partition("=")
        inputs[name] = np.load(path)
    infer = _LOADERS[runtime](artefact, int(threads), inputs)
    print(json.dumps(sampled(infer, float(seconds))))


def sampled(infer: Callable[[], Any], seconds: float) -> dict[str, Any]:
    """Latencies of so many seconds after a warm-up, and the peak of this process."""
    warm_up(infer)
    latencies_s = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        infer()
        latencies_s.append(time.perf_counter() - begin)
    return {"latencies_s": latencies_s, "peak_bytes": peak_bytes()}


def warm_up(infer: Callable[[], Any]) -> None:
    begin = time.perf_counter()
    count = 0
    while True:
        infer()
        count += 1
        elapsed_s = time.perf_counter() - begin
        if elapsed_s >= SLOW_WARM_S or (elapsed_s >= WARM_S and count >= WARM_SAMPLES):
            return


def peak_bytes() -> int:
    with open("/proc/self/status", encoding="utf-8") as file:
        found = re.search(r"VmHWM:\s+(\d+) kB", file.read())  # VmHWM:	  123456 kB
    assert found
    return int(found.group(1)) * 1024


def session_of(artefact: str, threads: int) -> Any:
    """onnxruntime's."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(artefact, options, providers=["CPUExecutionProvider"])


def request_of(artefact: str, threads: int) -> Any:
    """OpenVINO's."""
    import openvino

    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": threads,
    }
    return openvino.Core().compile_model(artefact, "CPU", settings).create_infer_request()


def _onnxruntime(artefact: str, threads: int, inputs: dict[str, Any]) -> Callable[[], Any]:
    session = session_of(artefact, threads)
    return lambda: session.run(None, inputs)


def _onnxruntime_by_default(artefact: str, threads: int, inputs: dict[str, Any]) -> Callable[[], Any]:
    import onnxruntime

    session = onnxruntime.InferenceSession(artefact)  # its own number of threads, not ours
    return lambda: session.run(None, inputs)


def _openvino(artefact: str, threads: int, inputs: dict[str, Any]) -> Callable[[], Any]:
    import openvino

    request = request_of(artefact, threads)
    for name, array in inputs.items():
        request.set_tensor(name, openvino.Tensor(array, shared_memory=True))
    return lambda: request.infer(share_outputs=True)


_LOADERS = {"onnxruntime": _onnxruntime, "onnxruntime-defaults": _onnxruntime_by_default, "openvino": _openvino}

if __name__ == "__main__":
    main()
