"""ONNX Runtime as the judge of a file: does it load, and what does it compute before any rewriting of the graph."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from edgeprof.core.errors import ConvertError

_NEWEST = re.compile(r"till opset (\d+)")  # Current official support for domain ai.onnx is till opset 26.


def plain_session(file: Path | bytes) -> Any:
    """A CPU session of a file or its content that optimises nothing: its own optimiser has been seen to change results
    (Pad_Fusion, 1.31).
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    content = file if isinstance(file, bytes) else str(file)
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        newest = _NEWEST.search(str(error))
        if newest:
            raise ConvertError(
                f"the file is written in an opset that onnxruntime {onnxruntime.__version__} does not read: "
                f"{newest.group(1)} is its newest",
                "upgrade onnxruntime, or export in an older opset",
            ) from error
        raise ConvertError(f"onnxruntime refuses the file: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """One line of what a library says, without its path through the source."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
