"""`edgeprof doctor`: what is installed, what the device can do, and what would spoil a measurement."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from edgeprof import __version__
from edgeprof.convert.cache import Cache
from edgeprof.convert.versions import INSTALL_EXPORT
from edgeprof.core.errors import ConvertError
from edgeprof.core.installed import installed_version
from edgeprof.core.machine import Machine
from edgeprof.core.validity import FOREIGN_SHARE
from edgeprof.report.units import count
from edgeprof.store.measurements import saved_count
from edgeprof.workflow.device import open_device
from edgeprof.workflow.fitness import remarks_of
from edgeprof.workflow.remark import Remark
from edgeprof.workflow.workshop import Workshop

_EXPORTERS = ("torch", "torchvision", "timm", "onnxscript", "onnx")
_BUSY_LOOK_S = 0.5
_LEAST_FREE_BYTES = 2 << 30


def examine(machine: Machine, workshop: Workshop, asked: str = "auto") -> Iterator[Remark]:
    """This workstation first, then the device, as a check with the runtime `asked` would find them."""
    yield Remark("edgeprof", f"{__version__}, Python {sys.version.split()[0]} at {sys.executable}")
    progress = workshop.progress
    progress.show("importing timm")
    yield from _exporters()
    yield from _folders(workshop.cache, workshop.measurements)
    if machine.host:
        progress.show("looking for other programs")
        yield _load("workstation")
    progress.show(f"asking {machine.name}" if machine.host else "asking the device")
    with open_device(machine, workshop) as device:
        yield from remarks_of(device, asked)
    if not machine.host:
        progress.show("looking for other programs")
        yield _load("load")


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
        yield _writable(
            "cache", cache.root, f"{count(len(entries), 'artefact')}, {total / 2**20:.0f} MiB", "EDGEPROF_CACHE"
        )
    yield _writable("saved", folder, count(saved_count(folder), "measurement"), "EDGEPROF_MEASUREMENTS")


def _writable(topic: str, folder: Path, what: str, variable: str) -> Remark:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(there, os.W_OK):
        return Remark(
            topic, f"{folder} cannot be written", f"set {variable} to another folder", is_fatal=topic == "cache"
        )
    free_bytes = shutil.disk_usage(there).free
    text = f"{folder}: {what}, {free_bytes / 2**30:.1f} GiB free"
    return Remark(topic, text, f"free some space, or set {variable}" if free_bytes < _LEAST_FREE_BYTES else None)


def _load(topic: str) -> Remark:
    """Programs that run right now, ourselves left out."""
    import psutil

    others = [process for process in psutil.process_iter(["name"]) if process.pid != os.getpid()]
    for process in others:
        _cpu_percent(process)
    share = psutil.cpu_percent(_BUSY_LOOK_S) / 100
    busiest = max(others, key=_cpu_percent, default=None)
    if share <= FOREIGN_SHARE or busiest is None:
        return Remark(topic, f"{share:.0%} of all cores are busy")
    name = busiest.info["name"]
    return Remark(
        topic,
        f"{share:.0%} of all cores are busy, {name} (process {busiest.pid}) the most",
        "end it, or expect FAILs to be refused as foreign load",
    )


def _cpu_percent(process: object) -> float:
    import psutil

    try:
        return float(process.cpu_percent())  # type: ignore[attr-defined]
    except psutil.Error:
        return 0.0
