"""What the source itself computes on each set of inputs, kept beside the artefact for parity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from edgeprof.convert.feed import feeds
from edgeprof.convert.parity import VARYING, sensitivity_of
from edgeprof.core.artefact import Reference
from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Tensor

Infer = Callable[[Mapping[str, Any]], Sequence[Any]]


@dataclass(frozen=True)
class Referenced:
    references: tuple[Reference, ...]
    outputs: tuple[Tensor, ...]
    sensitivity: float


def reference(
    inputs: Sequence[Tensor],
    names_of: Callable[[int], Sequence[str]],
    files: Mapping[str, str],
    folder: Path,
    infer: Infer,
    more: Iterable[Mapping[str, Any]] = (),
) -> Referenced:
    """Feed random inputs, then `more`, to `infer` and save what goes in and out; `names_of` names so many outputs."""
    return reference_of(chain(feeds(inputs, files), more), inputs, names_of, folder, infer, compared=1)


def reference_of(
    sets: Iterable[Mapping[str, Any]],
    inputs: Sequence[Tensor],
    names_of: Callable[[int], Sequence[str]],
    folder: Path,
    infer: Infer,
    compared: int | None = None,
) -> Referenced:
    """The same over sets of one's own, of which one is in memory at a time.

    The sensitivity is between the first and the set of the number `compared`, else the last.
    """
    import numpy as np

    references: list[Reference] = []
    shapes: list[list[tuple[int, ...]]] = []
    first: list[Any] = []
    other: list[Any] = []
    for number, arrays in enumerate(sets):
        outputs = [np.asarray(output) for output in infer(arrays)]
        names = names_of(len(outputs))
        _refuse_nan(outputs, names)
        fed = [_saved(folder, f"input-{number}-{place}.npy", arrays[t.name]) for place, t in enumerate(inputs)]
        given = [_saved(folder, f"output-{number}-{place}.npy", output) for place, output in enumerate(outputs)]
        references.append(Reference(tuple(fed), tuple(given)))
        shapes.append([output.shape for output in outputs])
        first = first or outputs
        if compared is None or number == compared:
            other = outputs
    common = [_common([each[place] for each in shapes]) for place in range(len(names))]
    described = [Tensor(n, s, str(o.dtype)) for n, s, o in zip(names, common, first, strict=True)]
    return Referenced(tuple(references), tuple(described), sensitivity_of(first, other))


def _saved(folder: Path, name: str, array: Any) -> str:
    import numpy as np

    np.save(folder / name, array, allow_pickle=False)
    return name


def _common(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    first, *others = shapes
    if any(len(other) != len(first) for other in others):
        return (VARYING,)
    return tuple(size if all(o[axis] == size for o in others) else VARYING for axis, size in enumerate(first))


def _refuse_nan(outputs: Sequence[Any], names: Sequence[str]) -> None:
    import numpy as np

    for output, name in zip(outputs, names, strict=True):
        if output.dtype.kind == "f" and not np.isfinite(output).all():
            raise ConvertError(
                f"the model itself gives NaN or infinity in {name}, so nothing can be compared with it",
                "give it a real input: --input NAME=FILE.npy, or check its weights",
            )
