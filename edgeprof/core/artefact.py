"""An exported graph on disk, and the card that says what it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional, Tuple

from edgeprof.core.job import Tensor


@dataclass(frozen=True)
class Reference:
    """What the source computed: input files and the output files that belong to them, in the graph's order."""

    inputs: Tuple[str, ...]
    outputs: Tuple[str, ...]


def named(digest: str, name: str) -> str:
    """What a file is called where files are kept by their digests."""
    return f"{digest}-{name}"


def digest_in(path: str) -> str:
    """The digest in such a name."""
    return path.rsplit("/", 1)[-1].split("-", 1)[0]


@dataclass(frozen=True)
class Artefact:
    """Content-addressed by `digest`, which covers `data` too; files are absolute paths on the workstation."""

    model: str  # as resolved: mobilenetv3_large_100, not mobilenetv3_large
    source: str  # timm, onnx, callable or fake
    form: str  # onnx, pt2 or fake
    path: str
    digest: str
    size_bytes: int  # with its data
    precision: str
    inputs: Tuple[Tensor, ...]
    outputs: Tuple[Tensor, ...]
    references: Tuple[Reference, ...] = ()
    tolerance: Optional[float] = None  # largest relative L2 error that the source's own rounding explains
    sensitivity: Optional[float] = None  # relative change of the output between two inputs
    notes: Tuple[str, ...] = ()  # what the user must know: rows padded, a fallback taken
    card: Mapping[str, str] = field(default_factory=dict)  # opset, exporter, weights, versions: for the record
    data: Tuple[str, ...] = ()  # files of weights beside it, under `named` names, by which the graph asks for them
    is_dynamic: bool = False  # any batch, of a plan a range; `inputs` say the one that it is proved and run at


@dataclass(frozen=True)
class Distance:
    """How far one output lies from the source's, at worst over the inputs."""

    output: str
    relative_l2: float
    cosine: float
    max_abs: float


@dataclass(frozen=True)
class Parity:
    """How far a runtime's outputs lie from the source's, at worst over inputs and outputs."""

    runtime: str
    precision: str
    relative_l2: float
    cosine: float
    max_abs: float
    tolerance: float
    sensitivity: Optional[float]
    top1_agreement: Optional[float]  # None where the output is not [N, classes]
    finite: bool
    reference: str  # what it was compared with
    outputs: Tuple[Distance, ...] = ()  # those that were compared; none in a record of before they were kept
    inputs: Optional[int] = None  # over how many sets
    plan_digest: Optional[str] = None  # of what the runtime had compiled, and computed it with

    @property
    def holds(self) -> bool:
        return self.finite and self.relative_l2 <= self.tolerance

    @property
    def is_vacuous(self) -> bool:
        """Whether an output that ignores its input could have passed."""
        return self.sensitivity is not None and self.sensitivity <= 2 * self.tolerance
