"""One thing that doctor has to say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Remark:
    """One thing seen. With a remedy it is a problem; `is_fatal` where nothing can be measured with it."""

    topic: str
    text: str
    remedy: str | None = None
    is_fatal: bool = False
