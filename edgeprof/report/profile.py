"""A kind of device as `device show` prints it: every figure with its source, and whether somebody checked it."""

from __future__ import annotations

from typing import Iterable, Optional, Sequence

from edgeprof.core.metric import MIB
from edgeprof.core.profile import Figure, PowerMode, Profile
from edgeprof.report.lines import BLANK, LABEL, Line, Span, labelled, labelled_list, one_line, printable, prose
from edgeprof.report.tables import table
from edgeprof.report.units import UNKNOWN, number

_CHECKED = {True: "confirmed", False: "unconfirmed"}
_TITLES = {"fp16_acc32": "fp16, sums in fp32"}


def render(profile: Profile, *, width: int = 80) -> list[Line]:
    sources = _Sources()
    lines = labelled("profile", f"{profile.name}: {profile.title}", width, style="strong")
    lines.append(_path("file", profile.origin))
    if profile.hides:
        lines.append(_path("instead of", profile.hides))
    for label, text in _facts(profile):
        lines += labelled(label, text, width, style="dim")
    lines += labelled_list("note", profile.notes, width)
    figures = _figures(profile, sources)
    if figures:
        lines += [BLANK, *table(("figure", "value", "unit", "", "source"), figures, width=width, right=frozenset({1}))]
    modes = [_mode(mode, sources) for mode in profile.power_modes]
    if modes:
        header = ("power mode", "", "cores", "cpu MHz", "TPCs", "gpu MHz", "memory MHz", "source")
        lines += [BLANK, *table(header, modes, width=width, right=frozenset(range(2, 7)))]
    if sources.told:
        lines.append(BLANK)
    for i, (words, confirmed) in enumerate(sources.told, 1):
        lines += prose(f"[{i}] {words} ({_CHECKED[confirmed]})", width)
    return lines


def render_list(machines: Sequence[Sequence[str]], profiles: Iterable[Profile], *, width: int = 80) -> list[Line]:
    """`machines` are name, host and profile of the configured ones."""
    lines: list[Line] = []
    if machines:
        rows = [[one_line(cell) or UNKNOWN for cell in row] for row in machines]
        lines += [*table(("device", "host", "profile"), rows, width=width), BLANK]
    kinds = [
        (profile.name, profile.title, ", ".join(profile.families), "estimate only" if profile.estimate_only else "")
        for profile in profiles
    ]
    header = ("profile", "what it is", "short names", "")
    return lines + table(header, [[one_line(cell) for cell in row] for row in kinds], width=width)


class _Sources:
    """Sources in the order they are first named, each with its number."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bool]] = []

    def number(self, words: str, *, confirmed: bool) -> str:
        source = (words, confirmed)
        if source not in self.told:
            self.told.append(source)
        return f"[{self.told.index(source) + 1}]"


def _path(label: str, path: str) -> Line:
    """Never wrapped: a path is copied."""
    return (Span(f"  {label}".ljust(LABEL), "dim"), Span(printable(path)))


def _facts(profile: Profile) -> list[tuple[str, str]]:
    known = (
        ("families", ", ".join(profile.families)),
        ("modules", ", ".join(profile.modules)),
        ("chip", ", ".join(filter(None, (profile.chip, _tpcs(profile), _dla(profile))))),
        ("card", " or ".join(profile.gpus)),
        ("runtimes", ", ".join(profile.runtimes)),
        ("precision", profile.precision),
        (
            "memory",
            {"process": "of the process", "device": "of the card", "unified": "one for CPU and GPU"}[
                profile.memory_scope
            ],
        ),
        ("python", profile.python),
        ("software", "; ".join(f"{name}: {text}" for name, text in profile.software.items())),
        ("estimate", f"only: {profile.estimate_only}" if profile.estimate_only else ""),
    )
    return [(label, text) for label, text in known if text]


def _tpcs(profile: Profile) -> Optional[str]:
    return None if profile.gpu_units is None else f"{profile.gpu_units} TPCs"


def _dla(profile: Profile) -> Optional[str]:
    return None if profile.dla is None else f"{profile.dla} DLA"


def _figures(profile: Profile, sources: _Sources) -> list[Sequence[str]]:
    peaks = [
        (f"{_TITLES.get(precision, precision)}, dense", figure, 1e12, "TOPS" if precision == "int8" else "TFLOPS")
        for precision, figure in profile.peaks.items()
    ]
    others = (
        ("bandwidth", profile.bandwidth, 1e9, "GB/s"),
        ("memory", profile.memory, MIB, "MiB"),
        ("multiprocessors", profile.multiprocessors, 1.0, ""),
        ("gpu clock", profile.gpu_hz, 1e6, "MHz"),
        ("cpu cores", profile.cpu_cores, 1.0, ""),
        ("cpu clock", profile.cpu_hz, 1e6, "MHz"),
    )
    return [_row(title, figure, scale, unit, sources) for title, figure, scale, unit in (*peaks, *others) if figure]


def _row(title: str, figure: Figure, scale: float, unit: str, sources: _Sources) -> Sequence[str]:
    source = sources.number(figure.source, confirmed=figure.confirmed)
    return (title, number(figure.value / scale), unit, _CHECKED[figure.confirmed], source)


def _mode(mode: PowerMode, sources: _Sources) -> Sequence[str]:
    about = ", ".join(filter(None, (mode.configuration, "default" if mode.is_default else "")))
    return (
        one_line(mode.name),
        one_line(about),
        UNKNOWN if mode.cpu_cores is None else str(mode.cpu_cores),
        _mhz(mode.cpu_hz),
        UNKNOWN if mode.gpu_units is None else str(mode.gpu_units),
        _mhz(mode.gpu_hz),
        _mhz(mode.memory_hz),
        sources.number(mode.source, confirmed=mode.confirmed),
    )


def _mhz(hz: Optional[float]) -> str:
    return UNKNOWN if hz is None else number(hz / 1e6)
