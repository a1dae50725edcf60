"""What is asked of the builder and what came of it: values that cross processes, and the key of a plan."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import Mapping, Optional, Tuple

from edgeprof.agent.cuda.switches import Switches
from edgeprof.agent.trt.library import Library
from edgeprof.core.errors import ConfigError
from edgeprof.core.files import digest_of_json
from edgeprof.core.job import Job, Tensor

# Raised by whoever changes what the builder is told for the same order.
_BUILDER = 1
_LEVELS = range(6)


@dataclass(frozen=True)
class ShapeRange:
    """One input of varying shape: the smallest, the one to be fastest at, the largest."""

    name: str
    least: Tuple[int, ...]
    best: Tuple[int, ...]
    most: Tuple[int, ...]


@dataclass(frozen=True)
class BuildOrder:
    """Everything the user can say of a plan; the artefact brings the rest."""

    precision: str  # of the artefact: its types say what is computed in what
    library: Optional[str] = None  # what to import; None: the first that is installed
    compute_capability: Optional[str] = None  # 8.9: a card that need not be here; None: the one that is
    workspace_bytes: Optional[int] = None  # None: as much as the card has
    optimization_level: Optional[int] = None
    tf32: bool = False  # whether fp32 may be multiplied in tf32
    shapes: Tuple[ShapeRange, ...] = ()
    bound: Tuple[Tuple[str, Tuple[int, ...]], ...] = ()  # the one shape of each input; counts where it varies
    dla: Optional[int] = None  # for that core of a Jetson's deep-learning accelerator
    gpu_fallback: bool = False  # layers that it cannot compute may go to the GPU
    number: int = 0  # which of several builds of the same plan; they differ, since the builder times kernels


def order_of(job: Job, switches: Switches) -> BuildOrder:
    """What is built for a job, for the card that is here."""
    return BuildOrder(
        job.precision,
        bound=tuple((tensor.name, tensor.shape) for tensor in job.inputs),
        dla=switches.dla,
        gpu_fallback=switches.gpu_fallback,
        number=switches.build,
    )


@dataclass(frozen=True)
class BuiltFor:
    """What of a card a plan depends on, as whoever knows it describes it."""

    name: str
    driver: Optional[str] = None  # 580.95.05


@dataclass(frozen=True)
class Layer:
    """One layer of the parsed network."""

    name: str
    kind: str  # convolution, matrix_multiply, ...
    precision: Optional[str]  # what it computes in; None where it moves no numbers with a fraction
    outputs: Tuple[Tensor, ...]


@dataclass(frozen=True)
class Built:
    """What came out; None is what the builder did not say."""

    library: Library
    compute_capability: Optional[str]
    precision: str
    precisions: Mapping[str, int]  # how many of the parsed network's layers compute in each
    strongly_typed: bool  # else the builder may have chosen other types, and only the built plan knows
    tf32: Optional[bool]  # as read back
    inputs: Tuple[Tensor, ...]
    outputs: Tuple[Tensor, ...]
    layers: Tuple[Layer, ...]
    digest: str
    size_bytes: int
    seconds: float
    weights_bytes: Optional[int] = None
    activation_bytes: Optional[int] = None
    scratch_bytes: Optional[int] = None
    dla_layers: Optional[int] = None  # of the parsed network's, so many the accelerator can compute
    timings_reused: Optional[bool] = None  # None where the builder keeps no timings
    warnings: Tuple[str, ...] = field(default=())

    @property
    def on_dla(self) -> str:
        """In words what the accelerator can take over; empty where it was not asked."""
        return "" if self.dla_layers is None else f"{self.dla_layers} of {len(self.layers)} layers can run on the DLA"


def key_of(artefact: str, order: BuildOrder, library: Library, card: Optional[BuiltFor]) -> str:
    """The digest of everything without which a plan is another plan, or does not load."""
    return digest_of_json(
        {
            "builder": _BUILDER,
            "artefact": artefact,
            "order": asdict(replace(order, library=None)),
            "library": [library.name, library.version],
            "card": None if card is None else [card.name, _major(card.driver)],
        }
    )


def capability_of(words: str) -> str:
    """8.9 from what people write for it: 8.9, 89, SM89, sm_89."""
    match = re.fullmatch(r"(?:sm_?)?(\d+?)\.?(\d)", words.strip(), re.IGNORECASE)
    if not match:
        raise ConfigError(f'"{words}" is not a compute capability', "write 8.9")
    return f"{match.group(1)}.{match.group(2)}"


def expect_sound(order: BuildOrder) -> None:
    """Refuse what no builder can do."""
    level, workspace = order.optimization_level, order.workspace_bytes
    if level is not None and level not in _LEVELS:
        raise ConfigError(f"optimization level {level} does not exist", f"{_LEVELS[0]} to {_LEVELS[-1]}")
    if workspace is not None and workspace <= 0:
        raise ConfigError(f"a workspace of {workspace} bytes is none", "leave it out: the limit is the card's memory")
    for shape in order.shapes:
        sizes = list(zip(shape.least, shape.best, shape.most))
        alike = len(shape.least) == len(shape.best) == len(shape.most)
        if not alike or any(not 0 < least <= best <= most for least, best, most in sizes):
            raise ConfigError(
                f"{shape.name}: {shape.least}, {shape.best}, {shape.most} is no range of shapes",
                "give the smallest, the best and the largest, of one rank",
            )


def _major(driver: Optional[str]) -> Optional[str]:
    return None if driver is None else driver.split(".")[0]
