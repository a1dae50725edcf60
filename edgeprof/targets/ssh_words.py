"""Read what ssh itself says when it does not get through, and say what can be done about it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote

from edgeprof.core.destination import expect_no_password, is_destination
from edgeprof.core.errors import ConfigError, TargetError
from edgeprof.targets.hearing import printable

_KEPT_LINES = 12


@dataclass(frozen=True)
class _Complaint:
    """`may_pass`: a device that starts up, or a link that comes back, ends it."""

    seen: re.Pattern[str]
    words: str
    hint: str
    may_pass: bool = False


def _complaint(seen: str, words: str, hint: str, *, may_pass: bool = False) -> _Complaint:
    return _Complaint(re.compile(seen), words, hint, may_pass)


_SWITCHED_ON = "is it switched on, and is this its address? try: ssh {destination}"

# The first that fits is taken; each with a line of OpenSSH 7.6 to 9.9 that it was written for.
_COMPLAINTS = (
    # @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
    _complaint(
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key has changed: refused",
        "if you know why, do as it says; {said}",
    ),
    # No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.
    # Host key verification failed.
    _complaint(
        "Host key verification failed|host key is known for",
        "its host key is not known yet",
        "see whether it is the right one, and accept it, once by hand: ssh {destination}",
    ),
    # "System is booting up. Unprivileged users are not permitted to log in yet. [...] pam_nologin(8)."
    _complaint(
        "pam_nologin|System is (booting up|going down)",
        "it starts up",
        "wait, or give --wait-for-device 5m",
        may_pass=True,
    ),
    # nvidia@10.0.0.5: Permission denied (publickey,password).
    _complaint(
        "Permission denied|Too many authentication failures|no mutual signature",
        "authentication failed",
        "edgeprof asks for no password: ssh-copy-id {destination}, until this works by itself: ssh {destination} true",
    ),
    # ssh: Could not resolve hostname orin: Name or service not known
    _complaint(
        "Could not resolve hostname|Name or service not known|nodename nor servname",
        "no such host is known",
        "write its address, or an alias of your ssh configuration",
        may_pass=True,
    ),
    # ssh: connect to host 127.0.0.1 port 2222: Connection refused
    _complaint("Connection refused", "connection refused", f"does sshd run there? {_SWITCHED_ON}", may_pass=True),
    # ssh: connect to host 10.0.0.5 port 22: No route to host
    _complaint("No route to host|Network is unreachable|Host is down", "no route to it", _SWITCHED_ON, may_pass=True),
    # ssh: connect to host 10.0.0.5 port 22: Connection timed out
    # Connection timed out during banner exchange
    _complaint("[Tt]imed out", "it did not answer in time", _SWITCHED_ON, may_pass=True),
    # kex_exchange_identification: Connection closed by remote host
    _complaint(
        "kex_exchange_identification|Connection (reset|closed) by|Broken pipe",
        "it closed the connection",
        "see its own log: journalctl -u ssh",
        may_pass=True,
    ),
    # /home/ann/.ssh/config: line 3: Bad configuration option: hostnam
    # Can't open user config file /nowhere: No such file or directory
    _complaint(
        "Bad configuration option|Bad owner or permissions|Can't open user config",
        "ssh's own configuration is not in order",
        "{said}",
    ),
)


def expect_destination(destination: str) -> None:
    """Refuse what ssh could take for an option, and what a ProxyCommand could hand to a shell."""
    expect_no_password(destination)
    if not is_destination(destination):
        raise ConfigError(
            f'host "{" ".join(printable(destination).split())}" is nothing that ssh can be told',
            "write an alias of your ssh configuration, user@address or ssh://user@address:2222",
        )


def as_typed(destination: str, environ: Mapping[str, str] = os.environ) -> str:
    """What follows `ssh` in a command that goes where edgeprof went."""
    config = environ.get("EDGEPROF_SSH_CONFIG")
    return f"-F {quote(config)} {destination}" if config else destination


def unreachable(name: str, destination: str, said: str) -> TargetError:
    """ssh ended without getting through; `said` is its stderr."""
    for complaint in _COMPLAINTS:
        if complaint.seen.search(said):
            hint = complaint.hint.format(destination=as_typed(destination), said=_worth_showing(said))
            return _error(name, destination, complaint.words, hint, may_pass=complaint.may_pass)
    last = said.strip().rpartition("\n")[2] or "ssh ended without a word"
    return _error(name, destination, last, f"try: ssh {as_typed(destination)}", may_pass=False)


def _error(name: str, destination: str, words: str, hint: str, *, may_pass: bool) -> TargetError:
    at = "" if destination == name else f" at {destination}"
    return TargetError(f'device "{name}" cannot be reached{at}: {words}', hint, may_pass=may_pass)


def _worth_showing(said: str) -> str:
    """ssh's own words without its frames."""
    lines = [line.strip("@ \r") for line in said.splitlines()]
    return "ssh says:\n  " + "\n  ".join([line for line in lines if line][-_KEPT_LINES:])


def loss_of(said: str) -> str:
    """Why a link broke, as far as ssh tells."""
    lines = [
        line.strip() for line in said.splitlines() if re.search("onnection|imeout|roken pipe|not responding", line)
    ]
    return lines[-1].rstrip(".") if lines else "the connection ended"
