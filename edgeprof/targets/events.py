"""What an agent may say: each event's parts are looked at before anybody relies on them."""

from __future__ import annotations

from typing import Any, Dict

from edgeprof.core.protocol import message_of
from edgeprof.targets.hearing import printable

Event = Dict[str, Any]

_LONGEST_S = 1e9  # NaN and infinity are not below it


def event_of(line: bytes) -> Event | None:
    """The event a line holds, fit to be used and shown; None where it holds none."""
    message = message_of(line)
    if message is None or not isinstance(message.get("event"), str):
        return None
    if message["event"] == "samples":
        return message if _are_seconds(message.get("latencies_s")) else None
    try:
        event: Event = _shown(message)
    except RecursionError:
        return None
    return event if _is_sound(event) else None


def _is_sound(event: Event) -> bool:
    if event["event"] == "waiting":
        return isinstance(event.get("holder"), str)
    if event["event"] == "error":
        return isinstance(event.get("cause"), str) and isinstance(event.get("message"), str)
    files = event.get("files", [])
    return isinstance(files, list) and all(isinstance(of_one, list) for of_one in files)


def _are_seconds(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, (int, float)) and 0 <= item < _LONGEST_S for item in value)
    )


def _shown(value: Any) -> Any:
    """The same, with every text in it fit to be printed."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(key): _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value
