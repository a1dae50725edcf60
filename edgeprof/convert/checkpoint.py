"""A user's weights file: read without running anything in it, and unwrapped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from edgeprof.convert.ort import first_line
from edgeprof.core.errors import ConvertError

_WRAPPINGS = ("state_dict_ema", "model_ema", "state_dict", "model")
_PREFIXES = ("_orig_mod.", "module.")
_KEYS_SHOWN = 3
_QUOTED = r'"([^"]+)"'


def read_checkpoint(path: str) -> dict[str, Any]:
    """The tensors by name. A pickle that wants to import anything is refused, not executed."""
    try:
        if path.endswith(".safetensors"):
            from safetensors.torch import load_file

            loaded: Any = load_file(path)
        else:
            import torch

            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ConvertError(
            f'the weights "{path}" were refused: {_why(error)}',
            "save the state_dict alone, best as safetensors",
        ) from error
    state = _unwrapped(loaded)
    if not state:
        raise ConvertError(f'the weights "{path}" hold no tensors by name', "save model.state_dict()")
    return state


def _why(error: Exception) -> str:
    """torch answers a foreign file with pages of advice, part of which is to run what is in it."""
    words = str(error)
    # WeightsUnpickler error: Unsupported global: GLOBAL torch.nn.modules.linear.Linear was not an allowed global
    wanted = re.search(r"GLOBAL (\S+)", words) or re.search(r"Unsupported class (\S+)", words)
    if wanted:
        return f"they want to import {wanted.group(1)}, and only tensors are read"
    return first_line(error) if isinstance(error, OSError) else "no whole torch or safetensors file"


def refused(path: str, name: str, error: Exception) -> ConvertError:
    """What to say when a model does not take the weights: the first keys that do not fit."""
    words = str(error)
    # Missing key(s) in state_dict: "fc.weight", "fc.bias".   size mismatch for conv1.weight: copying a param ...
    lists = re.findall(r'(Missing|Unexpected) key\(s\) in state_dict: ((?:"[^"]+"(?:, )?)+)', words)
    found = [f"{kind.lower()} {_first(re.findall(_QUOTED, keys))}" for kind, keys in lists]
    sizes = re.findall(r"size mismatch for ([^\s:]+):", words)
    if sizes:
        found.append(f"other shapes in {_first(sizes)}")
    why = "; ".join(found) or first_line(error)
    return ConvertError(f'the weights "{path}" do not fit {name}: {why}', "check that they belong to this model")


def _unwrapped(loaded: Any) -> dict[str, Any]:
    import torch

    for key in _WRAPPINGS:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(key), Mapping):
            loaded = loaded[key]
            break
    if not isinstance(loaded, Mapping):
        return {}
    state = {str(key): value for key, value in loaded.items() if isinstance(value, torch.Tensor)}
    for prefix in (*_PREFIXES, *_PREFIXES[:1]):
        if state and all(key.startswith(prefix) for key in state):
            state = {key[len(prefix) :]: value for key, value in state.items()}
    return state


def _first(keys: list[str]) -> str:
    shown = ", ".join(keys[:_KEYS_SHOWN])
    return shown if len(keys) <= _KEYS_SHOWN else f"{shown} and {len(keys) - _KEYS_SHOWN} more"
