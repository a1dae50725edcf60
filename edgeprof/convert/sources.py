"""What a model's name means: a timm model, an ONNX file, a factory, or a fake."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from edgeprof.convert import process
from edgeprof.convert.aliases import ALIASES
from edgeprof.convert.cache import Cache
from edgeprof.convert.versions import version_of
from edgeprof.core.errors import ConfigError

_CALLABLE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")  # shop.models:detector
_TIMM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")  # vit_base_patch16_224.augreg_in21k
_FORMS = "name a timm model, an .onnx file or package.module:factory"


@dataclass(frozen=True)
class Source:
    kind: str  # timm, onnx, callable or fake
    name: str  # as resolved
    note: Optional[str] = None  # what the user should know of how the name was read


def resolve(model: str) -> Source:
    """Read a model's name without looking into anything but the file system."""
    low = model.lower()
    if low.endswith((".onnx", ".fake.json")):
        if not Path(model).is_file():
            raise ConfigError(f'model "{model}" is not a file', "check the path; it is read from the working directory")
        return Source("onnx" if low.endswith(".onnx") else "fake", model)
    if _CALLABLE.fullmatch(model):
        return Source("callable", model)
    if low.endswith((".pt", ".pth", ".safetensors", ".ckpt", ".bin")):
        raise ConfigError(
            f'model "{model}" is a checkpoint, which has no graph', f"name its model and add --weights {model}"
        )
    if not _TIMM.fullmatch(model):
        raise ConfigError(f'model is "{model}", expected a name, a file or a factory', _FORMS)
    target = ALIASES.get(low)
    if target:
        return Source("timm", target, f"{model} is timm's {target}")
    return Source("timm", model)


def list_models(pattern: str | None, cache: Cache) -> list[str]:
    """The timm names that match; all of them without a pattern."""
    return matching(pattern or "", timm_names(cache))


def matching(pattern: str, names: Sequence[str]) -> list[str]:
    """The names that contain the pattern, or match it where it has a star."""
    wanted = pattern.lower()
    wild = wanted if any(sign in wanted for sign in "*?[") else f"*{wanted}*"
    return [name for name in names if fnmatch.fnmatch(name.lower(), wild)]


def timm_names(cache: Cache) -> Sequence[str]:
    """All of timm's names; asked of timm once for each of its versions, since that takes seconds."""
    known = known_names(cache)
    if known is None:
        known = tuple(process.ask({"order": "names"}, lambda _: None)["names"])
        cache.remember(_names_key(), {"names": list(known)})
    return known


def known_names(cache: Cache) -> tuple[str, ...] | None:
    """The names as far as they are remembered."""
    remembered = cache.recall(_names_key())
    return tuple(remembered["names"]) if remembered else None


def unknown_model(name: str, names: Sequence[str]) -> ConfigError:
    """The error for a name that timm does not have, with those it may have been meant for."""
    low = name.lower()
    near = difflib.get_close_matches(low, [*names, *ALIASES], n=3, cutoff=0.6)
    near = near or [other for other in names if other.startswith(low.split("_")[0])][:3]
    hint = f"did you mean {', '.join(near)}?" if near else "list what there is: edgeprof models"
    return ConfigError(f'timm has no model "{name}"', hint)


def _names_key() -> str:
    return f"timm names {version_of('timm')}"
