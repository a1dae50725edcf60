"""What a device says of itself, as doctor tells it: what it is, what it can do, and what would spoil a measurement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from edgeprof.agent.runtimes import PLANNED, RACED
from edgeprof.core.host import Host
from edgeprof.core.probe import Probe
from edgeprof.core.requirement import unmet
from edgeprof.core.validity import FOREIGN_SHARE
from edgeprof.report import board
from edgeprof.workflow.device import Device, is_worth_telling
from edgeprof.workflow.installing import interpreter_of
from edgeprof.workflow.probe import probe_of
from edgeprof.workflow.remark import Remark

_LEAST_FREE_BYTES = 2 << 30
_LEAST_MEMORY_BYTES = 1 << 30


def remarks_of(device: Device, asked: str = "auto") -> Iterator[Remark]:
    """Everything in the order a person would look. `asked` is the runtime that a check would take."""
    found = probe_of(device)
    yield from _told(board.identity(found), is_fatal=True)
    yield from _requirements(device)
    yield Remark("python", f"{device.facts.python or 'not visible'} at {interpreter_of(device.machine)}")
    yield from _runtimes(device, asked)
    yield from _machine(device)
    yield from _told(board.state(_without(found, {runtime.name for runtime in device.runtimes})), is_fatal=False)
    yield from _disk(device)
    if device.machine.host:
        yield _load_average(device)
    yield Remark("lock", device.lock)


def _told(topics: Iterable[board.Topic], *, is_fatal: bool) -> Iterator[Remark]:
    for topic in topics:
        yield Remark(topic.name, topic.text, topic.remedy, is_fatal=is_fatal and topic.remedy is not None)


def _without(found: Probe, runtimes: Set[str]) -> Probe:
    """Runtimes that are missing have a line of their own."""
    rest = tuple(missing for missing in found.missing if not runtimes & set(missing.what.split(" and ")))
    return replace(found, missing=rest)


def _requirements(device: Device) -> Iterator[Remark]:
    profile = device.machine.profile
    if profile and profile.estimate_only:
        yield Remark("profile", profile.estimate_only, "nothing can be measured on it", is_fatal=True)
    for one in unmet(device.machine, device.board):
        yield Remark("require", one.message, one.hint, is_fatal=True)


def _runtimes(device: Device, asked: str) -> Iterator[Remark]:
    """One that is missing is a problem where it is asked for, or preferred, or where there is no other."""
    shown = [each for each in device.runtimes if is_worth_telling(each) or each.name == asked != "fake"]
    profile = device.machine.profile
    preferred = profile.runtimes[0] if profile and asked == "auto" else None
    if device.machine.card is not None and asked == "auto":
        preferred = PLANNED
    for runtime in shown:
        if runtime.lack:
            remedy = runtime.remedy if runtime.name in (asked, preferred) else None
            yield Remark(runtime.name, f"{runtime.version}, but {runtime.lack}", remedy)
        elif runtime.version:
            yield Remark(runtime.name, f"{runtime.version}: {', '.join(runtime.precisions)}")
        elif runtime.name in (asked, preferred):
            yield Remark(runtime.name, "not installed", device.install(runtime))
        else:
            how = f": {device.install(runtime)}" if runtime.name in RACED else ""
            yield Remark(runtime.name, f"not installed, and nothing asks for it{how}")
    if not any(runtime.is_usable for runtime in shown):
        remedy = device.install(shown[0]) if shown else None
        yield Remark("runtimes", "none is installed: nothing can be measured", remedy, is_fatal=True)


def _machine(device: Device) -> Iterator[Remark]:
    host = device.facts
    yield Remark("machine", ", ".join(filter(None, (host.processor, host.machine, host.system))) or "not visible")
    yield _cores(host)
    if host.governor is None:
        yield Remark("governor", "not visible, as on most virtual machines")
    else:
        is_fast = host.governor == "performance"
        remedy = None if is_fast else "for steadier numbers: cpupower frequency-set -g performance"
        yield Remark("governor", host.governor, remedy)
    yield _memory(host, device.board.memory_bytes)


def _cores(host: Host) -> Remark:
    if host.cores is None:
        return Remark("cores", "not visible")
    text = f"{host.cores} of {host.cores_online or host.cores} cores in the affinity mask"
    if host.quota_cores is None:
        return Remark("cores", text)
    text += f", the cgroup allows {host.quota_cores:.2g}"
    throttles = host.quota_cores < host.cores
    return Remark("cores", text, "raise the quota: threads that share too little time throttle" if throttles else None)


def _memory(host: Host, total: int | None) -> Remark:
    available, limit = host.memory_available_bytes, host.memory_limit_bytes
    least = min((value for value in (available, limit) if value is not None), default=None)
    text = "not visible" if available is None else f"{available / 2**30:.1f} GiB available"
    if total is not None and available is not None:
        text += f" of {total / 2**30:.1f} GiB"
    if limit is not None:
        text += f", the cgroup allows {limit / 2**30:.1f} GiB"
    is_short = least is not None and least < _LEAST_MEMORY_BYTES
    return Remark("memory", text, "free memory, or raise the cgroup's limit" if is_short else None)


def _disk(device: Device) -> Iterator[Remark]:
    free = device.board.disk_free_bytes
    if device.machine.host and free is not None and free < _LEAST_FREE_BYTES:
        remedy = f"free some there, or edgeprof device clean {device.name}"
        yield Remark("disk", f"only {free / 2**30:.1f} GiB are free on {device.name}", remedy)


def _load_average(device: Device) -> Remark:
    """As the device's own kernel counts it: we see none of its programs from here."""
    load, online = device.facts.load_average, device.facts.cores_online or 1
    if load is None:
        return Remark("load", "not visible")
    is_busy = load / online > FOREIGN_SHARE
    text = f"{load:.2f} programs ran on its {online} cores in the last minute"
    return Remark("load", text, "end them, or expect FAILs to be refused as foreign load" if is_busy else None)
