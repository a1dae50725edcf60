"""A session's outputs: whether they are numbers, and how they reach the disk for parity."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, List, Sequence


def are_finite(outputs: Sequence[Any]) -> bool:
    """No NaN and no infinity in any output; integers always are."""
    return all(_is_finite(output) for output in outputs)


def write(outputs: Sequence[Any], folder: str, number: int) -> List[str]:
    """One .npy file for each output, named after the input set's number and the output's place."""
    import numpy as np

    paths = []
    for place, output in enumerate(outputs):
        path = Path(folder) / f"output-{number}-{place}.npy"
        np.save(path, np.asarray(output), allow_pickle=False)
        paths.append(str(path))
    return paths


def _is_finite(output: Any) -> bool:
    if not hasattr(output, "dtype"):  # the fake's plain array
        return all(math.isfinite(value) for value in output)
    if output.dtype.kind not in "fc":
        return True
    import numpy as np

    return bool(np.isfinite(output).all())
