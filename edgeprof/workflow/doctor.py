"""`edgeprof doctor`: what is installed, what the device can do, and what would spoil a measurement."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgeprof import __version__
from edgeprof.convert.cache import Cache
from edgeprof.convert.versions import INSTALL_EXPORT
from edgeprof.core.errors import ConvertError
from edgeprof.core.installed import installed_version
from edgeprof.core.validity import FOREIGN_SHARE
from edgeprof.workflow.device import Device, open_device
from edgeprof.workflow.workshop import Workshop

_EXPORTERS = ("torch", "torchvision", "timm", "onnxscript", "onnx")
_BUSY_LOOK_S = 0.5
_LEAST_FREE_BYTES = 2 << 30
_LEAST_MEMORY_BYTES = 1 << 30


@dataclass(frozen=True)
class Remark:
    """One thing seen. With a remedy it is a problem; `is_fatal` where nothing can be measured with it."""

    topic: str
    text: str
    remedy: str | None = None
    is_fatal: bool = False


def examine(device_name: str, workshop: Workshop, *, is_configured: bool) -> Iterator[Remark]:
    """Everything in the order a person would look."""
    yield Remark("edgeprof", f"{__version__}, Python {sys.version.split()[0]} at {sys.executable}")
    progress = workshop.progress
    progress.show("importing timm")
    yield from _exporters()
    yield from _folders(workshop.cache, workshop.measurements)
    progress.show("asking the device")
    with open_device(device_name, workshop.agents, is_configured=is_configured) as device:
        yield from _runtimes(device)
        yield from _machine(device)
    progress.show("looking for other programs")
    yield _load()


def _exporters() -> Iterator[Remark]:
    versions = {name: installed_version(name) for name in _EXPORTERS}
    text = ", ".join(f"{name} {v or 'missing'}" for name, v in versions.items())
    if None in versions.values():
        yield Remark("export", text + ": .onnx files only", INSTALL_EXPORT)
        return
    # torch and torchvision may be installed and still not fit each other; only an import tells.
    tried = subprocess.run([sys.executable, "-c", "import timm"], capture_output=True, text=True, check=False)
    if tried.returncode:
        last = (tried.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        remedy = "install a torch and a torchvision that fit each other; edgeprof's constraints.txt names a pair"
        yield Remark("export", f"{text}: timm does not import: {last}", remedy)
    else:
        yield Remark("export", text)


def _folders(cache: Cache, folder: Path) -> Iterator[Remark]:
    try:
        entries = cache.entries()
    except ConvertError as error:
        yield Remark("cache", error.message, error.hint, is_fatal=True)
    else:
        total = sum(entry.size_bytes for entry in entries)
        yield _writable("cache", cache.root, f"{len(entries)} artefacts, {total / 2**20:.0f} MiB", "EDGEPROF_CACHE")
    yield _writable("saved", folder, "measurements", "EDGEPROF_MEASUREMENTS")


def _writable(topic: str, folder: Path, what: str, variable: str) -> Remark:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(there, os.W_OK):
        return Remark(
            topic, f"{folder} cannot be written", f"set {variable} to another folder", is_fatal=topic == "cache"
        )
    free_bytes = shutil.disk_usage(there).free
    text = f"{folder}: {what}, {free_bytes / 2**30:.1f} GiB free"
    return Remark(topic, text, f"free some space, or set {variable}" if free_bytes < _LEAST_FREE_BYTES else None)


def _runtimes(device: Device) -> Iterator[Remark]:
    usable = 0
    for runtime in device.runtimes:
        if runtime.name == "fake":
            continue
        usable += runtime.version is not None
        if runtime.version:
            yield Remark(runtime.name, f"{runtime.version}: {', '.join(runtime.precisions)}")
        else:
            yield Remark(runtime.name, "not installed", runtime.install)
    if not usable:
        yield Remark("runtimes", "none is installed: nothing can be measured", "pip install onnxruntime", is_fatal=True)


def _machine(device: Device) -> Iterator[Remark]:
    host = device.host
    yield Remark("machine", f"{host.get('processor')}, {host.get('machine')}, {host.get('system')}")
    cores, online, quota = host["cores"], host["cores_online"], host.get("quota_cores")
    text = f"{cores} of {online} cores in the affinity mask"
    if quota is not None:
        text += f", the cgroup allows {quota:.2g}"
    throttles = quota is not None and quota < cores
    yield Remark("cores", text, "raise the quota: threads that share too little time throttle" if throttles else None)
    governor = host.get("governor")
    if governor is None:
        yield Remark("governor", "not visible, as on most virtual machines")
    else:
        remedy = None if governor == "performance" else "for steadier numbers: cpupower frequency-set -g performance"
        yield Remark("governor", governor, remedy)
    yield _memory(device)
    yield Remark("lock", device.lock)


def _memory(device: Device) -> Remark:
    available, limit = device.host.get("memory_available_bytes"), device.host.get("memory_limit_bytes")
    least = min((value for value in (available, limit) if value is not None), default=None)
    text = "not visible" if available is None else f"{available / 2**30:.1f} GiB available"
    if limit is not None:
        text += f", the cgroup allows {limit / 2**30:.1f} GiB"
    is_short = least is not None and least < _LEAST_MEMORY_BYTES
    return Remark("memory", text, "free memory, or raise the cgroup's limit" if is_short else None)


def _load() -> Remark:
    """Programs that run right now, ourselves left out."""
    import psutil

    others = [process for process in psutil.process_iter(["name"]) if process.pid != os.getpid()]
    for process in others:
        _cpu_percent(process)
    share = psutil.cpu_percent(_BUSY_LOOK_S) / 100
    busiest = max(others, key=_cpu_percent, default=None)
    if share <= FOREIGN_SHARE or busiest is None:
        return Remark("load", f"{share:.0%} of all cores are busy")
    name = busiest.info["name"]
    return Remark(
        "load",
        f"{share:.0%} of all cores are busy, {name} (process {busiest.pid}) the most",
        "end it, or expect FAILs to be refused as foreign load",
    )


def _cpu_percent(process: object) -> float:
    import psutil

    try:
        return float(process.cpu_percent())  # type: ignore[attr-defined]
    except psutil.Error:
        return 0.0
