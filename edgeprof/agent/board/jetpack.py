"""Which L4T is installed, and the JetPack it belongs to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, Optional

from edgeprof.agent.board.reading import answer_of
from edgeprof.agent.files import text_of

# What is not in here is not known: the nearest neighbour may have another TensorRT.
JETPACKS = {
    "32.6.1": "4.6",
    "32.7.1": "4.6.1",
    "32.7.2": "4.6.2",
    "32.7.3": "4.6.3",
    "32.7.4": "4.6.4",
    "32.7.5": "4.6.5",
    "32.7.6": "4.6.6",
    "35.1.0": "5.0.2",
    "35.2.1": "5.1",
    "35.3.1": "5.1.1",
    "35.4.1": "5.1.2",
    "35.5.0": "5.1.3",
    "35.6.0": "5.1.4",
    "35.6.1": "5.1.5",
    "35.6.2": "5.1.5",
    "35.6.4": "5.1.6",
    "36.2.0": "6.0 DP",
    "36.3.0": "6.0",
    "36.4.0": "6.1",
    "36.4.3": "6.2",
    "36.4.4": "6.2.1",
    "36.4.7": "6.2.1",
    "36.5.0": "6.2.2",
    "38.2.0": "7.0",
    "38.2.1": "7.0",
    "38.2.2": "7.0",
    "38.4.0": "7.1",
    "39.0.0": "7.2 EA",
    "39.2.0": "7.2",
}
_RELEASE = r"# R(\d+) \(release\), REVISION: (\d+(?:\.\d+)*),"  # # R36 (release), REVISION: 4.4, GCID: 4
_PACKAGE = r"(?m)^(\S+)[ \t]+(\d+(?:\.\d+)*)"  # nvidia-l4t-core 36.4.4-20250616085344


def l4t(root: Path, *, asks: bool) -> Optional[str]:
    """The installed L4T, 36.4.4; `asks` allows to start dpkg-query where its own file is missing."""
    # Only the first line: later JetPacks add others. BOARD in it is not the board, and DATE comes in two shapes.
    lines = text_of(root / "etc/nv_tegra_release").splitlines()
    found = l4t_of_release(lines[0]) if lines else None
    if found or not asks:
        return found
    return _installed().get("nvidia-l4t-core")


def jetpack(l4t_version: Optional[str], *, asks: bool) -> Optional[str]:
    """The JetPack of that L4T; where the table has none, the version of the package that brings JetPack."""
    if l4t_version is None:
        return None
    known = JETPACKS.get(l4t_version)
    return known if known or not asks else _installed().get("nvidia-jetpack")


def l4t_of_release(line: str) -> Optional[str]:
    match = re.match(_RELEASE, line)
    return f"{match.group(1)}.{match.group(2)}" if match else None


def versions_of_packages(listing: str) -> Dict[str, str]:
    """Package to version of what `dpkg-query --show` prints, without Debian's suffixes."""
    return dict(re.findall(_PACKAGE, listing))


def _installed() -> Dict[str, str]:
    return versions_of_packages(answer_of(["dpkg-query", "--show", "nvidia-l4t-core", "nvidia-jetpack"]) or "")
