"""One named machine: how it is reached, and what is asked of it before a verdict counts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Mapping, Optional, Union

from edgeprof.core.errors import TargetError
from edgeprof.core.profile import Profile

HERE = ("local", "cpu")  # what this machine is called
_CARD = re.compile(r"(?:gpu|cuda)(?::(\d+))?")


@dataclass(frozen=True)
class Machine:
    """Without a `host` it is this machine; `host` is what ssh takes: an alias, user@address, ssh://user@box:2222."""

    name: str
    host: Optional[str] = None
    profile: Optional[Profile] = None
    python: Optional[str] = None  # the interpreter there; None: the profile's, else python3
    require: Mapping[str, Union[str, bool]] = field(default_factory=dict)  # power_mode, jetpack, clocks_locked
    power_mode: Optional[str] = None  # set for the time of the measuring, then put back
    lock_clocks: bool = False

    @property
    def interpreter(self) -> str:
        """As one types it there."""
        return self.python or (self.profile.python if self.profile else "python3")

    @property
    def card(self) -> Optional[int]:
        """Which of this machine's own cards is meant; None where none is named."""
        return card_of(self.name) if self.host is None else None


def card_of(name: str) -> Optional[int]:
    """1 of gpu:1 and cuda:1, 0 of gpu; None of any other name."""
    match = _CARD.fullmatch(name)
    return int(match.group(1) or 0) if match else None


def expect_measurable(name: str, profile: Optional[Profile]) -> None:
    """Refuse a kind of device that nothing can be measured on."""
    if profile is not None and profile.estimate_only:
        raise TargetError(
            f'nothing can be measured on "{name}", a {profile.title}: {profile.estimate_only}',
            "name another device with --device; `edgeprof device list` has them",
        )
