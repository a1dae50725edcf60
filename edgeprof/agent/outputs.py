"""A session's outputs: whether they are numbers, and how they reach the disk, and the wire, for parity."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, List, Sequence

MOST_BYTES = 64 << 20  # of one output; a segmentation's at 1080p has 150 MiB, and the link may be slow


def are_finite(outputs: Sequence[Any]) -> bool:
    """No NaN and no infinity in any output; integers always are."""
    return all(_is_finite(output) for output in outputs)


def write(outputs: Sequence[Any], folder: str, number: int) -> List[str]:
    """One .npy file for each output, named after the input set's number and the output's place; large ones sampled."""
    import numpy as np

    paths = []
    for place, output in enumerate(outputs):
        path = Path(folder) / f"output-{number}-{place}.npy"
        np.save(path, sampled(np.asarray(output)), allow_pickle=False)
        paths.append(str(path))
    return paths


def sampled(array: Any, most_bytes: int = MOST_BYTES) -> Any:
    """The array, or of a large one values at even distances, the same ones wherever it was computed.

    What is no number anywhere in it is no number in the sample either.
    """
    if array.nbytes <= most_bytes:
        return array
    # An odd distance, so that it goes through all rows, columns and channels, whose numbers are even as a rule.
    distance = -(-array.nbytes // most_bytes) | 1
    sample = array.reshape(-1)[::distance].copy()
    if not _is_finite(array):
        sample[0] = math.nan
    return sample


def _is_finite(output: Any) -> bool:
    if not hasattr(output, "dtype"):  # the fake's plain array
        return all(math.isfinite(value) for value in output)
    if output.dtype.kind not in "fc":
        return True
    import numpy as np

    return bool(np.isfinite(output).all())
