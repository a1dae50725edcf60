"""What the workstation computes with of what a machine says of itself, besides its board."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional, Tuple


@dataclass(frozen=True)
class Host:
    """None means not known. What else a machine tells stands in the record as it was told."""

    hostname: Optional[str] = None
    machine: Optional[str] = None  # aarch64, x86_64
    system: Optional[str] = None
    processor: Optional[str] = None
    python: Optional[str] = None
    python_is_managed: Optional[bool] = None  # pip refuses to install for it outside a virtual environment
    numpy: Optional[str] = None
    tensorrt: Optional[str] = None
    cpu_flags: Tuple[str, ...] = ()
    cores: Optional[int] = None  # of the affinity mask
    cores_online: Optional[int] = None
    quota_cores: Optional[float] = None  # cores' worth of time that the cgroup allows
    governor: Optional[str] = None
    memory_bytes: Optional[int] = None
    memory_available_bytes: Optional[int] = None
    memory_limit_bytes: Optional[int] = None  # the cgroup's
    load_average: Optional[float] = None
    temperatures: Mapping[str, Optional[float]] = field(default_factory=dict)  # degrees Celsius by zone
