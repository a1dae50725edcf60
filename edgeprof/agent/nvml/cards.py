"""Which cards and slices of cards the driver knows, and which of them is meant."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import List, Mapping, Optional, Sequence

from edgeprof.agent.nvml import layout
from edgeprof.agent.nvml.figures import Handle, compute_capability, memory_bytes
from edgeprof.agent.nvml.library import Library
from edgeprof.core.board import Card, Slice


@dataclass(frozen=True)
class Found:
    """A card, or a slice of one: what may be asked of it by its handle, and of the card it lies on."""

    index: int
    uuid: Optional[str]
    handle: Handle
    card: Handle  # clocks, power, heat and utilisation are the whole card's
    is_slice: bool = False


def found_on(library: Library) -> List[Found]:
    """Each card, followed by its slices."""
    found: List[Found] = []
    for index in range(_count(library, ["nvmlDeviceGetCount_v2", "nvmlDeviceGetCount"], layout.MOST_CARDS)):
        card = Handle()
        names = ["nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex"]
        if library.first(names, ctypes.c_uint(index), ctypes.byref(card)) != layout.SUCCESS or not card:
            continue  # a card that no permission is given for, or that is lost
        found.append(Found(index, _uuid(library, card), card, card))
        if is_sliced(library, card):
            found += [Found(index, _uuid(library, part), part, card, True) for part in _slices(library, card)]
    return found


def described(library: Library, found: Sequence[Found]) -> List[Card]:
    """For the record: what they are, not how they are now."""
    cards = []
    for one in (one for one in found if not one.is_slice):
        parts = [part for part in found if part.is_slice and part.index == one.index]
        cards.append(
            Card(
                index=one.index,
                name=_name(library, one.handle),
                uuid=one.uuid,
                memory_bytes=_total(library, one.handle),
                compute_capability=compute_capability(library, one.handle),
                is_sliced=is_sliced(library, one.handle),
                slices=tuple(Slice(part.uuid, _total(library, part.handle)) for part in parts),
            )
        )
    return cards


def driver_version(library: Library) -> Optional[str]:
    return library.text(["nvmlSystemGetDriverVersion"])


def library_version(library: Library) -> Optional[str]:
    return library.text(["nvmlSystemGetNVMLVersion"])


def is_sliced(library: Library, card: Handle) -> Optional[bool]:
    """Whether MIG is on; None of a card that has no such thing."""
    now, later = ctypes.c_uint(layout.NOT_TOLD & 0xFFFFFFFF), ctypes.c_uint()
    code = library.call("nvmlDeviceGetMigMode", card, ctypes.byref(now), ctypes.byref(later))
    return bool(now.value) if code == layout.SUCCESS and now.value in (0, 1) else None


def chosen(found: Sequence[Found], asked: str) -> Optional[Found]:
    """By the driver's index or by a UUID or its beginning, as CUDA_VISIBLE_DEVICES takes it; None where none fits."""
    if asked.isascii() and asked.isdigit():
        return next((one for one in found if not one.is_slice and one.index == int(asked[:4])), None)
    fits = [one for one in found if one.uuid and asked and one.uuid.lower().startswith(asked.lower())]
    return fits[0] if len(fits) == 1 else None


def asked_of(environment: Mapping[str, str]) -> Optional[str]:
    """The first card that CUDA shows a process; None where that cannot be told by the driver's own order.

    CUDA counts the fastest first unless it is told to count as the driver does.
    """
    first = environment.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    counts_alike = environment.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID"
    return (first or None) if counts_alike or not first.isdigit() else None


def _slices(library: Library, card: Handle) -> List[Handle]:
    """Only those that were made: the places for others answer that nothing is found."""
    handles = []
    count = ctypes.c_uint()
    if library.call("nvmlDeviceGetMaxMigDeviceCount", card, ctypes.byref(count)) != layout.SUCCESS:
        return []
    for number in range(min(count.value, layout.MOST_SLICES)):
        part = Handle()
        code = library.call("nvmlDeviceGetMigDeviceHandleByIndex", card, ctypes.c_uint(number), ctypes.byref(part))
        if code == layout.SUCCESS and part:
            handles.append(part)
    return handles


def _count(library: Library, names: List[str], most: int) -> int:
    count = ctypes.c_uint()
    return min(count.value, most) if library.first(names, ctypes.byref(count)) == layout.SUCCESS else 0


def _uuid(library: Library, handle: Handle) -> Optional[str]:
    return library.text(["nvmlDeviceGetUUID"], handle)


def _name(library: Library, handle: Handle) -> Optional[str]:
    return library.text(["nvmlDeviceGetName"], handle)


def _total(library: Library, handle: Handle) -> Optional[int]:
    memory = memory_bytes(library, handle)
    return memory[0] if memory else None
