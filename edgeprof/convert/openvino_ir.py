"""An ONNX artefact as OpenVINO's own two files, for those who ship these."""

from __future__ import annotations

from pathlib import Path

from edgeprof.convert.ort import first_line
from edgeprof.core.errors import ConvertError, RuntimeUnavailable

INSTALL = "pip install openvino"


def write_ir(onnx: Path, to: Path) -> Path:
    """Write `to`, which ends in .xml, and the weights beside it; types stay as they are in the graph."""
    try:
        import openvino as ov
    except ImportError as error:
        raise RuntimeUnavailable(f"openvino is not installed: {error}", INSTALL) from error
    try:
        ov.save_model(ov.Core().read_model(str(onnx)), str(to), compress_to_fp16=False)
    except RuntimeError as error:
        raise ConvertError(f"openvino does not write the model: {first_line(error)}") from error
    return to.with_suffix(".bin")
