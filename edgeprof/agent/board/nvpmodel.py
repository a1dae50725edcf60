"""The power modes of a Jetson: the one it is in, those it has, and the GPU units each leaves on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from edgeprof.agent.board.reading import answer_of, number_of
from edgeprof.agent.files import text_of

CONF = "etc/nvpmodel.conf"
_STATUS = "var/lib/nvpmodel/status"
_CONF_LINE = (
    r"(?m)^\s*(?:"
    r"<\s*POWER_MODEL\s+ID=(?P<id>\d+)\s+NAME=(?P<name>\S+)[^>]*>"  # < POWER_MODEL ID=2 NAME=MODE_30W >
    r"|<\s*PM_CONFIG\s+DEFAULT=(?P<default>\d+)[^>]*>"  # < PM_CONFIG DEFAULT=2 >
    r"|TPC_POWER_GATING\s+TPC_PG_MASK\s+(?P<mask>\d+|0x[0-9a-fA-F]+)\b"  # TPC_POWER_GATING TPC_PG_MASK 252
    r")"
)
_MASKS = ("gpu.0", "platform/gpu.0", "platform/17000000.gpu", "platform/bus@0/17000000.gpu", "17000000.ga10b")
_PHYSICAL = {"tegra234": 8, "tegra194": 4}  # TPCs of the whole chip: a set bit of the mask switches one off
_MOST = {"p3701-0004": 7, "p3767-0004": 2, "p3767": 4, "p3668": 3}  # of a module that has fewer than its chip


@dataclass(frozen=True)
class Mode:
    id: int
    name: str
    tpc_mask: Optional[int] = None


@dataclass(frozen=True)
class Modes:
    """A board's modes as its own conf names them: neither names nor ids mean the same on two boards."""

    modes: Tuple[Mode, ...] = ()
    default: Optional[int] = None

    def named(self, name: str) -> Optional[Mode]:
        return next((mode for mode in self.modes if mode.name.lower() == name.lower()), None)

    def of_id(self, number: Optional[int]) -> Optional[Mode]:
        return next((mode for mode in self.modes if mode.id == number), None)


def modes(root: Path) -> Modes:
    """What the board's conf offers; nvpmodel is asked where there is a conf that does not say."""
    conf = root / CONF
    if not conf.exists():
        return Modes()
    read = modes_of_conf(text_of(conf))
    return read if read.modes else modes_of_verbose(answer_of(["nvpmodel", "-p", "--verbose"]) or "")


def power_mode(root: Path) -> Optional[str]:
    """The name of the mode the board is in; None on a board without modes, or where nobody says."""
    if not (root / CONF).exists():
        return None
    match = re.search(r"pmode:(\d+)", text_of(root / _STATUS))  # pmode:0002 fmode:fan_mode_quiet
    mode = modes(root).of_id(int(match.group(1))) if match else None
    if mode:
        return mode.name
    return mode_of_query(answer_of(["nvpmodel", "-q"]) or "")


def modes_of_conf(text: str) -> Modes:
    found: List[Mode] = []
    default = None
    for line in re.finditer(_CONF_LINE, text):
        if line["name"]:
            found.append(Mode(int(line["id"]), line["name"]))
        elif line["default"]:
            default = int(line["default"])
        elif found:
            found[-1] = replace(found[-1], tpc_mask=int(line["mask"], 0))
    return Modes(tuple(found), default)


def modes_of_verbose(text: str) -> Modes:
    """`nvpmodel -p --verbose`: NVPM VERB: POWER_MODEL: ID=0 NAME=MAXN, NVPM VERB: PM_CONFIG: DEFAULT=MAXN(0)."""
    found: Dict[int, Mode] = {}
    for number, name in re.findall(r"POWER_MODEL: ID=(\d+) NAME=(\S+)", text):
        found.setdefault(int(number), Mode(int(number), name))
    default = re.search(r"PM_CONFIG: DEFAULT=\S*?\((\d+)\)", text)
    return Modes(tuple(found.values()), int(default.group(1)) if default else None)


def mode_of_query(text: str) -> Optional[str]:
    """`nvpmodel -q`, whose line may follow warnings and the fan's mode: NV Power Mode: MODE_30W."""
    match = re.search(r"^NV Power Mode:\s*(\S+)", text, re.MULTILINE)
    return match.group(1) if match else None


def tpc_mask(root: Path) -> Optional[int]:
    """The mask in force: a set bit is a TPC that is switched off."""
    found = (number_of(root / "sys/devices" / folder / "tpc_pg_mask") for folder in _MASKS)
    return next((mask for mask in found if mask is not None and mask >= 0), None)


def tpc_count(mask: Optional[int], chip: Optional[str], module: Optional[str]) -> Optional[int]:
    """How many TPCs a mask leaves on; None for chips whose masks nobody has written down."""
    physical = _PHYSICAL.get(chip or "")
    if mask is None or physical is None:
        return None
    on = physical - bin(mask & ((1 << physical) - 1)).count("1")
    return min(on, _most_tpcs(physical, module))


def plausible_tpcs(count: Optional[int], chip: Optional[str], module: Optional[str]) -> Optional[int]:
    """A count that was printed, unless the module does not have so many: an Orin Nano was seen to claim 8."""
    physical = _PHYSICAL.get(chip or "")
    if count is None or physical is None:
        return count
    return count if count <= _most_tpcs(physical, module) else None


def _most_tpcs(physical: int, module: Optional[str]) -> int:
    name = module or ""
    return min(physical, _MOST.get(name, _MOST.get(name.partition("-")[0], physical)))
