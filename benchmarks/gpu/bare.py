"""A loop of CUDA events around a plan as anyone would write it, on torch's memory and with nothing of edgeprof.

python -m benchmarks.gpu.bare LIBRARY PLAN SECONDS NAME=INPUT.npy...
LIBRARY is tensorrt, tensorrt_rtx or tensorrt_rtx_bindings.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

WARM_S = 2.0


def main() -> None:
    import numpy as np
    import torch

    library, plan, seconds, *files = sys.argv[1:]
    trt = importlib.import_module(library)
    runtime = trt.Runtime(trt.Logger(trt.Logger.ERROR))
    engine = runtime.deserialize_cuda_engine(Path(plan).read_bytes())
    context = engine.create_execution_context()
    given = {name: np.load(path) for name, _, path in (file.partition("=") for file in files)}
    tensors: dict[str, Any] = {}
    for index in range(engine.num_io_tensors):
        name = engine.get_tensor_name(index)
        if name in given:
            tensors[name] = torch.from_numpy(given[name]).cuda()
        else:
            kind = getattr(torch, np.dtype(trt.nptype(engine.get_tensor_dtype(name))).name)
            tensors[name] = torch.empty(tuple(context.get_tensor_shape(name)), dtype=kind, device="cuda")
        context.set_tensor_address(name, tensors[name].data_ptr())
    stream = torch.cuda.Stream()
    print(json.dumps({"compute_s": sampled(context, torch, stream, float(seconds))}))


def sampled(context: Any, torch: Any, stream: Any, seconds: float) -> list[float]:
    """The card's own time of each inference, one after the other."""
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    found = []
    started = time.perf_counter()
    while time.perf_counter() < started + WARM_S + seconds:
        begin.record(stream)
        context.execute_async_v3(stream.cuda_stream)
        end.record(stream)
        end.synchronize()
        if time.perf_counter() > started + WARM_S:
            found.append(begin.elapsed_time(end) / 1e3)
    return found


if __name__ == "__main__":
    main()
