"""Which version of ONNX's operators a graph is written in: the newest that its exporter and its reader both know."""

from __future__ import annotations

from typing import Any

NEWER = 20  # torch.onnx's newer exporter, which writes 18 at least
OLDER = 17  # the older one, and all that a TensorRT before 10 reads
OPSETS = (NEWER, OLDER)
_READS_NEWER = 10


def opset_read_by(tensorrt: str) -> int:
    """By the version of TensorRT: 8.6.1, 10.3.0."""
    first = tensorrt.split(".", maxsplit=1)[0]
    return OLDER if first.isdigit() and int(first) < _READS_NEWER else NEWER


def opset_of(model: Any) -> int:
    """The version of ONNX's own operators that the file says it is written in."""
    return max((int(o.version) for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0)
