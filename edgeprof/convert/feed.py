"""The arrays a graph is proved with: the user's own files first, else random ones in the range the type allows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from edgeprof.core.errors import ConfigError
from edgeprof.core.job import Tensor

SETS = 4  # the first two also say how much the output changes with its input
_PAIR = 2
_MOST_BYTES = 128 << 20  # of all of them, which a board has to be sent and to keep
_PATCHES = 3  # across and down
_CHANNELS = (1, 3, 4)


def feeds(inputs: Sequence[Tensor], files: Mapping[str, str]) -> list[dict[str, Any]]:
    """Sets of arrays, a pair at least; the user's files are in the first, so that the others still differ."""
    unknown = [name for name in files if name not in {tensor.name for tensor in inputs}]
    if unknown:
        known = ", ".join(tensor.name for tensor in inputs)
        raise ConfigError(f'there is no input "{unknown[0]}"', f"the inputs are {known}", where="--input")
    count = SETS if SETS * _bytes_of(inputs) <= _MOST_BYTES else _PAIR
    sets = [random_feed(inputs, number) for number in range(count)]
    for tensor in inputs:
        if tensor.name in files:
            sets[0][tensor.name] = _loaded(files[tensor.name], tensor)
    return sets


def random_feed(inputs: Sequence[Tensor], number: int = 0) -> dict[str, Any]:
    """The set of that number."""
    import numpy as np

    random = np.random.default_rng(number)
    return {tensor.name: drawn(random, tensor) for tensor in inputs}


def _bytes_of(inputs: Sequence[Tensor]) -> int:
    import numpy as np

    return sum(math.prod(tensor.shape) * np.dtype(tensor.dtype).itemsize for tensor in inputs)


def drawn(random: Any, tensor: Tensor) -> Any:
    import numpy as np

    kind = np.dtype(tensor.dtype).kind
    if kind == "f":
        noise = random.standard_normal(tensor.shape, dtype=np.float32)
        return (_with_patches(random, noise) if len(tensor.shape) == 4 else noise).astype(tensor.dtype)
    if tensor.dtype == "uint8" and len(tensor.shape) == 4:
        noise = _with_patches(random, random.standard_normal(tensor.shape, dtype=np.float32))
        return np.clip(noise * 64 + 128, 0, 255).astype(np.uint8)
    # Pixels take their whole range; other integers may be indices, of which only 0 and 1 are surely valid.
    return random.integers(0, 256 if tensor.dtype == "uint8" else 2, tensor.shape).astype(tensor.dtype)


def _with_patches(random: Any, noise: Any) -> Any:
    """Still standard normal, but with patches as large as a third of the frame: white noise alone averages out over a
    1080p frame, and a network that hardly reads its input would pass (output changes of 2e-2 against 3e-1).
    """
    import numpy as np

    down, across = (1, 2) if noise.shape[3] in _CHANNELS and noise.shape[1] not in _CHANNELS else (2, 3)
    coarse_shape = [_PATCHES if axis in (down, across) else size for axis, size in enumerate(noise.shape)]
    coarse = random.standard_normal(coarse_shape, dtype=np.float32)
    for axis in (down, across):
        size = noise.shape[axis]
        coarse = np.take(coarse, np.arange(size) * _PATCHES // max(size, 1), axis=axis)
    return (noise + coarse) / np.float32(2**0.5)


def _loaded(path: str, tensor: Tensor) -> Any:
    import numpy as np

    where = f"--input {tensor.name}"
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ConfigError(f'"{path}" is not an array: {error}', "save it with numpy.save", where=where) from error
    if not isinstance(array, np.ndarray):
        raise ConfigError(f'"{path}" holds several arrays, expected one', "save it with numpy.save", where=where)
    seen = Tensor(tensor.name, array.shape, str(array.dtype))
    if seen != tensor:
        raise ConfigError(
            f'"{path}" holds {seen}, expected {tensor}', "save an array of that shape and type", where=where
        )
    return np.ascontiguousarray(array)
