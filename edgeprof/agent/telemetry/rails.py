"""What a board draws in all, from its rails: the one that holds the others, else the ones that make up the whole."""

from __future__ import annotations

from typing import AbstractSet, FrozenSet, Mapping, Optional

# Each holds the others of its board: Jetson Nano; Xavier NX, Orin NX and Orin Nano; Thor from R39 on.
_WHOLE = ("POM_5V_IN", "VDD_IN", "VIN")

# Boards that measure no total: AGX Xavier, AGX Orin with JetPack 5, AGX Orin from JetPack 6 on, Thor until R38.
_PARTS = (
    frozenset({"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"}),
    frozenset({"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDDQ_VDD2_1V8AO"}),
    frozenset({"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"}),
    frozenset({"VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"}),
)

NOT_CONNECTED = "NC"


def total_w(rails: Mapping[str, float], expected: AbstractSet[str] = frozenset()) -> Optional[float]:
    """None where a rail that is `expected` is missing, and where nobody knows which rails make up the whole."""
    whole = next((name for name in _WHOLE if name in rails), None)
    if whole is not None:
        total = rails[whole]
    elif expected <= set(rails) and frozenset(rails) in _PARTS:
        total = sum(rails.values())
    else:
        return None
    return total if total > 0 else None  # whatever runs this draws something


def total_words(names: FrozenSet[str]) -> str:
    """Which rails the total is of."""
    whole = next((name for name in _WHOLE if name in names), None)
    return whole or " + ".join(sorted(names))


def series_of(rail: str) -> str:
    return f"power_{'_'.join(rail.lower().split())}_w"
