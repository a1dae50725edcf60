"""The arrays a graph is proved with: the user's own files first, else random ones in the range the type allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edgeprof.core.errors import ConfigError
from edgeprof.core.job import Tensor

SETS = 2


def feeds(inputs: Sequence[Tensor], files: Mapping[str, str]) -> list[dict[str, Any]]:
    """Two sets of arrays; the user's files are in the first, so that the second still differs."""
    import numpy as np

    unknown = [name for name in files if name not in {tensor.name for tensor in inputs}]
    if unknown:
        known = ", ".join(tensor.name for tensor in inputs)
        raise ConfigError(f'there is no input "{unknown[0]}"', f"the inputs are {known}", where="--input")
    sets = []
    for number in range(SETS):
        random = np.random.default_rng(number)
        sets.append({tensor.name: drawn(random, tensor) for tensor in inputs})
    for tensor in inputs:
        if tensor.name in files:
            sets[0][tensor.name] = _loaded(files[tensor.name], tensor)
    return sets


def drawn(random: Any, tensor: Tensor) -> Any:
    import numpy as np

    kind = np.dtype(tensor.dtype).kind
    if kind == "f":
        return random.standard_normal(tensor.shape, dtype=np.float32).astype(tensor.dtype)
    # Pixels take their whole range; other integers may be indices, of which only 0 and 1 are surely valid.
    return random.integers(0, 256 if tensor.dtype == "uint8" else 2, tensor.shape).astype(tensor.dtype)


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
