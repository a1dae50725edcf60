"""The figures of a profile's YAML: their keys say the unit, and each names the source that it was taken from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgeprof.core.errors import ConfigError
from edgeprof.core.metric import MIB
from edgeprof.core.profile import Figure, PowerMode
from edgeprof.devices.values import count_of, number_of, pair_of, switch_of, text_of
from edgeprof.documents import Node, nearest_hint, quoted

TERA, GIGA, MEGA = 1e12, 1e9, 1e6

# Dense operations a second. fp16_acc32 is fp16 with sums in fp32, which GeForce cards do at half the rate.
PEAKS = {
    **{f"{precision}_tflops": precision for precision in ("fp32", "tf32", "fp16", "fp16_acc32", "bf16", "fp8", "fp4")},
    "int8_tops": "int8",
}
# Key in YAML: field of Profile, and what its unit is in seconds, bytes and hertz.
FIGURES = {
    "bandwidth_gb_s": ("bandwidth", GIGA),
    "memory_mib": ("memory", MIB),
    "multiprocessors": ("multiprocessors", 1.0),
    "gpu_mhz": ("gpu_hz", MEGA),
    "cpu_cores": ("cpu_cores", 1.0),
    "cpu_mhz": ("cpu_hz", MEGA),
}
_CLOCKS = {"cpu_mhz": "cpu_hz", "gpu_mhz": "gpu_hz", "memory_mhz": "memory_hz", "dla_mhz": "dla_hz"}
_COUNTS = {"cpu_cores": "cpu_cores", "tpcs": "gpu_units"}
_MODE_KEYS = ("name", "default", "configuration", "source", "bandwidth_gb_s", *_CLOCKS, *_COUNTS, *PEAKS)


@dataclass(frozen=True)
class Source:
    """Where figures come from; not `confirmed` where nobody has checked what it says."""

    words: str
    confirmed: bool


def sources_of(members: Mapping[str, Node]) -> dict[str, Source]:
    """What stands under `confirmed` and `unconfirmed`, by the short names that figures use."""
    found: dict[str, Source] = {}
    for key in ("confirmed", "unconfirmed"):
        for name, node in members[key].members().items() if key in members else ():
            if name in found:
                raise ConfigError(
                    f"source {quoted(name)} is confirmed and unconfirmed", "remove one of the two", where=node.key_where
                )
            found[name] = Source(text_of(node), key == "confirmed")
    return found


def peaks_of(members: Mapping[str, Node], sources: Mapping[str, Source]) -> dict[str, Figure]:
    return {precision: figure_of(members[key], TERA, sources) for key, precision in PEAKS.items() if key in members}


def figures_of(members: Mapping[str, Node], sources: Mapping[str, Source]) -> dict[str, Figure]:
    """The figures that are not peaks, by the profile's field."""
    return {field: figure_of(members[key], unit, sources) for key, (field, unit) in FIGURES.items() if key in members}


def figure_of(node: Node, unit: float, sources: Mapping[str, Source]) -> Figure:
    """`[42.6, datasheet]`: the number and the name of its source."""
    number, source = pair_of(node, "a number and its source, such as [42.6, datasheet]")
    said = _source(source, sources)
    return Figure(number_of(number, unit), said.words, said.confirmed)


def power_modes_of(node: Node | None, sources: Mapping[str, Source]) -> tuple[PowerMode, ...]:
    return tuple(_power_mode(item, sources) for item in node.items()) if node else ()


def _power_mode(node: Node, sources: Mapping[str, Source]) -> PowerMode:
    node.refuse_unknown(_MODE_KEYS)
    members = node.members()
    for key in ("name", "source"):
        if key not in members:
            raise ConfigError(f"a power mode has no {key}", f"add {key}: to it", where=node.where)
    said = _source(members["source"], sources)
    clocks: dict[str, Any] = {field: number_of(members[key], MEGA) for key, field in _CLOCKS.items() if key in members}
    counts: dict[str, Any] = {field: count_of(members[key]) for key, field in _COUNTS.items() if key in members}
    bandwidth = members.get("bandwidth_gb_s")
    return PowerMode(
        name=text_of(members["name"]),
        is_default=switch_of(members.get("default")),
        configuration=text_of(members["configuration"]) if "configuration" in members else "",
        peaks=peaks_of(members, sources),
        bandwidth=figure_of(bandwidth, GIGA, sources) if bandwidth else None,
        source=said.words,
        confirmed=said.confirmed,
        **clocks,
        **counts,
    )


def _source(node: Node, sources: Mapping[str, Source]) -> Source:
    name = text_of(node)
    if name not in sources:
        hint = nearest_hint(name, sources) if sources else "name the source under confirmed: or unconfirmed:"
        raise ConfigError(f"no source is called {quoted(name)}", hint, where=node.where)
    return sources[name]
