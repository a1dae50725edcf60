"""What each layer takes, for people: the sum held against the latency, and a table, slowest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Optional, Sequence

from edgeprof.core.layers import DEPTHWISE, REFORMAT, Layer, Profiled
from edgeprof.core.metric import MIB
from edgeprof.report.lines import BLANK, Line, labelled, labelled_list, line, one_line
from edgeprof.report.subject import subject_lines
from edgeprof.report.tables import table
from edgeprof.report.units import UNKNOWN, column, count, ms, share

_FAR = 0.1  # more of a gap wants an explanation
_SLOWED = 0.25  # more is another state than that of the latency
_WHOLE_MICROSECONDS = ("onnxruntime", "openvino")
_MEMORY = {"onnxruntime": "parameters and outputs as it counts them; weights that it has packed anew it does not count"}


@dataclass(frozen=True)
class Total:
    """Of the layers of one type; depthwise convolutions are one of their own."""

    type: str
    layers: int
    seconds: float
    memory_bytes: Optional[int]


def render(profiled: Profiled, *, by_type: bool = False, top: int = 0, width: int = 80) -> list[Line]:
    """The record, the sums, and the rows; `top`: so many of them, 0 is all."""
    rows = render_rows_alone(profiled, by_type=by_type, top=top, width=width)
    return [*subject_lines(profiled.measurement, width), BLANK, *_sums(profiled, width), BLANK, *rows]


def render_rows_alone(profiled: Profiled, *, by_type: bool = False, top: int = 0, width: int = 80) -> list[Line]:
    return _types(profiled, top, width) if by_type else _rows(profiled, top, width)


def slowest_first(profiled: Profiled) -> list[Layer]:
    return sorted(profiled.layers, key=lambda layer: -layer.seconds)


def totals(profiled: Profiled) -> list[Total]:
    """By type, slowest first."""
    kinds: dict[str, list[Layer]] = {}
    for layer in profiled.layers:
        kinds.setdefault(kind_of(layer), []).append(layer)
    found = [
        Total(kind, len(those), sum(each.seconds for each in those), _memory(those)) for kind, those in kinds.items()
    ]
    return sorted(found, key=lambda total: -total.seconds)


def kind_of(layer: Layer) -> str:
    """The type, called out where it is a depthwise convolution or moves data between layouts."""
    said = layer.mark is None or layer.mark in layer.type.lower()
    return layer.type if said else f"{layer.type}, {layer.mark}"


def notes_of(profiled: Profiled) -> list[str]:
    """What has to be known of the figures."""
    job, process = profiled.measurement.job, profiled.measurement.processes[-1]
    notes = []
    if job.runtime in _WHOLE_MICROSECONDS:
        most = ms(len(profiled.layers) * 1e-6)
        notes.append(f"{job.runtime} tells whole microseconds, the rest is cut off: at most {most} of the sum")
    if not profiled.tells_each_frame:
        notes.append(f"{job.runtime} tells averages alone: each layer's time is the middle one of a few averages")
    if any(layer.memory_bytes is not None for layer in profiled.layers) and job.runtime in _MEMORY:
        notes.append(f"memory: {_MEMORY[job.runtime]}")
    copies_s = sum(process.segments.parts_s.get(part, 0.0) for part in ("h2d", "d2h")) if process.segments else 0.0
    if copies_s:
        notes.append(f"{ms(copies_s)} of the latency are copies to and from the card, which are no layer's")
    return notes + list(_doubts(profiled))


def _doubts(profiled: Profiled) -> Iterator[str]:
    """Why the sum and the latency may lie apart, as far as the profiled frames show it."""
    if profiled.measurement.processes[-1].steady is False:
        yield "the process without the profiler never became steady before it was sampled"
    slowed = profiled.frame_s / profiled.latency_s - 1
    if abs(slowed) > _SLOWED:
        yield (
            "the profiled frames took another time than those without the profiler, by what it costs or by another "
            "state of the machine: the shares hold better than the times"
        )
    disturbed = profiled.in_layers_s / profiled.sum_s - 1 if profiled.sum_s else 0.0
    if disturbed > _SLOWED:
        yield (
            f"within one frame the layers sum to {ms(profiled.in_layers_s)}: every frame has a few that are disturbed, "
            "and each layer's own time leaves that out; look again when the machine has nothing else to do"
        )
    between_s = profiled.frame_s - profiled.in_layers_s
    if between_s > _FAR * profiled.frame_s:
        yield (
            f"{ms(between_s)} of a profiled frame lie in no layer: starting each, waking threads, handing on the "
            "outputs, and the profiler's own work"
        )
    elif between_s < -_FAR * profiled.frame_s:
        yield "the layers sum to more than their frames: some run beside each other"


def _sums(profiled: Profiled, width: int) -> list[Line]:
    samples = count(len(profiled.measurement.processes[-1].samples_s), "sample")
    latency = f"{ms(profiled.latency_s)} p50 of {samples}, in a process without the profiler"
    layers = f"{ms(profiled.sum_s)}, the sum of {count(len(profiled.layers), 'layer')}"
    kind = "p50" if profiled.tells_each_frame else "mean"
    frames = f"{ms(profiled.frame_s)} {kind} of {count(profiled.frames, 'frame')} with the profiler"
    frames += f", {ms(profiled.in_layers_s)} of it in layers"
    lines = labelled("latency", latency, width, style="strong")
    lines += labelled("layers", f"{layers}: {_than_latency(profiled.sum_s, profiled)}", width, style="strong")
    lines += labelled("profiled", f"{frames}: {_than_latency(profiled.frame_s, profiled)}", width)
    for mark in (DEPTHWISE, REFORMAT):
        lines += labelled(mark, _marked(profiled, mark), width)
    return lines + labelled_list("note", notes_of(profiled), width)


def _than_latency(seconds: float, profiled: Profiled) -> str:
    gap = seconds / profiled.latency_s - 1
    return f"{share(abs(gap))} {'more' if gap >= 0 else 'less'} than the latency"


def _marked(profiled: Profiled, mark: str) -> str:
    those = [layer.seconds for layer in profiled.layers if layer.mark == mark]
    if not those:
        return "none"
    return f"{count(len(those), 'layer')}, {ms(sum(those))}, {share(profiled.share(sum(those)))} of the layers' time"


def _rows(profiled: Profiled, top: int, width: int) -> list[Line]:
    ordered = slowest_first(profiled)
    shown = ordered[:top] if top else ordered
    cells = [
        column([layer.seconds * 1e3 for layer in shown], decimals=4),
        [share(profiled.share(layer.seconds)) for layer in shown],
        [one_line(kind_of(layer)) for layer in shown],
        [one_line(layer.precision or "") for layer in shown],
        _sizes([layer.memory_bytes for layer in shown]),
        [one_line(_place(layer)) for layer in shown],
    ]
    header = (_time(profiled), "share", "type", "precision", "MiB", "layer")
    lines = _table(header, cells, frozenset({0, 1, 4}), width, without=4)
    return lines + _rest([layer.seconds for layer in ordered[len(shown) :]], "layer", profiled)


def _types(profiled: Profiled, top: int, width: int) -> list[Line]:
    ordered = totals(profiled)
    shown = ordered[:top] if top else ordered
    cells = [
        column([total.seconds * 1e3 for total in shown], decimals=4),
        [share(profiled.share(total.seconds)) for total in shown],
        [str(total.layers) for total in shown],
        _sizes([total.memory_bytes for total in shown]),
        [one_line(total.type) for total in shown],
    ]
    lines = _table(
        (_time(profiled), "share", "layers", "MiB", "type"), cells, frozenset({0, 1, 2, 3}), width, without=3
    )
    return lines + _rest([total.seconds for total in ordered[len(shown) :]], "type", profiled)


def _time(profiled: Profiled) -> str:
    return "p50 ms" if profiled.tells_each_frame else "mean ms"


def _table(
    header: Sequence[str], cells: Sequence[Sequence[str]], right: frozenset[int], width: int, *, without: int
) -> list[Line]:
    """The last column is a name, and never padded; the one of `without` goes where nothing is known in it."""
    kept = [i for i in range(len(header)) if i != without or any(cells[i])]
    rows = list(zip(*(cells[i] for i in kept), strict=True))
    places = frozenset(kept.index(i) for i in right if i in kept)
    return table([header[i] for i in kept], rows, width=width, right=places)


def _rest(left_s: Sequence[float], noun: str, profiled: Profiled) -> list[Line]:
    if not left_s:
        return []
    seconds = sum(left_s)
    said = f"  and {count(len(left_s), f'more {noun}')}, {ms(seconds)}, {share(profiled.share(seconds))}"
    return [line(said, "dim")]


def _place(layer: Layer) -> str:
    """Where to find it: in the graph, else by the runtime's name; and in the source."""
    name = layer.nodes[0] if layer.nodes else layer.name
    return f"{name} ({layer.module})" if layer.module else name


def _memory(layers: Sequence[Layer]) -> Optional[int]:
    known = [layer.memory_bytes for layer in layers if layer.memory_bytes is not None]
    return sum(known) if known else None


def _sizes(sizes: Sequence[Optional[int]]) -> list[str]:
    """Blank where nothing is known."""
    words = column([None if size is None else size / MIB for size in sizes])
    return ["" if word == UNKNOWN else word for word in words]
