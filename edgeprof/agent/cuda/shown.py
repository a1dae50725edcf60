"""Which of several cards, or slices of one, CUDA shows to this process: the one that is meant, and no other."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, List, MutableMapping, Optional

from edgeprof.core.errors import RuntimeUnavailable

if TYPE_CHECKING:
    from edgeprof.agent.nvml.cards import Found

_VISIBLE, _ORDER = "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"
_SEE = "nvidia-smi -L lists them"


def show(asked: str) -> int:
    """The number by which CUDA knows the card that is meant; to be asked before CUDA is first used."""
    if not asked:
        return show_among([], asked, os.environ)
    from edgeprof.agent.nvml.gpus import opened
    from edgeprof.agent.nvml.library import close

    gpus = opened().gpus
    if gpus is None:
        return show_among([], asked, os.environ)
    try:
        return show_among(gpus.found, asked, os.environ)
    finally:
        close(gpus.library)


def show_among(found: List[Found], asked: str, environment: MutableMapping[str, str]) -> int:
    """Where the driver tells of no cards, CUDA has to find it by itself, and counts as nvidia-smi does."""
    allotted = environment.get(_VISIBLE)
    if allotted is None:
        environment.setdefault(_ORDER, "PCI_BUS_ID")
    elif asked.isdigit() or not asked:  # somebody chose, as a scheduler does, and a number counts among those
        return int(asked or 0)
    one = _meant(found, asked) if found else None
    if allotted is not None and not _is_among(allotted, one, asked):
        raise RuntimeUnavailable(
            f'"{asked}" is not among those of {_VISIBLE}={allotted}', f"name one of them, or unset {_VISIBLE}"
        )
    if one is not None and one.uuid:
        environment[_VISIBLE] = one.uuid
    elif asked.isdigit() or not asked:
        return int(asked or 0)
    else:
        environment[_VISIBLE] = asked
    return 0


def _is_among(allotted: str, one: Optional[Found], asked: str) -> bool:
    """By number or by the beginning of a UUID, as CUDA takes either."""
    uuid = ((one.uuid if one else None) or asked).lower()
    entries = [each.strip().lower() for each in allotted.split(",")]
    numbers = [str(one.index)] if one and not one.is_slice else []
    return any(each in numbers or (each and uuid.startswith(each)) for each in entries)


def _meant(found: List[Found], asked: str) -> Found:
    from edgeprof.agent.nvml.cards import chosen

    one = chosen(found, asked)
    if one is None:
        known = ", ".join(each.uuid or str(each.index) for each in found)
        raise RuntimeUnavailable(f'"{asked}" is no card here, or the beginning of several: {known}', _SEE)
    slices = [each for each in found if each.is_slice and each.index == one.index]
    if one.is_slice or not slices:
        return one
    if len(slices) > 1:
        names = ", ".join(each.uuid or "?" for each in slices)
        raise RuntimeUnavailable(f'"{asked}" is sliced by MIG: {names}', "name a slice: --gpu MIG-...")
    return slices[0]
