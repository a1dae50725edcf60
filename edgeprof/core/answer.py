"""What one check came to, as the reports take it: judged, or refused before anything was timed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple, Union

from edgeprof.core.budget import Budget
from edgeprof.core.exits import Exit
from edgeprof.core.measurement import Measurement
from edgeprof.core.verdict import Verdict


@dataclass(frozen=True)
class Judged:
    """A measurement under a budget. `exit` already heeds what the gate accepts."""

    measurement: Measurement
    budget: Budget
    verdict: Verdict
    exit: Exit
    saved_at: Optional[str] = None
    plan_at: Optional[str] = None  # where the plan that was judged was written
    plan_note: Optional[str] = None  # why it was not, where it was asked for; `exit` heeds it
    alternatives: Tuple[str, ...] = ()  # other candidates of the request, for "what to try next"

    @property
    def asked(self) -> str:
        return self.measurement.asked


@dataclass(frozen=True)
class Refused:
    """A check that ended in an error before a verdict was possible."""

    asked: str
    message: str
    hint: Optional[str]
    exit: Exit


Answer = Union[Judged, Refused]
