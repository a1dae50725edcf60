"""What TensorRT says while it works: figures and complaints are kept, nothing is printed."""

from __future__ import annotations

import re
from typing import Any, Dict, List

# TensorRT 8 gives a bare number, 10 and later say "bytes" after it.
_FIGURES = {
    "weights_bytes": re.compile(r"Total Weights Memory: (\d+)"),  # Total Weights Memory: 238797908 bytes
    "activation_bytes": re.compile(r"Total Activation Memory: (\d+)"),  # Total Activation Memory: 467884032 bytes
    "scratch_bytes": re.compile(r"(?:Max|Total) Scratch Memory: (\d+)"),  # Max Scratch Memory: 42735104 bytes
}
_MOST_KEPT = 100


class BuildLog:
    """Heard from any thread of the builder's."""

    def __init__(self) -> None:
        self.figures: Dict[str, int] = {}
        self.errors: List[str] = []
        self.warnings: List[str] = []

    @property
    def last(self) -> str:
        """What it complained of last."""
        said = self.errors or self.warnings  # 8.5 only warns when it finds no card
        return said[-1].strip()[:300] if said else "it did not say why"

    def hear(self, severity: str, words: str) -> None:
        if severity == "VERBOSE":  # hundreds of thousands of lines
            return
        if severity == "INFO":
            self._take_figures(words)
        elif severity == "WARNING":
            _keep(self.warnings, words)
        else:
            _keep(self.errors, words)

    def _take_figures(self, words: str) -> None:
        for name, pattern in _FIGURES.items():
            match = pattern.search(words)
            if match:  # said again for each part of a plan that has several: a budget asks for the largest
                self.figures[name] = max(int(match.group(1)), self.figures.get(name, 0))


# TensorRT registers the first logger of a process and says everything to it, whatever the next object is made with.
_loggers: Dict[str, Any] = {}


def logger_to(log: BuildLog, trt: Any) -> Any:
    """What TensorRT's objects are made with: one for the whole process, which from now on tells this log."""
    if trt.__name__ not in _loggers:

        class Ear(trt.ILogger):  # type: ignore[misc]
            def __init__(self) -> None:
                trt.ILogger.__init__(self)
                self.tells = log

            def log(self, severity: Any, msg: str) -> None:
                self.tells.hear(severity.name, msg)

        _loggers[trt.__name__] = Ear()
    logger = _loggers[trt.__name__]
    logger.tells = log
    return logger


def _keep(lines: List[str], words: str) -> None:
    if words not in lines and len(lines) < _MOST_KEPT:
        lines.append(words)
