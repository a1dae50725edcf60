"""A model in torch itself, as people time it: eager in either memory format, or compiled.

python -m benchmarks.torch_ways WAY MODEL RES SECONDS
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from typing import Any

from benchmarks.bare import sampled

WAYS = ("eager", "channels_last", "compile")


def main() -> None:
    import torch

    way, name, res, seconds = sys.argv[1:]
    if way not in WAYS:
        raise SystemExit(f"no way {way}: one of {', '.join(WAYS)}")
    with redirect_stdout(sys.stderr):
        module, example = module_of(name, res)
        if way != "eager":
            module = module.to(memory_format=torch.channels_last)
            example = tuple(tensor.contiguous(memory_format=torch.channels_last) for tensor in example)
        if way == "compile":
            module = torch.compile(module)
        with torch.inference_mode():
            told = sampled(lambda: module(*example), float(seconds))
    print(json.dumps(told))


def module_of(name: str, res: str) -> tuple[Any, tuple[Any, ...]]:
    """The module with the weights that edgeprof converts, made to take that size, and an input for it."""
    import torch

    from edgeprof.convert.feed import feeds
    from edgeprof.convert.recipe import Recipe
    from edgeprof.convert.sources import resolve
    from edgeprof.convert.torch_source import subject_of
    from edgeprof.core.resolution import resolution_of

    subject = subject_of(resolve(name), Recipe(name, resolution_of(res)))
    arrays = feeds(subject.inputs, {})[0]
    return subject.fresh(), tuple(torch.from_numpy(arrays[tensor.name]) for tensor in subject.inputs)


if __name__ == "__main__":
    main()
