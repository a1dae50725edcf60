"""Which TensorRT is here: found without importing it, imported when it is needed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Dict, Optional, Sequence, Tuple

from edgeprof.agent.files import text_of
from edgeprof.core.errors import RuntimeUnavailable
from edgeprof.core.installed import installed_version

# What is imported, and the packages that bring it. JetPack and NVIDIA's containers bring the first.
_DISTRIBUTIONS: Dict[str, Tuple[str, ...]] = {
    "tensorrt": ("tensorrt", "tensorrt-cu13", "tensorrt-cu12", "tensorrt-cu11"),
    "tensorrt_rtx": ("tensorrt-rtx", "tensorrt-rtx-cu13", "tensorrt-rtx-cu12"),
    "tensorrt_rtx_bindings": ("tensorrt-rtx-cu13-bindings", "tensorrt-rtx-cu12-bindings"),
}
NAMES = tuple(_DISTRIBUTIONS)
_VERSION = re.compile(r"""^__version__ = ["'](\d[\w.]*)["']""", re.MULTILINE)  # __version__ = "8.6.1"
# By their own names, which any index knows; edgeprof's extra `tensorrt-rtx` is the same list.
INSTALL = "pip install tensorrt-rtx-cu13-libs tensorrt-rtx-cu13-bindings"


@dataclass(frozen=True)
class Library:
    name: str  # what is imported
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def found(names: Sequence[str] = NAMES) -> Optional[Library]:
    """The first of these that is installed; imports it only where its version is written nowhere else."""
    name = named(names)
    if name is None:
        return None
    return Library(name, installed_version(*_DISTRIBUTIONS[name]) or _written(name) or load(name)[0].version)


def named(names: Sequence[str] = NAMES) -> Optional[str]:
    """The first of these that is there, whether or not it can be imported."""
    return next((name for name in names if _is_there(name)), None)


def load(name: Optional[str] = None) -> Tuple[Library, Any]:
    """The library and its module; without a name the first that is there."""
    if name is None:
        name = named()
    if name is None:
        raise RuntimeUnavailable(f"none of {', '.join(NAMES)} is installed", INSTALL)
    if name not in NAMES:
        raise RuntimeUnavailable(f'"{name}" is no TensorRT', f"one of {', '.join(NAMES)}")
    try:
        module = import_module(name)
        return Library(name, str(module.__version__)), module
    except (ImportError, OSError, AttributeError) as error:  # a missing library.so is any of these
        raise RuntimeUnavailable(f"{name} cannot be imported: {error}", INSTALL) from error


def _written(name: str) -> Optional[str]:
    """The version in the module's own text, as where a library was copied without its packages' records."""
    spec = find_spec(name)
    if spec is None or not str(spec.origin).endswith(".py"):
        return None
    match = _VERSION.search(text_of(Path(str(spec.origin))))
    return match.group(1) if match else None


def _is_there(name: str) -> bool:
    spec = find_spec(name)
    return spec is not None and spec.origin is not None  # a folder of that name is no package
