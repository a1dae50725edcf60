"""What a card tells of itself now: each figure or None, never a 0 that nobody told."""

from __future__ import annotations

import ctypes
from typing import Any, Callable, List, Optional, Tuple

from edgeprof.agent.nvml import layout
from edgeprof.agent.nvml.library import Library

Handle = ctypes.c_void_p

_MOST_HZ = 20e9
_MOST_W = 20e3
_MOST_BYTES = 1 << 48
_HOTTEST_C = 200.0


def clock_hz(library: Library, card: Handle, clock: int) -> Optional[float]:
    """None also for 0: that is a unit whose power is off."""
    mhz = _number(library, ["nvmlDeviceGetClockInfo"], card, ctypes.c_uint(clock))
    return _within(mhz, 1e6, _MOST_HZ)


def temperature_c(library: Library, card: Handle) -> Optional[float]:
    newer = layout.Temperature(layout.version_of(layout.Temperature, 1), layout.SENSOR_OF_GPU, 0)
    if library.call("nvmlDeviceGetTemperatureV", card, ctypes.byref(newer)) == layout.SUCCESS:
        return _within(newer.degrees, 1.0, _HOTTEST_C)
    older = _number(library, ["nvmlDeviceGetTemperature"], card, ctypes.c_uint(layout.SENSOR_OF_GPU))
    return _within(older, 1.0, _HOTTEST_C)


def power_w(library: Library, card: Handle) -> Optional[float]:
    """The whole card's; an average over a second on some."""
    return _within(_number(library, ["nvmlDeviceGetPowerUsage"], card), 1e-3, _MOST_W)


def energy_j(library: Library, card: Handle) -> Optional[float]:
    """Since the driver was loaded; Volta and later."""
    millijoules = _number(library, ["nvmlDeviceGetTotalEnergyConsumption"], card, of=ctypes.c_uint64)
    return None if millijoules is None else millijoules * 1e-3


def loads(library: Library, card: Handle) -> Tuple[Optional[float], Optional[float]]:
    """How much of the time it computed, and how much of it its memory was read or written, 0 to 1."""
    found = layout.Utilisation(*[layout.NOT_TOLD & 0xFFFFFFFF] * 2)
    if library.call("nvmlDeviceGetUtilizationRates", card, ctypes.byref(found)) != layout.SUCCESS:
        return None, None
    gpu, memory = (percent / 100 if percent <= 100 else None for percent in (found.gpu, found.memory))
    return gpu, memory


def throttle_bits(library: Library, card: Handle) -> Optional[int]:
    """Why its clocks are lower than they could be, now."""
    names = ["nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"]
    bits = _number(library, names, card, of=ctypes.c_uint64)
    return bits if bits is None or bits < 1 << 32 else None


def held_back_ns(library: Library, card: Handle, policy: int) -> Optional[int]:
    """For how long a policy has held its clocks back since the driver was loaded."""
    found = layout.Violation(layout.NOT_TOLD, layout.NOT_TOLD)
    code = library.call("nvmlDeviceGetViolationStatus", card, ctypes.c_uint(policy), ctypes.byref(found))
    return int(found.lasted) if code == layout.SUCCESS and found.lasted < 1 << 63 else None


def memory_bytes(library: Library, card: Handle) -> Optional[Tuple[int, int]]:
    """Its own memory and how much of it is used; None of a GPU that has none, as on a Jetson."""
    newer = layout.Memory2(layout.version_of(layout.Memory2, 2), *[layout.NOT_TOLD] * 4)
    if library.call("nvmlDeviceGetMemoryInfo_v2", card, ctypes.byref(newer)) == layout.SUCCESS:
        return _plausible(newer.total, newer.used)
    older = layout.Memory(*[layout.NOT_TOLD] * 3)
    if library.call("nvmlDeviceGetMemoryInfo", card, ctypes.byref(older)) == layout.SUCCESS:
        return _plausible(older.total, older.used)
    return None


def compute_capability(library: Library, card: Handle) -> Optional[str]:
    """9.0 of an H200."""
    major, minor = ctypes.c_int(-1), ctypes.c_int(-1)
    code = library.call("nvmlDeviceGetCudaComputeCapability", card, ctypes.byref(major), ctypes.byref(minor))
    known = code == layout.SUCCESS and 0 < major.value < 100 and 0 <= minor.value < 100
    return f"{major.value}.{minor.value}" if known else None


def accounted_bytes(library: Library, card: Handle, pid: int) -> Optional[int]:
    """The most that a process has held at once, where root has switched accounting on: `nvidia-smi -am 1`."""
    found = layout.Accounting(most_used=layout.NOT_TOLD)
    code = library.call("nvmlDeviceGetAccountingStats", card, ctypes.c_uint(pid), ctypes.byref(found))
    return int(found.most_used) if code == layout.SUCCESS and 0 < found.most_used < _MOST_BYTES else None


def _number(library: Library, names: List[str], *arguments: Any, of: Callable[..., Any] = ctypes.c_uint) -> Any:
    """What a function writes into its last argument; None where it fails or writes nothing."""
    untold = of(-1).value
    found = of(untold)
    code = library.first(names, *arguments, ctypes.byref(found))
    return found.value if code == layout.SUCCESS and found.value != untold else None


def _within(value: Optional[int], scale: float, most: float) -> Optional[float]:
    return None if value is None or not 0 < value * scale <= most else value * scale


def _plausible(total: int, used: int) -> Optional[Tuple[int, int]]:
    return (total, used) if 0 < total < _MOST_BYTES and used <= total else None
