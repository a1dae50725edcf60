"""What ssh can be told to connect to: no option, and nothing that a shell or a ProxyCommand would read."""

from __future__ import annotations

import re
from typing import List

from edgeprof.core.errors import ConfigError

PATTERN = r"""(?!-)(?!.*[@/]-)[^\x00-\x20\x7f'`"<>;&|(){}$\\*?!~#]+"""
LONGEST = 255


def is_destination(text: str) -> bool:
    """An alias of ~/.ssh/config, user@address or ssh://user@address:2222."""
    is_whole = all(part and not part.startswith("-") for part in _parts(text)) and not has_password(text)
    return is_whole and bool(re.fullmatch(PATTERN, text)) and text.isprintable() and len(text) <= LONGEST


def has_password(text: str) -> bool:
    """user:password@address would stand in process lists and records, and ssh takes none."""
    return any(":" in part for part in _parts(text)[:-1])


def expect_no_password(text: str) -> None:
    """Refused without showing it."""
    if has_password(text):
        raise ConfigError("a host with a password in it is never used", "set up a key: ssh-copy-id user@address")


def _parts(text: str) -> List[str]:
    return (text[len("ssh://") :] if text.startswith("ssh://") else text).split("@")
