"""ONNX Runtime's own profile: the file that it writes, an event a line, as frames and the layers in them."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, Callable, ContextManager, Dict, Iterable, Iterator, List, Tuple

from edgeprof.core.errors import RuntimeUnavailable

Rows = List[Tuple[str, List[float], Dict[str, Any]]]

_FRAME = "model_run"
_MOST_EVENTS = "1,000,000"  # that its profiler keeps; later ones it drops, and tells only its log
# Older versions write names as they are: "name" :"a"b_kernel_time","args" : {
_NAME = re.compile(r'(?<="name" :)"(.*)"(?=,"args" : \{)')
_SPACE = "see whether there is space for it in the temporary folder"
_SUFFIX = "_kernel_time"  # of an operator's event; others tell of waiting
_HOLDERS = ("If", "Loop", "Scan")  # their bodies' operators are told one by one
_TOLD = ("op_name", "provider", "node_index", "input_type_shape", "output_type_shape", "output_size", "parameter_size")


@contextmanager
def traced(open_with: Callable[[str], ContextManager[Any]]) -> Iterator[TracedSession]:
    with TemporaryDirectory(prefix="edgeprof-trace-") as folder, open_with(f"{folder}/trace") as session:
        yield TracedSession(session)


class TracedSession:
    def __init__(self, session: Any) -> None:
        self._session = session
        self.infer, self.precision = session.infer, session.precision
        self._warmed = 0

    def begin(self, warmed: int) -> None:
        self._warmed = warmed

    def layers(self, frames: int) -> Rows:
        with open(self._session.end_profiling(), encoding="utf-8", errors="replace") as lines:
            return rows_of(lines, frames, self._warmed)


def rows_of(lines: Iterable[str], frames: int, warmed: int = 0) -> Rows:
    """What each layer took in each of the frames after the warmed ones; the file may be too large to be read at once.

    RuntimeUnavailable where frames are missing, or a line cannot be read: what it hides may have run on the cpu.
    """
    rows: Dict[Tuple[str, Any], Tuple[str, List[float], Dict[str, Any]]] = {}
    this_frame: Dict[Tuple[str, Any], float] = {}
    ended = 0
    for line in lines:
        if _SUFFIX not in line and _FRAME not in line:
            continue
        event = _event(line)
        if event["name"] == _FRAME:
            ended += 1
            for key, seconds in this_frame.items():
                rows[key][1].append(seconds)
            this_frame = {}
        elif event["name"].endswith(_SUFFIX) and event["args"]["op_name"] not in _HOLDERS:
            told = event["args"]
            key = event["name"][: -len(_SUFFIX)], told.get("node_index")
            this_frame[key] = this_frame.get(key, 0.0) + event["dur"] / 1e6
            if key not in rows:
                rows[key] = key[0], [], {name: told[name] for name in _TOLD if name in told}
    if ended < warmed + frames:
        raise _cut_off(ended - warmed, frames)
    return [(name, seconds[-frames:], told) for name, seconds, told in rows.values()]


def _event(line: str) -> Dict[str, Any]:
    written = line.strip().rstrip(",]")
    for text in (written, _NAME.sub(lambda found: json.dumps(found.group(1)), written)):
        try:
            event: Dict[str, Any] = json.loads(text)
            return event
        except ValueError:
            continue
    raise RuntimeUnavailable(
        f'onnxruntime\'s profile has a line that cannot be read: "{written[:80]}"',
        f"give the model's nodes names without line breaks; {_SPACE}",
    )


def _cut_off(seen: int, frames: int) -> RuntimeUnavailable:
    message = f"onnxruntime's profile ends after {max(0, seen)} of {frames} frames, it keeps {_MOST_EVENTS} events"
    return RuntimeUnavailable(message, f"use --frames {seen // 2}" if seen > 1 else _SPACE)
