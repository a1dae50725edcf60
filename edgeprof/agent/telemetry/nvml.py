"""A GPU's clocks, power, heat and load as NVIDIA's driver tells them, and who else computes on it."""

from __future__ import annotations

import os
from typing import Dict, Optional

from edgeprof.agent.nvml import figures, layout
from edgeprof.agent.nvml.cards import Found, asked_of, chosen
from edgeprof.agent.nvml.gpus import Gpus
from edgeprof.agent.nvml.processes import computing
from edgeprof.agent.telemetry.source import Readings, Source

_BITS = 0x7FF  # those that have a meaning


def source_of(gpus: Gpus, one: Found, pid: int) -> Source:
    """Of the card that a process computes on, or the slice of one."""
    library, card = gpus.library, one.card
    # A GPU without memory of its own is a part of a board, and a slice is a part of a card: neither's power is theirs.
    is_whole = not one.is_slice and figures.memory_bytes(library, card) is not None
    part = "card" if one.is_slice else "gpu"
    first_j = figures.energy_j(library, card) if is_whole else None

    def read() -> Readings:
        load, memory_load = figures.loads(library, card)
        bits = figures.throttle_bits(library, card)
        found = {
            "gpu_hz": figures.clock_hz(library, card, layout.CLOCK_SM),
            "memory_hz": figures.clock_hz(library, card, layout.CLOCK_MEMORY),
            "gpu_load": None if one.is_slice else load,
            "memory_load": None if one.is_slice else memory_load,
            "temperature_gpu_c": figures.temperature_c(library, card),
            "power_w" if is_whole else f"power_{part}_w": figures.power_w(library, card),
            "energy_j": None if first_j is None else _since(first_j, figures.energy_j(library, card)),
            "gpu_throttle_bits": None if bits is None else float(bits & _BITS),
            "gpu_other_processes": _others(gpus, one, pid),
        }
        return {series: value for series, value in found.items() if value is not None}

    def count() -> Dict[str, int]:
        told = {
            "gpu_power_limit_ns": figures.held_back_ns(library, card, layout.POLICY_POWER),
            "gpu_heat_limit_ns": figures.held_back_ns(library, card, layout.POLICY_THERMAL),
        }
        return {name: ns for name, ns in told.items() if ns is not None}

    return Source(read, lambda _: f"NVML, card {one.index}", count=count)


def measured_on(gpus: Gpus, pid: int, uuid: Optional[str] = None) -> Optional[Found]:
    """The card, or slice of one, that the process computes on; None where there are several and nobody tells.

    It may have said so itself by a UUID; in a container the driver knows it by another number.
    """
    if uuid is not None:  # CUDA's of a slice are the slice's own, and begin as a card's do
        return chosen(gpus.found, uuid) or chosen(gpus.found, uuid.replace("GPU-", "MIG-", 1))
    sliced = {one.index for one in gpus.found if one.is_slice}
    usable = [one for one in gpus.found if one.is_slice or one.index not in sliced]
    used = [one for one in usable if pid in (computing(gpus.library, one.handle) or {})]
    if len(used) == 1:
        return used[0]
    asked = asked_of(os.environ)
    if asked is not None:  # the first that it is shown; it may use another, which the driver tells where it can
        return chosen(gpus.found, asked)
    return usable[0] if len(usable) == 1 else None


def _since(first_j: float, now_j: Optional[float]) -> Optional[float]:
    return None if now_j is None or now_j < first_j else now_j - first_j


def _others(gpus: Gpus, one: Found, pid: int) -> Optional[float]:
    """None where our own process is not among them, since then one of them may be ours by another number."""
    found = computing(gpus.library, one.handle)
    return float(len(found) - 1) if found and pid in found else None
