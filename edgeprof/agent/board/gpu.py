"""Which GPUs the machine has, by the driver's files and by its library."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, Tuple

from edgeprof.agent.asking import PATIENCE_S, Unanswered, within
from edgeprof.agent.files import text_of
from edgeprof.agent.nvml.gpus import Gpus, opened
from edgeprof.agent.nvml.library import close


def facts(root: Path, *, is_jetson: bool) -> Dict[str, Any]:
    """As a board names them. A Jetson's GPU is no card, and told of by its board."""
    gpus, reason = opened(root)
    names = _names(root)
    if gpus is None:
        return {"gpus": names, "no_nvml": reason}
    try:
        found = within(PATIENCE_S, lambda: _told(gpus))
    except Unanswered as silence:
        return {"gpus": names, "no_nvml": str(silence)}
    told = tuple(card.name for card in found["cards"] if card.name)
    return {**found, "gpus": () if is_jetson else names or told}


def _told(gpus: Gpus) -> Dict[str, Any]:
    from edgeprof.agent.nvml import cards  # here, since most machines have no driver

    try:
        return {
            "cards": tuple(cards.described(gpus.library, gpus.found)),
            "driver": cards.driver_version(gpus.library),
            "nvml": cards.library_version(gpus.library),
        }
    finally:
        close(gpus.library)


def _names(root: Path) -> Tuple[str, ...]:
    """The cards by the names the driver's own files give them; Model: \t\t NVIDIA H200."""
    found = []
    for path in sorted((root / "proc/driver/nvidia/gpus").glob("*/information")):
        match = re.search(r"^Model:\s*(\S.*)$", text_of(path), re.MULTILINE)
        if match:
            found.append(match.group(1).strip())
    return tuple(found)
