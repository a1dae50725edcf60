"""What is known of a kind of device before one is reached: its figures, each with its source, and its software."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Mapping, Optional, Tuple

KINDS = ("jetson", "raspberry-pi", "gpu", "x86", "other")
SCOPES = ("process", "device", "unified")


@dataclass(frozen=True)
class Figure:
    """A number in seconds, bytes, hertz or operations a second; not `confirmed` means that nobody checked it."""

    value: float
    source: str
    confirmed: bool


@dataclass(frozen=True)
class PowerMode:
    """What one of the board's modes changes; None where it leaves a thing alone, or nobody knows."""

    name: str
    is_default: bool = False
    configuration: str = ""  # boards with several sets of modes: which one has it
    cpu_cores: Optional[int] = None
    cpu_hz: Optional[float] = None
    gpu_units: Optional[int] = None  # TPCs that stay on
    gpu_hz: Optional[float] = None
    memory_hz: Optional[float] = None
    dla_hz: Optional[float] = None
    peaks: Mapping[str, Figure] = field(default_factory=dict)
    bandwidth: Optional[Figure] = None
    source: str = ""
    confirmed: bool = False


@dataclass(frozen=True)
class Profile:
    """A kind of device. `families` are the short names that may mean it."""

    name: str
    title: str
    families: Tuple[str, ...]
    runtimes: Tuple[str, ...]  # in order of preference
    precision: str
    memory_scope: str  # one of SCOPES
    kind: str = "other"  # one of KINDS
    peaks: Mapping[str, Figure] = field(default_factory=dict)  # precision: dense operations a second
    bandwidth: Optional[Figure] = None  # bytes a second
    memory: Optional[Figure] = None  # bytes that a program can have
    multiprocessors: Optional[Figure] = None
    gpu_hz: Optional[Figure] = None  # the clock that the peaks are for
    cpu_cores: Optional[Figure] = None
    cpu_hz: Optional[Figure] = None
    power_modes: Tuple[PowerMode, ...] = ()
    modules: Tuple[str, ...] = ()  # of the device tree's compatible string: p3701-0005, p2888-*, raspberrypi,5-model-b
    chip: Optional[str] = None  # tegra234, bcm2712
    gpus: Tuple[str, ...] = ()  # a discrete card, as the driver names it
    gpu_units: Optional[int] = None  # TPCs
    dla: Optional[int] = None
    total_memory: Tuple[float, float] = (0.0, float("inf"))  # MemTotal lies between, in bytes
    python: str = "python3"
    software: Mapping[str, str] = field(default_factory=dict)  # jetpack: "5.0 to 7.2"
    notes: Tuple[str, ...] = ()
    estimate_only: Optional[str] = None  # why nothing can be measured on it
    origin: str = ""  # the file
    hides: str = ""  # the file of the same name that this one stands before


@dataclass(frozen=True)
class Found:
    """What a word means among the profiles: one by its own name or path, several by their family's, or neither."""

    profile: Optional[Profile] = None
    family: Tuple[Profile, ...] = ()
    near: Tuple[str, ...] = ()  # known names that look like it


# What a word means: the word, the folder that a path in it starts at, and the project's folder.
Lookup = Callable[[str, str, Optional[str]], Found]


def no_profiles(word: str, base: str, project: Optional[str]) -> Found:
    """Where no profile is to be had, nothing is found."""
    return Found()
