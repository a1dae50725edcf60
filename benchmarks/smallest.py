"""The smallest model of each of timm's architecture modules by parameter count, in a fresh process as JSON.

python -m benchmarks.smallest
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout

# timm's own stubs for its tests, which nobody ships.
_STUBS = "test_"


def main() -> None:
    with redirect_stdout(sys.stderr):
        chosen = smallest(counted())
    print(json.dumps(chosen))


def smallest(parameters: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    """Module to model; of equal ones the first by name, of a module that has nothing but stubs a stub."""
    return {
        module: min(_candidates(counts), key=lambda name: (counts[name], name)) for module, counts in parameters.items()
    }


def _candidates(names: Iterable[str]) -> list[str]:
    every = sorted(names)
    return [name for name in every if not name.startswith(_STUBS)] or every


def counted() -> dict[str, dict[str, int]]:
    """Every model of every module, made without data; two minutes for all of timm."""
    import timm

    return {
        module: {name: _parameters(name) for name in timm.list_models(module=module)} for module in timm.list_modules()
    }


def _parameters(name: str) -> int:
    import timm
    import torch

    with torch.device("meta"):
        model = timm.create_model(name)
    return sum(parameter.numel() for parameter in model.parameters())


if __name__ == "__main__":
    main()
