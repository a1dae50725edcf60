"""Which versions of the libraries take part, read without importing any of them."""

from __future__ import annotations

from edgeprof.core.errors import RuntimeUnavailable
from edgeprof.core.installed import installed_version

_OF_KIND = {
    "onnx": ("onnx", "onnxruntime"),
    "callable": ("torch", "onnx", "onnxscript", "onnxruntime"),
    "timm": ("torch", "timm", "onnx", "onnxscript", "onnxruntime"),
}
# By their own names, which any index knows; edgeprof's extra `export` is the same list.
INSTALL_EXPORT = "pip install torch torchvision timm onnxscript safetensors"
_EXPORTERS = ("torch", "timm", "onnxscript")


def versions_for(kind: str) -> dict[str, str]:
    return {library: version_of(library) for library in _OF_KIND[kind]}


def version_of(library: str) -> str:
    found = installed_version(library)
    if found is None:
        hint = INSTALL_EXPORT if library in _EXPORTERS else f"pip install {library}"
        raise RuntimeUnavailable(f"{library} is not installed", hint)
    return found
