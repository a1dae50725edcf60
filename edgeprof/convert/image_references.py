"""References over real images: what the fp32 graph computes, once that is seen to be what the model computes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from edgeprof.convert.calibration import Images
from edgeprof.convert.images import find
from edgeprof.convert.ort import plain_session
from edgeprof.convert.parity import relative_l2, tolerance_of
from edgeprof.convert.preprocess import Preprocessing
from edgeprof.convert.references import Referenced, reference_of
from edgeprof.core.artefact import Artefact
from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Tensor

UNREADABLE = "of the calibration's images cannot be read"
_HELD_OUT = 8
_FEW = 4  # besides the random inputs
_MOST_BYTES = 64 << 20


def photos_of(folder: str, inputs: Sequence[Tensor], how: Preprocessing, *, bgr: bool = False) -> Images | None:
    """The folder's images as this graph takes them; None where none was given."""
    return Images(folder, find(folder), inputs, how, bgr=bgr) if folder else None


def beside_random(photos: Images | None) -> Images | None:
    """The same with the few that parity takes first, which come from all over."""
    if photos is None:
        return None
    spread = photos.paths[:: max(1, len(photos.paths) // _FEW)][:_FEW]
    return photos.taking([*spread, *(path for path in photos.paths if path not in spread)])


def few(photos: Images | None) -> Iterator[dict[str, Any]]:
    return islice(iter(photos or ()), _FEW)


def too(photos: Images | None) -> str:
    """What a reference says of itself once its images were read."""
    return f", on {len(photos.read)} images too" if photos else ""


def skipped(photos: Images | None) -> tuple[str, ...]:
    if photos is None or not photos.skipped:
        return ()
    name, why = next(iter(photos.skipped.items()))
    return (f"{len(photos.skipped)} {UNREADABLE}, the first is {name}: {why}",)


def shared_out(images: Images) -> tuple[Images, Images]:
    """What is calibrated on, and what is compared over; of few images the same serve for both."""
    paths = list(images.paths)
    if len(paths) < 2 * _HELD_OUT:
        return images.taking(paths), images.taking(paths)
    held = paths[:: len(paths) // _HELD_OUT][:_HELD_OUT]
    return images.taking([path for path in paths if path not in held]), images.taking(held)


def reference_on_images(made_from: Artefact, graph: Path, images: Images, folder: Path) -> Referenced:
    """Over images, since int8 ranges that fit them would cut off the noise of the fp32 artefact's own references."""
    session = plain_session(graph)
    names = [output.name for output in made_from.outputs]
    _expect_own(made_from, session, names)
    set_bytes = sum(4 * math.prod(tensor.shape) for tensor in made_from.inputs)
    sets = islice(images, min(_HELD_OUT, max(2, _MOST_BYTES // max(1, set_bytes))))
    return reference_of(sets, made_from.inputs, lambda _: names, folder, lambda fed: session.run(names, dict(fed)))


def known_inputs(made_from: Artefact) -> Iterator[dict[str, Any]]:
    """The inputs that the artefact has references for, one set in memory at a time."""
    import numpy as np

    for reference in made_from.references:
        paths = zip(made_from.inputs, reference.inputs, strict=True)
        yield {tensor.name: np.load(path, allow_pickle=False) for tensor, path in paths}


def _expect_own(made_from: Artefact, session: Any, names: Sequence[str]) -> None:
    import numpy as np

    allowed = tolerance_of(made_from, "fp32")
    for reference, arrays in zip(made_from.references, known_inputs(made_from), strict=True):
        for path, answer in zip(reference.outputs, session.run(names, arrays), strict=True):
            expected = np.load(path, allow_pickle=False)
            apart = relative_l2(expected, answer) if expected.shape == answer.shape else 0.0
            if apart > allowed:
                raise ConvertError(
                    f"the fp32 graph does not compute what the model computes: relative L2 {apart:.2g}, at most "
                    f"{allowed:.2g} is rounding",
                    "use --precision fp32, whose parity says more",
                )
