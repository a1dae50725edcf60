"""Let a device cool down before the next candidate, so that the second is not measured on the first one's heat."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edgeprof.workflow.asking import host_now
from edgeprof.workflow.device import Device
from edgeprof.workflow.prepare import Ready
from edgeprof.workflow.progress import Progress

WITHIN_C = 3.0
MOST_S = 120.0
LOOK_S = 3.0


class CoolDown:
    """Knows how warm the device was before anything was measured on it."""

    def __init__(self, device: Device, *, is_on: bool = True, most_s: float = MOST_S, look_s: float = LOOK_S) -> None:
        self._device = device
        self._start = _temperatures(device.host) if is_on else {}
        self._most_s, self._look_s = most_s, look_s
        self._has_measured = False

    def cooled(self, ready: Ready, progress: Progress) -> Ready:
        """Wait where something was measured before; the note of it goes along. What is declared warms nothing."""
        if ready.prepared.job.runtime == "fake":
            return ready
        is_due = self._has_measured and bool(self._start)
        self._has_measured = True
        return replace(ready, notes=(*ready.notes, *self._wait(progress))) if is_due else ready

    def _wait(self, progress: Progress) -> tuple[str, ...]:
        began = time.monotonic()
        has_waited = False
        while True:
            now = _temperatures(host_now(self._device))
            zone = warmest_of(self._start, now)
            if zone is None:
                return ()
            excess, waited_s = now[zone] - self._start[zone], time.monotonic() - began
            if excess <= WITHIN_C:
                return (f"cooled down for {waited_s:.0f} s to {now[zone]:.1f} C",) if has_waited else ()
            if waited_s >= self._most_s:
                note = f"still {excess:.1f} C warmer than at the start after {waited_s:.0f} s of cooling down"
                progress.say(note)
                return (note,)
            progress.show(f"cooling down, {now[zone]:.1f} C is {excess:.1f} C above the start")
            time.sleep(self._look_s)
            has_waited = True


def warmest_of(start: Mapping[str, float], now: Mapping[str, float]) -> str | None:
    """The zone that is furthest above its start; None where none was seen both times."""
    return max((zone for zone in start if zone in now), key=lambda zone: now[zone] - start[zone], default=None)


def _temperatures(host: Mapping[str, Any]) -> dict[str, float]:
    """As the agent told them; a zone that is switched off is not among them."""
    return {
        name: float(value)
        for name, value in (host.get("temperatures") or {}).items()
        if isinstance(value, (int, float))
    }
