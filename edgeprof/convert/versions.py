"""Which versions of the libraries take part, read without importing any of them."""

from __future__ import annotations

from edgeprof.core.errors import RuntimeUnavailable
from edgeprof.core.installed import installed_version

_OF_KIND = {
    "onnx": ("onnx", "onnxruntime"),
    "callable": ("torch", "onnx", "onnxscript", "onnxruntime"),
    "timm": ("torch", "timm", "onnx", "onnxscript", "onnxruntime"),
}
_EXTRA = {"torch": "edgeprof[export]", "timm": "edgeprof[export]", "onnxscript": "edgeprof[export]"}


def versions_for(kind: str) -> dict[str, str]:
    return {library: version_of(library) for library in _OF_KIND[kind]}


def version_of(library: str) -> str:
    found = installed_version(library)
    if found is None:
        wanted = _EXTRA.get(library, library)
        raise RuntimeUnavailable(f"{library} is not installed", f"pip install '{wanted}'")
    return found
