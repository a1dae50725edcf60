"""Which profiles a machine fits, by what its hardware says; never by the model's name, which carriers replace."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from edgeprof.core.board import Board
from edgeprof.core.metric import MIB
from edgeprof.core.profile import Profile

CERTAIN, LIKELY, POSSIBLE = SURENESS = ("certain", "likely", "possible")

_MODULE = re.compile(r"p\d{4}-\d{4}")  # in nvidia,p3768-0000+p3767-0005-super


@dataclass(frozen=True)
class Match:
    """A profile that a machine fits, how surely, and why."""

    profile: Profile
    sureness: str  # one of SURENESS
    reasons: tuple[str, ...]


@dataclass
class _Evidence:
    """What speaks for a profile and against it; `is_module` where the module itself is one of the profile's."""

    is_module: bool = False
    for_it: list[str] = field(default_factory=list)
    against: list[str] = field(default_factory=list)
    other_module: str | None = None


def match(board: Board, profiles: Iterable[Profile]) -> tuple[Match, ...]:
    """Best first. Where two fit equally well all are only possible: nobody guesses between them."""
    ranked = sorted(_ranked(board, profiles), key=lambda pair: pair[0])
    found = tuple(each for _, each in ranked)
    ranks = [rank[:-1] for rank, _ in ranked]
    if len(found) > 1 and (ranks[0] == ranks[1] or found[1].sureness == CERTAIN):
        return tuple(replace(each, sureness=POSSIBLE) for each in found)
    return found


def contradictions(board: Board, profile: Profile) -> tuple[str, ...]:
    """In what a machine is not what its profile says; empty also where nothing is known of the one or the other."""
    if board.kind in ("jetson", "raspberry-pi"):
        if profile.kind in ("gpu", "x86"):
            return (f"it is a {board.kind} board",)
        if _is_other_chip(board, profile):
            return (f"its chip is {board.chip}, not {profile.chip}",)
        return tuple(_evidence(board, profile).against)
    if profile.kind == "gpu" and board.gpus and not _card(board, profile):
        return (f"its driver knows {' and '.join(board.gpus)}, not {profile.gpus[0] if profile.gpus else 'it'}",)
    if board.kind == "x86":
        return ("it is an x86 machine",) if profile.kind in ("jetson", "raspberry-pi") else ()
    return _against_another_kind(board, profile)


def _against_another_kind(board: Board, profile: Profile) -> tuple[str, ...]:
    """Of a machine that is none of those; one that was read shows its memory at least."""
    if profile.kind == "x86":
        return ("it is no x86 machine",) if board.compatible or board.memory_bytes is not None else ()
    if not board.compatible or not (profile.modules or profile.chip):
        return ()
    evidence = _evidence(board, profile)
    chips = (board.chip, *(entry.rpartition(",")[2] for entry in board.compatible))  # rk3588 of rockchip,rk3588
    if evidence.is_module or (profile.chip and profile.chip in chips):
        return tuple(evidence.against)
    return (f"it calls itself {board.compatible[0]}",)


def _ranked(board: Board, profiles: Iterable[Profile]) -> Iterable[tuple[tuple[int, int, int, str], Match]]:
    for profile in profiles:
        if profile.kind in ("gpu", "x86"):
            found = _as_card(board, profile) if profile.kind == "gpu" else _as_generic(board, profile)
            if found:
                yield (SURENESS.index(found.sureness), int(profile.kind == "x86"), 0, profile.name), found
            continue
        evidence = _board_evidence(board, profile)
        if evidence:
            sureness = _sureness(evidence)
            reasons = (*evidence.for_it, *(f"but {words}" for words in _all_against(evidence)))
            rank = (SURENESS.index(sureness), len(_all_against(evidence)), -len(evidence.for_it), profile.name)
            yield rank, Match(profile, sureness, reasons)


def _as_card(board: Board, profile: Profile) -> Match | None:
    name = _card(board, profile)
    if name is None:
        return None
    said = f"the driver calls its card {name}"
    if _is_sliced(board, name):
        return Match(profile, LIKELY, (said, "but MIG has cut it into slices, each less than the card"))
    return Match(profile, CERTAIN, (said,))


def _is_sliced(board: Board, name: str) -> bool:
    """Whether no whole card of the name is left."""
    cards = [card for card in board.cards if card.name == name]
    return bool(cards) and all(card.is_sliced for card in cards)


def _card(board: Board, profile: Profile) -> str | None:
    known = {name.casefold() for name in profile.gpus}
    return next((name for name in board.gpus if name.casefold() in known), None)


def _as_generic(board: Board, profile: Profile) -> Match | None:
    return Match(profile, POSSIBLE, ("it is an x86 machine; no more is asked",)) if board.kind == "x86" else None


def _board_evidence(board: Board, profile: Profile) -> _Evidence | None:
    """None where it cannot be this one: another chip, or neither its module nor its memory."""
    if profile.kind == "other" and not profile.modules and not profile.chip:
        return None  # a profile that names no hardware fits nothing by itself
    if _is_other_chip(board, profile):
        return None
    evidence = _evidence(board, profile)
    if evidence.is_module:
        return evidence
    is_akin = board.chip is not None and board.chip == profile.chip
    is_akin = is_akin or (board.chip is None and _conf_module(board) in profile.modules)
    return evidence if is_akin and _memory_fits(board, profile) is not False else None


def _is_other_chip(board: Board, profile: Profile) -> bool:
    return board.chip is not None and profile.chip is not None and board.chip != profile.chip


def _evidence(board: Board, profile: Profile) -> _Evidence:
    evidence = _Evidence()
    modules = _modules(board)
    named = next((m for m in modules if any(fnmatchcase(m, pattern) for pattern in profile.modules)), None)
    if named:
        evidence.is_module = True
        evidence.for_it.append(f"its module is {named}")
    elif board.module and profile.modules:
        evidence.other_module = board.module
    conf = _conf_module(board)
    if not named and conf and any(fnmatchcase(conf, pattern) for pattern in profile.modules):
        evidence.for_it.append(f"its power modes are those of {conf}")
    if board.chip and board.chip == profile.chip:
        evidence.for_it.append(f"its chip is {board.chip}")
    _weigh_memory(board, profile, evidence)
    _weigh_tpcs(board, profile, evidence)
    if board.dla is not None and profile.dla is not None:
        side = evidence.for_it if board.dla == profile.dla else evidence.against
        side.append(f"it has {board.dla} DLA" + ("" if board.dla == profile.dla else f", not {profile.dla}"))
    return evidence


def _weigh_memory(board: Board, profile: Profile, evidence: _Evidence) -> None:
    fits = _memory_fits(board, profile)
    if fits is None or board.memory_bytes is None:
        return
    has = f"it has {board.memory_bytes / MIB:.0f} MiB of memory"
    least, most = (limit / MIB for limit in profile.total_memory)
    if fits:
        evidence.for_it.append(has)
    else:
        evidence.against.append(f"{has}, not {least:.0f} to {most:.0f}")


def _memory_fits(board: Board, profile: Profile) -> bool | None:
    """None where it is not known, or the profile does not say."""
    least, most = profile.total_memory
    if board.memory_bytes is None or (least, most) == Profile.total_memory:
        return None
    return least <= board.memory_bytes <= most


def _weigh_tpcs(board: Board, profile: Profile, evidence: _Evidence) -> None:
    """A power mode may switch some off, so fewer than there are say nothing; more cannot be."""
    if board.gpu_units is None or profile.gpu_units is None:
        return
    if board.gpu_units == profile.gpu_units:
        evidence.for_it.append(f"{board.gpu_units} TPCs are on")
    elif board.gpu_units > profile.gpu_units:
        evidence.against.append(f"{board.gpu_units} TPCs are on, and it would have {profile.gpu_units}")


def _modules(board: Board) -> list[str]:
    """What may name the module: the field itself, each entry, and the part numbers inside the entries."""
    words = [word for word in (board.module, *board.compatible) if word]
    return list(dict.fromkeys([*words, *(found for word in words for found in _MODULE.findall(word))]))


def _conf_module(board: Board) -> str | None:
    """Where the device tree is hidden, as in a container, nvpmodel_p3767_0003_super.conf still names a module."""
    found = re.search(r"p(\d{4})_(\d{4})", board.power_conf or "")
    return f"p{found[1]}-{found[2]}" if found else None


def _all_against(evidence: _Evidence) -> list[str]:
    other = [f"its module calls itself {evidence.other_module}"] if evidence.other_module else []
    return [*evidence.against, *other]


def _sureness(evidence: _Evidence) -> str:
    if evidence.is_module and len(evidence.against) <= 1:
        return LIKELY if evidence.against else CERTAIN
    if not evidence.is_module and not evidence.against and len(evidence.for_it) > 1:
        return LIKELY  # the chip, and something besides
    return POSSIBLE
