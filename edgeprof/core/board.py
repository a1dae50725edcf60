"""What a machine says it is, read from its own files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional, Tuple


@dataclass(frozen=True)
class Hold:
    """What edgeprof has changed on a device for the time of a measuring."""

    holder: str
    since: float  # seconds since the epoch, by the device's clock
    changes: Tuple[str, ...]  # power mode MAXN instead of MODE_30W
    undo: Tuple[str, ...]  # the commands that put it back
    is_held: bool  # False: whoever made the changes is gone, and did not put them back


@dataclass(frozen=True)
class Slice:
    """A part of a card that MIG has made a device of its own."""

    uuid: Optional[str] = None
    memory_bytes: Optional[int] = None


@dataclass(frozen=True)
class Card:
    """A GPU as its driver's library tells of it; None where it does not."""

    index: int
    name: Optional[str] = None
    uuid: Optional[str] = None
    memory_bytes: Optional[int] = None  # its own; a Jetson's GPU has none
    compute_capability: Optional[str] = None
    is_sliced: Optional[bool] = None  # by MIG
    slices: Tuple[Slice, ...] = ()


@dataclass(frozen=True)
class Board:
    """None and empty mean not known, or that this kind of machine has no such thing."""

    kind: str = "other"  # jetson, raspberry-pi, x86, other
    model: Optional[str] = None  # the device tree's words; carriers replace them, so they identify nothing
    compatible: Tuple[str, ...] = ()
    module: Optional[str] = None  # p3767-0005, raspberrypi,5-model-b
    chip: Optional[str] = None  # tegra234, bcm2712
    memory_bytes: Optional[int] = None  # MemTotal
    gpu_units: Optional[int] = None  # TPCs that are on
    dla: Optional[int] = None
    gpus: Tuple[str, ...] = ()  # discrete cards, as the driver names them
    cards: Tuple[Card, ...] = ()  # what NVML tells of them, and of a Jetson's GPU
    driver: Optional[str] = None
    nvml: Optional[str] = None  # its version
    no_nvml: Optional[str] = None  # why it tells nothing where a driver or its library is
    l4t: Optional[str] = None
    jetpack: Optional[str] = None  # None also for an L4T that no table has
    cuda: Optional[str] = None
    tensorrt: Optional[str] = None
    trtexec: Optional[str] = None  # its path
    power_mode: Optional[str] = None
    power_modes: Tuple[str, ...] = ()
    power_mode_ids: Mapping[str, int] = field(default_factory=dict)  # what this device's nvpmodel -m takes
    default_power_mode: Optional[str] = None
    power_conf: Optional[str] = None  # nvpmodel_p3767_0003_super.conf: the family, where the device tree is hidden
    clocks_locked: Optional[bool] = None
    container: Optional[bool] = None
    disk_free_bytes: Optional[int] = None  # where the agent keeps its files
    hold: Optional[Hold] = None

    @property
    def has_gpu(self) -> bool:
        """Whether a GPU, its driver or its driver's library is seen."""
        return self.kind == "jetson" or bool(self.gpus or self.cards or self.driver or self.no_nvml)
