"""What is known of a kind of device before one is reached: its figures, each with its source, and its software."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional, Tuple


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
    cpu_cores: Optional[int] = None
    cpu_hz: Optional[float] = None
    gpu_units: Optional[int] = None  # TPCs that stay on
    gpu_hz: Optional[float] = None
    memory_hz: Optional[float] = None
    source: str = ""


@dataclass(frozen=True)
class Profile:
    """A kind of device. `families` are the short names that may mean it."""

    name: str
    title: str
    families: Tuple[str, ...]
    runtimes: Tuple[str, ...]  # in order of preference
    precision: str
    memory_scope: str  # process, device or unified
    peaks: Mapping[str, Figure] = field(default_factory=dict)  # precision: dense operations a second
    bandwidth: Optional[Figure] = None  # bytes a second
    memory: Optional[Figure] = None  # bytes that a program can have
    power_modes: Tuple[PowerMode, ...] = ()
    modules: Tuple[str, ...] = ()  # of the device tree's compatible string: p3701-0005, or raspberrypi,5-model-b
    chip: Optional[str] = None  # tegra234, bcm2712
    gpu: Optional[str] = None  # as the driver names it
    gpu_units: Optional[int] = None  # TPCs
    dla: Optional[int] = None
    total_memory: Tuple[float, float] = (0.0, float("inf"))  # MemTotal, or the card's, lies between
    python: str = "python3"
    software: Mapping[str, str] = field(default_factory=dict)  # jetpack: "5.0 to 7.2"
    estimate_only: Optional[str] = None  # why nothing can be measured on it
    origin: str = ""  # the file
