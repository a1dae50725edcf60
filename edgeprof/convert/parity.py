"""How far what a runtime computed lies from what the source computed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgeprof.core.artefact import Artefact, Distance, Parity, Reference
from edgeprof.core.errors import ConvertError

FP32_FLOOR = 1e-4
# Ten times: another order of the same sums, and other kernels, err as often in the other direction.
FP32_MARGIN = 10.0
# Of 98 families one loses more (halonet, 0.4 on one of four inputs), and what errs by that much is proved by nothing.
FP32_CAP = 5e-2
# Of each narrower type: its unit roundoff over fp32's, the least tolerance, and the most.
_ROUNDING = {"bf16": (2.0**-8 / 2.0**-24, 5e-2, 0.5), "fp16": (2.0**-11 / 2.0**-24, 1e-2, 0.2)}
_INT8_FLOOR, _INT8_CAP = 0.1, 0.5
_OPPOSITE = 2.0  # how far an answer is from its own negative
IMAGES = "images of the calibration's folder"
_LEAST_TOP1, _FEWEST_ROWS = 0.5, 4
VARYING = -1  # the length of an axis that depends on the values


def compare(artefact: Artefact, observed: Sequence[Sequence[Path]], runtime: str, precision: str) -> Parity:
    """The worst over all references and outputs; `observed[i][j]` is the .npy of reference i and output j."""
    if not artefact.references:
        raise ConvertError(f"{artefact.model} has no reference outputs to compare with")
    if len(observed) != len(artefact.references):
        raise ConvertError(f"{runtime} answered {len(observed)} input sets, expected {len(artefact.references)}")
    named: list[tuple[str, Any, Any]] = []
    for reference, answered in zip(artefact.references, observed, strict=True):
        named += _pairs(artefact, reference, answered, runtime)
    named = [(name, expected, seen) for name, expected, seen in named if expected.size]
    if not named:
        raise ConvertError("every output is empty for the reference inputs", "give real ones: --input NAME=FILE.npy")
    pairs = [(expected, seen) for _, expected, seen in named]
    distances = _by_output(named)
    agreement = _top1_agreement(pairs)
    _refuse_other_classes(artefact, runtime, agreement, pairs)
    return Parity(
        runtime=runtime,
        precision=precision,
        relative_l2=max(each.relative_l2 for each in distances),
        cosine=min(each.cosine for each in distances),
        max_abs=max(each.max_abs for each in distances),
        tolerance=tolerance_of(artefact, precision),
        sensitivity=artefact.sensitivity,
        top1_agreement=agreement,
        finite=all(_is_finite(seen) for _, seen in pairs),
        reference=artefact.card.get("reference", artefact.source),
        outputs=distances,
        inputs=len(artefact.references),
    )


def tolerance_of(artefact: Artefact, precision: str) -> float:
    """The largest relative error that rounding in this precision explains, on top of what the graph itself rounds."""
    own = FP32_FLOOR if artefact.tolerance is None else artefact.tolerance
    if precision in ("fp32", artefact.precision) or precision not in _ROUNDING:
        return own
    # The fp32 figure is what one model makes of a unit roundoff of 2^-24, and bf16's is 2^16 times that. No margin on
    # top: kernels sum narrow products in fp32, so what is seen (bf16: median 2e-2, at worst 4e-1) lies below this.
    # The floor is for models that lose almost nothing in fp32; beyond the cap the output is another output.
    roundoff, floor, cap = _ROUNDING[precision]
    figure = float(artefact.card.get("rounding", own / FP32_MARGIN))
    narrow = min(max(floor, figure * roundoff), cap)
    return narrow if artefact.precision == "fp32" else max(own, narrow)


def fp32_tolerance(rounding: float) -> float:
    """The same of fp32, of a model that was seen to lose so much to it."""
    return min(max(FP32_FLOOR, FP32_MARGIN * rounding), FP32_CAP)


def int8_tolerance(sensitivity: float | None, *, calibrated: bool) -> float:
    """No theory bounds what eight bits lose, so these are gross: docs/decisions/0009-precision-in-the-graph.md.

    Trained weights on real images must stay nearer to the model's answer than another image's answer would be. Random
    frames, or weights, prove nothing but that the graph computes.
    """
    if not calibrated:
        return _OPPOSITE
    return min(max(_INT8_FLOOR, sensitivity / 2), _INT8_CAP) if sensitivity else _INT8_CAP


def relative_l2(expected: Any, seen: Any) -> float:
    """Infinite where anything is not a number; between empty arrays zero."""
    return _distance(expected, seen)[0] if expected.size else 0.0


def sensitivity_of(first: Sequence[Any], second: Sequence[Any]) -> float:
    """The relative change of the least sensitive output; a constant one counts only where all are."""
    changes = [relative_l2(a, b) for a, b in zip(first, second, strict=True) if a.shape == b.shape]
    return min((change for change in changes if change > 0), default=0.0)


def _by_output(named: Sequence[tuple[str, Any, Any]]) -> tuple[Distance, ...]:
    seen: dict[str, list[tuple[float, float, float]]] = {}
    for name, expected, given in named:
        seen.setdefault(name, []).append(_distance(expected, given))
    return tuple(
        Distance(name, max(d[0] for d in all_of_it), min(d[1] for d in all_of_it), max(d[2] for d in all_of_it))
        for name, all_of_it in seen.items()
    )


def _pairs(
    artefact: Artefact, reference: Reference, answered: Sequence[Path], runtime: str
) -> list[tuple[str, Any, Any]]:
    if len(answered) != len(reference.outputs):
        raise ConvertError(f"{runtime} gave {len(answered)} outputs, expected {len(reference.outputs)}")
    fixed = [VARYING not in output.shape for output in artefact.outputs]
    pairs = []
    for place, (expected_path, seen_path) in enumerate(zip(reference.outputs, answered, strict=True)):
        if any(fixed) and not fixed[place]:
            continue
        expected, seen = _loaded(Path(expected_path)), _loaded(seen_path)
        name = artefact.outputs[place].name
        if expected.shape != seen.shape:
            raise ConvertError(f"{runtime} gave {name} as {_times(seen)}, the source as {_times(expected)}")
        pairs.append((name, expected, seen))
    return pairs


def _loaded(path: Path) -> Any:
    import numpy as np

    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ConvertError(f'the output "{path}" cannot be read: {error}') from error


def _distance(expected: Any, seen: Any) -> tuple[float, float, float]:
    """Relative L2, cosine and largest difference, in double precision."""
    import numpy as np

    if not _is_finite(seen) or not _is_finite(expected):
        return math.inf, 0.0, math.inf
    a, b = expected.astype(np.float64).ravel(), seen.astype(np.float64).ravel()
    norm_a, norm_b, apart = float(np.linalg.norm(a)), float(np.linalg.norm(b)), float(np.linalg.norm(a - b))
    if apart == 0.0:
        return 0.0, 1.0, 0.0
    relative = apart / norm_a if norm_a else math.inf
    cosine = float(a @ b) / (norm_a * norm_b) if norm_a and norm_b else 0.0
    return relative, cosine, float(np.abs(a - b).max())


def _is_finite(array: Any) -> bool:
    import numpy as np

    return bool(np.isfinite(array).all())


def _top1_agreement(pairs: Sequence[tuple[Any, Any]]) -> float | None:
    """The share of rows whose largest class is the same; only [N, classes] has such rows."""
    import numpy as np

    rows = [a.argmax(1) == b.argmax(1) for a, b in pairs if a.ndim == 2 and a.shape[1] > 1]
    return float(np.concatenate(rows).mean()) if rows else None


def _refuse_other_classes(
    artefact: Artefact, runtime: str, agreement: float | None, pairs: Sequence[tuple[Any, Any]]
) -> None:
    """Trained weights on real images name classes; random ones have near ties, which any rounding turns over."""
    on_images = artefact.card.get("reference", "").endswith(IMAGES)
    rows = sum(len(expected) for expected, _ in pairs)
    if agreement is None or not on_images or artefact.card.get("weights") == "random" or rows < _FEWEST_ROWS:
        return
    if agreement < _LEAST_TOP1:
        raise ConvertError(
            f"{runtime} {artefact.precision} names another class than the model "
            f"for {1 - agreement:.0%} of {rows} images",
            "calibrate on images like those it will see, or use --precision fp16",
        )


def _times(array: Any) -> str:
    return "x".join(map(str, array.shape)) or "a scalar"
