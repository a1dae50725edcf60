"""Whether the machine let the model speak: findings, the direction each pushes a verdict in, and their thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Callable, Iterator, List, Mapping, Optional, Sequence, Tuple

from edgeprof.core.board import Board
from edgeprof.core.ending import ending_of
from edgeprof.core.measurement import Canary, Measurement, Process, Strain
from edgeprof.core.requirement import missed
from edgeprof.core.telemetry import Telemetry
from edgeprof.core.throttling import heat_events, over_current_events, power_limit_share, under_voltage_events


class Direction(str, Enum):
    CHANGES = "changes"  # another question was answered: no verdict
    SLOWS = "slows"  # a PASS stands; a FAIL may be the machine's fault
    VARIES = "varies"  # recorded, never changes the verdict


@dataclass(frozen=True)
class Finding:
    """`name` is what `--allow` takes."""

    name: str
    direction: Direction
    message: str
    hint: Optional[str] = None


@dataclass(frozen=True)
class Allowance:
    """What a machine may do beside a measurement; `most` is the largest value that is still no finding."""

    name: str
    seen: Callable[[Process], Optional[float]]
    most: float
    words: str
    remedy: str


def _strain(read: Callable[[Strain], Optional[float]]) -> Callable[[Process], Optional[float]]:
    return lambda process: None if process.strain is None else read(process.strain)


def _telemetry(read: Callable[[Telemetry], Optional[float]]) -> Callable[[Process], Optional[float]]:
    return lambda process: None if process.telemetry is None else read(process.telemetry)


FOREIGN_SHARE = 0.15
ALLOWANCES = (
    Allowance(
        "foreign-load",
        _strain(lambda strain: strain.foreign_share),
        FOREIGN_SHARE,
        "other programs used {:.0%} of its cores",
        "end them",
    ),
    Allowance(
        "steal",
        _strain(lambda strain: strain.steal_share),
        0.05,
        "the hypervisor took {:.0%} of its cores",
        "run on a machine of its own",
    ),
    Allowance(
        "cgroup-throttling",
        _strain(lambda strain: strain.throttled_share),
        0.01,
        "the cgroup's quota stopped it for {:.0%} of the time",
        "raise the quota or lower --threads",
    ),
    Allowance(
        "swap",
        _strain(lambda strain: strain.swapped_bytes),
        1 << 20,
        "{:,.0f} bytes were swapped in",
        "free memory",
    ),
    Allowance(
        "thermal-throttling",
        _telemetry(heat_events),
        0,
        "the device slowed itself down for its heat",
        "let it cool down, or cool it better",
    ),
    Allowance(
        "over-current",
        _telemetry(over_current_events),
        0,
        "the device's over-current protection stepped in {:,.0f} times",
        "choose a lower power mode",
    ),
    Allowance(
        "under-voltage",
        _telemetry(under_voltage_events),
        0,
        "the device's supply voltage was too low",
        "give it a stronger supply or a shorter cable",
    ),
    Allowance(
        "gpu-shared",
        _telemetry(lambda telemetry: telemetry.highest("gpu_other_processes")),
        0,
        "up to {:,.0f} other processes computed on its GPU",
        "end them, nvidia-smi lists them",
    ),
)
POWER_LIMIT_SHARE = 0.01
CANARY_INTEGER_RATIO = 1.25
# Virtual machines move between two states of 85 and 360 ns; a ratio of 3 tells these apart from noise.
CANARY_ROUND_TRIP_RATIO = 3.0
CLOCK_RATIO = 1.05

ALLOWABLE = (*(allowance.name for allowance in ALLOWANCES), "canary")


def findings_of(measurement: Measurement) -> Tuple[Finding, ...]:
    """Everything about the processes and their machine that a verdict has to answer for."""
    found: List[Finding] = []
    for number, process in enumerate(measurement.processes, 1):
        found += _of_process(number, process, measurement)
        found += _of_requirement(f"process {number}", process, measurement)
    if measurement.imported:
        found.append(_of_import(measurement.imported[0].tool))
    found += _of_canaries(measurement.processes)
    found += _of_power_modes(measurement.processes)
    found += _of_cards(measurement.processes)
    found += _of_clocks(measurement)
    found += _of_power_limit(measurement.processes)
    found += _of_host(measurement)
    return tuple(found)


def _of_process(number: int, process: Process, measurement: Measurement) -> Iterator[Finding]:
    name = f"process {number}"
    if not process.ended.is_whole:
        words, hint = ending_of(name, process.ended, process.message)
        yield Finding(process.ended.value.replace(" ", "-"), Direction.CHANGES, words, hint)
    asked = measurement.job.precision
    if process.precision and process.precision != asked:
        yield Finding(
            "precision",
            Direction.CHANGES,
            f"{name}: {measurement.job.runtime} computes in {process.precision}, {asked} was asked for",
            "this processor may lack it; try --precision fp32",
        )
    for allowance in ALLOWANCES:
        value = allowance.seen(process)
        if value is not None and value > allowance.most:
            message = f"{name}: {allowance.words.format(value)}"
            hint = f"{allowance.remedy}, or accept it with --allow {allowance.name}"
            yield Finding(allowance.name, Direction.SLOWS, message, hint)


def _of_requirement(name: str, process: Process, measurement: Measurement) -> Iterator[Finding]:
    """A board that was as required may not stay so: it reboots, or somebody else lets its clocks go."""
    if not process.ended.is_whole:
        return  # nobody looked at the board then, and there is no verdict anyway
    board = measurement.host.get("board")
    jetpack = board.get("jetpack") if isinstance(board, Mapping) else None
    seen = Board(power_mode=process.power_mode, clocks_locked=process.clocks_locked, jetpack=jetpack)
    for one in missed(measurement.require, seen, measurement.job.device):
        yield Finding(
            "requirement",
            Direction.CHANGES,
            f"{name}: {one.message}",
            f"edgeprof doctor --device {measurement.job.device} tells how it is now; then run it again",
        )


def _of_import(tool: str) -> Finding:
    return Finding(
        "imported",
        Direction.VARIES,
        f"{tool} measured it: of clocks, heat, precision and what else the machine did, nothing is known",
        "edgeprof check measures it with all that",
    )


def _of_canaries(processes: Sequence[Process]) -> Iterator[Finding]:
    """A canary is held against the best of the same check: what the machine could do minutes ago, it can do."""
    seen = [(n, c) for n, p in enumerate(processes, 1) for c in (p.canary_before, p.canary_after) if c is not None]
    if not seen:
        return
    best_integer = min((_slowest_core(c) for _, c in seen if _slowest_core(c) > 0), default=None)
    trips = [c.round_trip_s for _, c in seen if c.round_trip_s is not None]
    best_trip = min(trips) if trips else None
    said = set()
    for number, canary in seen:
        message = _slowness(canary, best_integer, best_trip)
        if message and number not in said:
            said.add(number)
            yield Finding(
                "canary",
                Direction.SLOWS,
                f"process {number}: {message}",
                "the host was busy; run again, or accept it with --allow canary",
            )


def _slowness(canary: Canary, best_integer_s: Optional[float], best_trip_s: Optional[float]) -> Optional[str]:
    slowest = _slowest_core(canary)
    if best_integer_s and slowest > CANARY_INTEGER_RATIO * best_integer_s:
        return f"a plain integer loop took {slowest / best_integer_s:.2f} times as long as at its best"
    if best_trip_s and canary.round_trip_s and canary.round_trip_s > CANARY_ROUND_TRIP_RATIO * best_trip_s:
        return f"a byte between two cores took {canary.round_trip_s / best_trip_s:.1f} times as long as at its best"
    return None


def _slowest_core(canary: Canary) -> float:
    return max(canary.integer_s, default=0.0)


def _of_host(measurement: Measurement) -> Iterator[Finding]:
    governor = measurement.host.get("governor")
    if governor and governor != "performance":
        yield Finding(
            "clocks",
            Direction.VARIES,
            f"the cpu governor is {governor}: clocks were not locked",
            "for steadier numbers: cpupower frequency-set -g performance",
        )


def _of_power_modes(processes: Sequence[Process]) -> Iterator[Finding]:
    modes = list(dict.fromkeys(process.power_mode for process in processes if process.power_mode is not None))
    if len(modes) > 1:
        yield Finding(
            "power-mode",
            Direction.CHANGES,
            f"the power mode changed between processes: {', then '.join(modes)}",
            "name the one that counts with --power-mode, and keep others from changing it",
        )


def _of_cards(processes: Sequence[Process]) -> Iterator[Finding]:
    cards = list(dict.fromkeys(process.gpu_uuid for process in processes if process.gpu_uuid is not None))
    if len(cards) > 1:
        yield Finding(
            "gpu",
            Direction.CHANGES,
            f"the processes ran on different GPUs, or slices of one: {', then '.join(cards)}",
            "name the one that counts with --gpu",
        )


def _of_power_limit(processes: Sequence[Process]) -> Iterator[Finding]:
    """Small cards live at their limit, so it is told and never changes a verdict."""
    shares = [power_limit_share(process.telemetry) for process in processes if process.telemetry]
    most = max((share for share in shares if share is not None), default=0.0)
    if most > POWER_LIMIT_SHARE:
        yield Finding(
            "power-limit",
            Direction.VARIES,
            f"the GPU held its clocks back at its power limit for {most:.0%} of the time",
            "nvidia-smi -q -d POWER tells the limit",
        )


def _of_clocks(measurement: Measurement) -> Iterator[Finding]:
    """Every clock that moved, over all processes; where somebody locked them, nothing is said."""
    board = measurement.host.get("board")
    if isinstance(board, Mapping) and board.get("clocks_locked") is True:
        return
    moved = []
    for series, name in (("gpu_hz", "gpu"), ("cpu_hz", "cpu"), ("memory_hz", "memory")):
        seen = [hz for p in measurement.processes if p.telemetry for _, hz in p.telemetry.readings(series)]
        if seen and 0 < CLOCK_RATIO * min(seen) < max(seen):
            moved.append(f"{name} {min(seen) / 1e6:.0f} to {max(seen) / 1e6:.0f} MHz")
    if moved:
        yield Finding(
            "clocks",
            Direction.VARIES,
            f"clocks moved, since nobody locked them: {', '.join(moved)}",
            "for steadier numbers: --lock-clocks",
        )
