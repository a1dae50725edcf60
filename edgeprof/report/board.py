"""A probe of a machine as lines for a person and as JSON for a program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from edgeprof.core.board import Board, Card, Hold
from edgeprof.core.codec import plain
from edgeprof.core.probe import Probe
from edgeprof.documents import written

_KINDS = {"jetson": "Jetson", "raspberry-pi": "Raspberry Pi", "x86": "x86 machine", "other": "unknown board"}
_CLOCKS = {True: "locked", False: "not locked", None: "not visible"}
_UNKNOWN = "not known"


@dataclass(frozen=True)
class Topic:
    """One thing seen; with a remedy it is something to look at."""

    name: str
    text: str
    remedy: str | None = None


def topics(probe: Probe) -> Iterator[Topic]:
    """Everything in the order a person would look."""
    yield from identity(probe)
    yield Topic("memory", _memory(probe))
    yield Topic("python", str(probe.host.get("python", _UNKNOWN)))
    for name, version in probe.runtimes:
        yield Topic(name, version or "not installed")
    yield from state(probe)


def identity(probe: Probe) -> Iterator[Topic]:
    """What it is: board, profile, processor, software."""
    board = probe.board
    yield Topic("board", _board(board))
    yield from _likenesses(probe)
    yield from _gpu(board)
    yield Topic("system", _system(probe))
    if board.cuda:
        yield Topic("cuda", board.cuda)
    if board.tensorrt or board.trtexec:
        tool = f", trtexec at {board.trtexec}" if board.trtexec else ""
        yield Topic("tensorrt", f"{board.tensorrt or _UNKNOWN}{tool}")


def state(probe: Probe) -> Iterator[Topic]:
    """How it is just now: power mode, clocks, disk, and what it lacks."""
    board = probe.board
    if board.power_mode or board.power_modes:
        yield Topic("power mode", _power_mode(board))
    yield Topic("clocks", _CLOCKS[board.clocks_locked])
    if board.hold:
        yield _hold(board.hold)
    yield Topic("disk", _gib(board.disk_free_bytes, "free where edgeprof keeps its files"))
    if board.container:
        hides = "" if board.kind == "x86" or board.module else ", which hides the board: a profile named by hand serves"
        yield Topic("container", f"it runs in one{hides}")
    for missing in probe.missing:
        yield Topic("missing", f"{missing.what}: {missing.why}", missing.command)


def entry_lines(probe: Probe) -> list[str]:
    """How the device is configured, or the command that does it and what that comes to in YAML."""
    keys = ", ".join(f"{key}: {written(value)}" for key, value in probe.entry.items())
    if probe.configured is not None:
        return ["", f"{probe.device} is configured in {probe.configured}; what fits it: {{{keys}}}"]
    if probe.add is None:
        return []
    name = probe.add.split()[3]
    return ["", f"to give it a name: {probe.add}", "or in edgeprof.yaml:", "  devices:", f"    {name}: {{{keys}}}"]


def render_json(probe: Probe) -> str:
    return json.dumps({"format": "edgeprof probe", "version": 1, **plain(probe)}, indent=2, allow_nan=False) + "\n"


def _board(board: Board) -> str:
    words = ", ".join(filter(None, (_KINDS.get(board.kind, board.kind), board.module, board.chip)))
    return words + (f'; it calls itself "{board.model}"' if board.model else "")


def _likenesses(probe: Probe) -> Iterator[Topic]:
    if not probe.likenesses:
        yield Topic("profile", "none fits")
    # Beside one that is certain the others are no news.
    is_certain = probe.likenesses[:1] and probe.likenesses[0].sureness == "certain"
    for likeness in probe.likenesses[:1] if is_certain else probe.likenesses:
        yield Topic("profile", f"{likeness.profile}, {likeness.sureness}: {', '.join(likeness.reasons)}")
    if probe.contradictions:
        remedy = "name another one: profile: in its entry, or --profile"
        yield Topic("profile", f"the one it has does not fit: {', '.join(probe.contradictions)}", remedy)


def _memory(probe: Probe) -> str:
    available = probe.host.get("memory_available_bytes")
    text = _gib(probe.board.memory_bytes, "in all")
    return text if available is None else f"{text}, {_gib(available, 'available')}"


def _gpu(board: Board) -> Iterator[Topic]:
    units = None if board.gpu_units is None else f"{board.gpu_units} TPCs on"
    dla = None if board.dla is None else f"{board.dla or 'no'} DLA"
    words = [*(board.gpus if not board.cards else ()), *filter(None, (units, dla))]
    if words:
        yield Topic("gpu", ", ".join(words))
    for card in board.cards:
        yield Topic("gpu", _card(card))
    if board.driver:
        yield Topic("driver", board.driver + (f", NVML {board.nvml}" if board.nvml else ""))
    if board.no_nvml:
        yield Topic("driver", f"{_UNKNOWN}: {board.no_nvml}", "nvidia-smi tells more")


def _card(card: Card) -> str:
    """0: NVIDIA H200, GPU-aaaa0000, 140.4 GiB of its own, compute capability 9.0"""
    size = None if card.memory_bytes is None else _gib(card.memory_bytes, "of its own")
    ability = None if card.compute_capability is None else f"compute capability {card.compute_capability}"
    slices = [f"{part.uuid or _UNKNOWN} with {_gib(part.memory_bytes, 'of it')}" for part in card.slices]
    sliced = f"sliced by MIG into {' and '.join(slices) or 'nothing yet'}" if card.is_sliced else None
    words = (card.name or _UNKNOWN, card.uuid, size, ability, sliced)
    return f"{card.index}: {', '.join(filter(None, words))}"


def _system(probe: Probe) -> str:
    board, host = probe.board, probe.host
    release = f"JetPack {board.jetpack or _UNKNOWN}, L4T {board.l4t}" if board.l4t else None
    return ", ".join(filter(None, (release, host.get("system"), host.get("machine")))) or _UNKNOWN


def _power_mode(board: Board) -> str:
    ids = board.power_mode_ids
    modes = ", ".join(f"{name} ({ids[name]})" if name in ids else name for name in board.power_modes)
    default = f"; the default is {board.default_power_mode}" if board.default_power_mode else ""
    return f"{board.power_mode or _UNKNOWN}" + (f", of {modes}{default}" if modes else "")


def _hold(hold: Hold) -> Topic:
    changes = ", ".join(hold.changes)
    if hold.is_held:
        return Topic("hold", f"{changes}: {hold.holder} puts it back when done")
    return Topic("hold", f"{changes}: {hold.holder} never put it back", " && ".join(hold.undo))


def _gib(size_bytes: float | None, what: str) -> str:
    return _UNKNOWN if size_bytes is None else f"{size_bytes / 2**30:.1f} GiB {what}"
