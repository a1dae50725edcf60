"""The real library, a builder of it, and what was said meanwhile."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def tools() -> Any:
    from edgeprof.agent.trt.build import tools_for
    from edgeprof.agent.trt.order import BuildOrder

    return tools_for(BuildOrder("fp32"))
