"""A line of tegrastats, of JetPack 4 to 7.2, as readings: hertz, watts, bytes, degrees, and loads from 0 to 1."""

from __future__ import annotations

import re
from typing import AbstractSet, Dict, Iterator, List, Tuple

from edgeprof.agent.telemetry.rails import NOT_CONNECTED, series_of, total_w
from edgeprof.agent.telemetry.source import Readings

_MHZ, _MIB = 1e6, float(1 << 20)
_CLOCKS = {"EMC_FREQ": "memory", "GR3D_FREQ": "gpu", "GR3D2_FREQ": "gpu2"}
_NOT_RAILS = {NOT_CONNECTED, "RAM", "SWAP", "IRAM"}
_LEAST_C = -200.0  # -256C: the sensor's power is off

_ENGINE = re.compile(r"(NVENC|NVDEC|NVJPG|NVDLA|PVA|OFA|VIC)(\d*)(?:_FREQ)?", re.ASCII)  # NVENC, NVDLA0, VIC_FREQ
# 0% | 0%@76 | 7%@0 | 0%@[305] | 0%@[0,0] | @[0,0,0] | @0 | 115: clocks in MHz, one for each GPC
_LOAD = re.compile(r"(?:(\d{1,3})%)?(?:(?:^|@)(?:(\d{1,5})|\[([\d,of]{1,80})\]))?", re.ASCII)
_CORES = re.compile(r"\[([^\]]+)\](?:@(\d{1,5}))?", re.ASCII)  # [6%@102,off,5%@102] | [6%,5%]@102
_CORE = re.compile(r"(\d{1,3})%(?:@(\d{1,5}))?", re.ASCII)
_TEMPERATURE = re.compile(r"([A-Za-z]\w*)@(-?\d{1,4}(?:\.\d{1,6})?)C(?:/-?[\d.]{1,9}C)?", re.ASCII)  # tj@46.7C/46.8C
_MEMORY = re.compile(r"(\d{1,8})/\d{1,8}MB", re.ASCII)  # 2015/3964MB
_RAIL_NAME = re.compile(r"[A-Z]\w{1,30}", re.ASCII)
# 1388/1388 of JetPack 4, 2763mW/2846mW, and 3462mW/3502mW/3582mW of 7.2: now, since it started, highest
_RAIL = re.compile(r"(\d{1,7})(?:mW)?/\d{1,7}(?:mW)?(?:/\d{1,7}(?:mW)?)?", re.ASCII)


def readings_of(line: str, expected: AbstractSet[str] = frozenset()) -> Readings:
    """Whatever the line tells; a total of rails only if all that are `expected` are there."""
    pairs = _pairs(line)
    found = dict(_readings(pairs))
    rails = rails_of(line)
    found.update((series_of(name), watts) for name, watts in rails.items())
    total = total_w(rails, expected)
    if total is not None:
        found["power_w"] = total
    return found


def rails_of(line: str) -> Dict[str, float]:
    """Watts by rail, as they are at the moment: the mean beside it is since tegrastats started."""
    rails = {}
    for name, word in _pairs(line):
        match = _RAIL.fullmatch(word)
        if match and _RAIL_NAME.fullmatch(name) and name not in _NOT_RAILS and name not in _CLOCKS:
            rails[name] = int(match.group(1)) / 1e3
    return rails


def _pairs(line: str) -> List[Tuple[str, str]]:
    """Each word with the one after it; a line without its end may be cut anywhere, so its last word says nothing."""
    words = line.split()
    if not line.endswith("\n"):
        words = words[:-1]
    return list(zip(words, [*words[1:], ""]))


def _readings(pairs: List[Tuple[str, str]]) -> Iterator[Tuple[str, float]]:
    for name, word in pairs:
        if "@" in name:
            yield from _temperature(name)
        elif name == "RAM":
            match = _MEMORY.fullmatch(word)
            if match:
                yield "memory_used_bytes", int(match.group(1)) * _MIB
        elif name == "CPU" and word.startswith("["):
            yield from _cores(word)
        elif name in _CLOCKS:
            yield from _load(_CLOCKS[name], word)
        else:
            engine = _ENGINE.fullmatch(name)
            if engine:
                yield from _load((engine.group(1) + engine.group(2)).lower(), word)


def _temperature(word: str) -> Iterator[Tuple[str, float]]:
    match = _TEMPERATURE.fullmatch(word)
    if not match:
        return
    zone, degrees = match.group(1).lower(), float(match.group(2))
    is_placeholder = zone == "pmic" and degrees == 100.0  # JetPack 4 has no such sensor and says this
    if degrees > _LEAST_C and not is_placeholder:
        yield f"temperature_{zone}_c", degrees


def _load(name: str, word: str) -> Iterator[Tuple[str, float]]:
    match = _LOAD.fullmatch(word)
    if not match:
        return  # off, or cut
    percent, clock, clocks = match.groups()
    if percent is not None and int(percent) <= 100:
        yield f"{name}_load", int(percent) / 100
    known = [int(mhz) for mhz in (clocks or clock or "").split(",") if mhz.isdigit()]
    if any(known):  # 0: its power is off, so it has no clock
        yield f"{name}_hz", max(known) * _MHZ


def _cores(word: str) -> Iterator[Tuple[str, float]]:
    """The mean load and the highest clock of the cores that are on; a core that cannot be read makes all unknown."""
    match = _CORES.fullmatch(word)
    if not match:
        return
    on = [core for core in match.group(1).split(",") if core != "off"]
    read = [_CORE.fullmatch(core) for core in on]
    loads = [int(core.group(1)) / 100 for core in read if core]
    if not loads or len(loads) < len(on) or max(loads) > 1:
        return
    yield "cpu_cores_online", float(len(on))
    yield "cpu_load", sum(loads) / len(loads)
    clocks = [int(core.group(2) or match.group(2) or 0) for core in read if core]
    if all(clocks):
        yield "cpu_hz", max(clocks) * _MHZ
