"""Constants that are stored more than once, kept once: the windows of a stage share one mask, and the file, a process
that loads it and the way to a device carry each copy.
"""

from __future__ import annotations

from typing import Any

from edgeprof.convert.passes.step import Pass, keep_constants, read_instead
from edgeprof.core.files import digest_of_bytes

# Below this the names cost more than the values; a runtime folds such constants into the nodes anyway.
_LEAST_BYTES = 1024


def _apply(model: Any) -> int:
    from onnx import numpy_helper

    graph = model.graph
    named = {value.name for value in [*graph.input, *graph.output]}
    first: dict[tuple[int, tuple[int, ...], str], str] = {}
    other: dict[str, str] = {}
    for tensor in graph.initializer:
        if tensor.name in named or tensor.ByteSize() < _LEAST_BYTES:
            continue
        content = tensor.raw_data or numpy_helper.to_array(tensor).tobytes()
        key = (tensor.data_type, tuple(tensor.dims), digest_of_bytes(content))
        if first.setdefault(key, tensor.name) != tensor.name:
            other[tensor.name] = first[key]
    if other:
        read_instead(graph, other)
        keep_constants(graph, [tensor for tensor in graph.initializer if tensor.name not in other])
    return len(other)


PASS = Pass("duplicates", "the windows of a stage share one mask, and a tied weight is one weight", _apply)
