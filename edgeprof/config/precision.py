"""What a machine's profile decides where nobody else does: the runtimes that race, and the precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edgeprof.agent.runtimes import ON_CARDS, PLANNED, RACED, RUNTIMES, TORCHES
from edgeprof.config.layer import Given
from edgeprof.config.places import BUILT_IN
from edgeprof.core.errors import ConfigError
from edgeprof.core.machine import Machine
from edgeprof.core.profile import Profile
from edgeprof.documents import quoted

_NOT_EVERYWHERE = ("fp16", "int8")


@dataclass(frozen=True)
class Choice:
    """`raced` is what runtime auto races, the preferred one first."""

    precision: Given
    raced: Given
    note: str | None = None


def choose(settled: Mapping[str, Given], machine: Machine, *, is_run: bool = True) -> Choice:
    """The profile's precision belongs to its preferred runtime: with any other, or without that one, it is fp32."""
    precision, profile, asked = settled["precision"], machine.profile, settled["runtime"].value
    raced = _raced(precision, machine)
    if machine.card is not None and asked not in ("auto", *ON_CARDS):
        other = f"{asked}-cuda" if f"{asked}-cuda" in ON_CARDS else PLANNED
        raise ConfigError(
            f"{asked} runs on the cpu, and {quoted(machine.name)} is a card",
            f"use --device local, or --runtime {other}",
            where=settled["runtime"].where,
        )
    if profile is None:
        is_on_card = machine.card is not None or asked in ON_CARDS
        if is_on_card and precision.origin == BUILT_IN and asked not in TORCHES:
            precision = replace(precision, value="fp16")
        if not is_on_card:
            _expect_computed(precision, machine, is_run=is_run)
        return Choice(precision, raced)
    first = next(iter(raced.value), None) if asked == "auto" else asked
    if precision.origin == BUILT_IN and first == profile.runtimes[0]:
        precision = replace(precision, value=profile.precision, origin=f"profile {profile.name}")
    _expect_computed(precision, machine, is_run=is_run)
    return Choice(precision, raced, _note(profile, raced, precision) if asked == "auto" else None)


def _raced(like: Given, machine: Machine) -> Given:
    profile = machine.profile
    if machine.card is not None:
        return replace(like, value=(PLANNED,), origin=BUILT_IN)
    if profile is None:
        return replace(like, value=RACED, origin=BUILT_IN)
    value = tuple(name for name in profile.runtimes if name in (*RACED, *ON_CARDS))
    return replace(like, value=value, origin=f"profile {profile.name}")


def _note(profile: Profile, raced: Given, precision: Given) -> str | None:
    """What stands in for a runtime that this version has not."""
    preferred = profile.runtimes[0]
    if preferred in RUNTIMES or not raced.value:
        return None
    where = " on its cpu" if profile.kind in ("jetson", "gpu") else ""
    return (
        f"{profile.name} is made for {preferred}, which this version does not have: "
        f"{' or '.join(raced.value)} runs{where} instead, in {precision.value}"
    )


def _expect_computed(precision: Given, machine: Machine, *, is_run: bool) -> None:
    """Refuse early what cannot be had there, as far as that is known."""
    profile = machine.profile
    if not is_run or precision.value not in _NOT_EVERYWHERE:
        return
    if profile is None or profile.kind == "x86":
        lacks = precision.value == "fp16" and (machine.host is None or profile is not None)
    else:
        lacks = bool(profile.peaks) and precision.value not in profile.peaks
    if lacks:
        raise ConfigError(
            f"precision is {quoted(precision.value)}, which {machine.name} does not compute in",
            "write fp32, bf16, int8 or auto",
            where=precision.where,
        )
