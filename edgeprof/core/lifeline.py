"""End this process when whoever started it goes away, however they go: they hold the other end of a pipe."""

from __future__ import annotations

import os
import threading
from typing import Callable


def end_with(handle: int, at_end: Callable[[], None] = lambda: os._exit(0)) -> None:
    """Call `at_end` once nobody holds the writing end of `handle` any more; a thread that costs nothing until then."""

    def wait() -> None:
        while True:
            try:
                if not os.read(handle, 4096):
                    break
            except OSError:
                break
        at_end()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
