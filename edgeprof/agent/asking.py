"""Ask a driver no longer than somebody waits: a lost card may keep it from ever answering."""

from __future__ import annotations

import threading
from typing import Callable, List, TypeVar

# Without nvidia-persistenced the driver first wakes each card, a second or two apiece.
PATIENCE_S = 20.0

T = TypeVar("T")


class Unanswered(Exception):
    """Nothing came in time; whoever was asked goes on, on a thread that ends with the process."""

    def __init__(self, patience_s: float) -> None:
        super().__init__(f"the driver did not answer within {patience_s:g} s")


def within(patience_s: float, ask: Callable[[], T]) -> T:
    """What is answered, or raised, by then."""
    answers: List[T] = []
    errors: List[BaseException] = []

    def asked() -> None:
        try:
            answers.append(ask())
        except BaseException as error:  # noqa: BLE001 (it is raised where the answer is waited for)
            errors.append(error)

    thread = threading.Thread(target=asked, daemon=True)
    thread.start()
    thread.join(patience_s)
    if errors:
        raise errors[0]
    if not answers:
        raise Unanswered(patience_s)
    return answers[0]
