"""Read a device again and again on a thread of the supervisor while the measured process is sampled."""

from __future__ import annotations

import threading
import time
from array import array
from math import inf, isfinite, nan
from typing import Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from edgeprof.agent.telemetry.source import Readings, Source
from edgeprof.core.telemetry import Telemetry

# A day of telemetry is drawn no finer than an hour's, and weighs no more in the record.
_MOST_TIMES = 2048
_ENDS_WITHIN_S = 1.5


class Sampler:
    """Sources are opened when it starts, read from `begin` to `end`, and closed. Whatever hangs, the watch does not.

    Without a pace nothing is read.
    """

    def __init__(self, pace_s: float, open_sources: Callable[[], Sequence[Source]]) -> None:
        self._pace_s = pace_s
        self._open_sources = open_sources
        self._sources: Sequence[Source] = ()
        self._columns = Columns()
        self._counted: List[Dict[str, int]] = []  # before and after
        self._began_s: Optional[float] = None
        self._ended_s: Optional[float] = None
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Before sampling begins, so that what has to be started first is running by then."""
        if self._pace_s > 0:
            self._thread.start()

    def begin(self) -> None:
        if self._began_s is None:
            self._began_s = time.monotonic()
            self._wake.set()

    def end(self) -> None:
        """Waits for nothing: the last reading is on its way while the process ends."""
        if self._ended_s is None:
            self._ended_s = time.monotonic()
            self._wake.set()

    def telemetry(self) -> Optional[Telemetry]:
        """What was read until the end; None where it never began, or nothing could be read."""
        self.end()
        if self._thread.ident is not None:
            self._thread.join(_ENDS_WITHIN_S)
        if self._began_s is None or self._ended_s is None:
            return None
        series, sources = self._columns.series(self._sources)
        counters = counters_of(*self._counted) if len(self._counted) > 1 else {}
        if not series and not counters:
            return None
        return Telemetry(self._ended_s - self._began_s, self._columns.times_s(), series, sources, counters)

    def _work(self) -> None:
        self._sources = self._open_sources()
        try:
            while self._began_s is None and self._ended_s is None:
                self._rest(inf)
            if self._began_s is not None:
                self._read_until_ended(self._began_s)
        finally:
            for source in self._sources:
                source.close()

    def _read_until_ended(self, began_s: float) -> None:
        self._counted.append(_counts(self._sources))
        due_s = [began_s] * len(self._sources)
        is_last = False
        while not is_last:
            is_last = self._ended_s is not None  # what is read last is read after the end, so that nothing is missed
            now_s = time.monotonic()
            found: List[Readings] = []
            for i, source in enumerate(self._sources):
                is_due = now_s >= due_s[i] or (is_last and source.pace_s < inf)
                found.append(source.read() if is_due else {})
                if is_due:
                    due_s[i] = _next_s(due_s[i], max(source.pace_s, self._pace_s), now_s)
            self._columns.add(now_s - began_s, found)
            if not is_last:
                self._rest(min(due_s, default=inf))
        self._counted.append(_counts(self._sources))

    def _rest(self, until_s: float) -> None:
        self._wake.wait(None if until_s == inf else max(0.0, until_s - time.monotonic()))
        self._wake.clear()


class Columns:
    """Readings as they come, a column for each source's series; when there are too many, every other one goes."""

    def __init__(self) -> None:
        self._times_s = array("d")
        self._columns: Dict[Tuple[int, str], array[float]] = {}
        self._lock = threading.Lock()

    def add(self, at_s: float, found: Sequence[Readings]) -> None:
        """`found` is by source; what no source has found leaves no time either."""
        known = [(rank, name, v) for rank, of in enumerate(found) for name, v in of.items() if isfinite(v)]
        if not known:
            return
        with self._lock:
            self._times_s.append(at_s)
            for rank, name, value in known:
                column = self._columns.setdefault((rank, name), array("d"))
                column.extend([nan] * (len(self._times_s) - 1 - len(column)))
                column.append(value)
            if len(self._times_s) >= _MOST_TIMES:
                self._thin()

    def times_s(self) -> Tuple[float, ...]:
        with self._lock:
            return tuple(round(at_s, 4) for at_s in self._times_s)

    def series(self, sources: Sequence[Source]) -> Tuple[Dict[str, Tuple[Optional[float], ...]], Dict[str, str]]:
        """Each series from the first source that has any of it, never from two, and the way that it was read."""
        with self._lock:
            series: Dict[str, Tuple[Optional[float], ...]] = {}
            ways: Dict[str, str] = {}
            for rank, name in sorted(self._columns):
                if name not in series:
                    column = self._columns[rank, name]
                    missing = [nan] * (len(self._times_s) - len(column))
                    series[name] = tuple(_short(value) for value in (*column, *missing))
                    ways[name] = sources[rank].way(name)
            return series, ways

    def _thin(self) -> None:
        count = len(self._times_s)
        self._times_s = self._times_s[::2]
        for key, column in self._columns.items():
            column.extend([nan] * (count - len(column)))
            self._columns[key] = column[::2]


def counters_of(before: Mapping[str, int], after: Mapping[str, int]) -> Dict[str, int]:
    """What was counted meanwhile; of bits both words. A counter that went back was another one."""
    found = {}
    for name in before.keys() & after.keys():
        if name.endswith("_bits"):
            found[f"{name}_before"], found[f"{name}_after"] = before[name], after[name]
        elif after[name] >= before[name]:
            found[name] = after[name] - before[name]
    return dict(sorted(found.items()))


def _next_s(due_s: float, pace_s: float, now_s: float) -> float:
    """In step with the times before, unless it is late already."""
    return due_s + pace_s if due_s + pace_s > now_s else now_s + pace_s


def _counts(sources: Sequence[Source]) -> Dict[str, int]:
    return {name: count for source in sources for name, count in source.count().items()}


def _short(value: float) -> Optional[float]:
    """As many digits as any of these is worth: files hold thousands of them."""
    return float(f"{value:.9g}") if isfinite(value) else None
