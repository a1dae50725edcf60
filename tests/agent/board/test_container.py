"""Whether we are inside a container."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional

import pytest

from agent.board.trees import write
from edgeprof.agent.board.container import in_container


@pytest.mark.parametrize(
    ("files", "inside"),
    [
        ({".dockerenv": ""}, True),
        ({"run/.containerenv": ""}, True),
        ({"proc/1/cgroup": "12:cpu:/docker/0f3c\n"}, True),
        ({"proc/1/cgroup": "0::/kubepods/besteffort/pod1\n"}, True),
        ({"proc/1/cgroup": "0::/init.scope\n"}, False),
        ({}, None),
    ],
)
def test_what_marks_a_container(tmp_path: Path, files: Dict[str, str], inside: Optional[bool]) -> None:
    assert in_container(write(tmp_path, files)) is inside
