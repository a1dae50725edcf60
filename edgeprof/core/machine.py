"""One named machine: how it is reached, and what is asked of it before a verdict counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional, Union

from edgeprof.core.profile import Profile


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
