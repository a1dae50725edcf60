"""ONNX Runtime's own profile: the file that it writes, an event a line, as frames and the layers in them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, Callable, ContextManager, Dict, Iterable, Iterator, List, Tuple

Rows = List[Tuple[str, List[float], Dict[str, Any]]]

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

    def begin(self, warmed: int) -> None: ...

    def layers(self, frames: int) -> Rows:
        with open(self._session.end_profiling(), encoding="utf-8", errors="replace") as lines:
            return rows_of(lines, frames)


def rows_of(lines: Iterable[str], frames: int) -> Rows:
    """Of the last so many frames, what each layer took in each; the file may be too large to be read at once."""
    rows: Dict[Tuple[str, Any], Tuple[str, List[float], Dict[str, Any]]] = {}
    this_frame: Dict[Tuple[str, Any], float] = {}
    for line in lines:
        if '"model_run"' in line:
            for key, seconds in this_frame.items():
                rows[key][1].append(seconds)
            this_frame = {}
        elif _SUFFIX in line:
            event = json.loads(line.strip().rstrip(",]"))
            told = event["args"]
            if not event["name"].endswith(_SUFFIX) or told["op_name"] in _HOLDERS:
                continue
            key = event["name"][: -len(_SUFFIX)], told.get("node_index")
            this_frame[key] = this_frame.get(key, 0.0) + event["dur"] / 1e6
            if key not in rows:
                rows[key] = key[0], [], {name: told[name] for name in _TOLD if name in told}
    return [(name, seconds[-frames:], told) for name, seconds, told in rows.values()]
