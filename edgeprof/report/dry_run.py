"""What a command would do, every value with its origin."""

from __future__ import annotations

from typing import Optional, Sequence

from edgeprof.report.lines import BLANK, Line, labelled, labelled_list, one_line
from edgeprof.report.tables import table
from edgeprof.report.units import duration


def render(
    values: Sequence[tuple[str, str, str]],
    tensors: Sequence[str],
    estimated_s: Optional[float] = None,
    *,
    width: int = 80,
) -> list[Line]:
    """`values` are key, value and origin; `tensors` are input shapes; `estimated_s` None is "not known"."""
    rows = [tuple(one_line(cell) for cell in row) for row in values]
    lines = table(("key", "value", "origin"), rows, width=width, styles=["dim"] * len(rows))
    lines.append(BLANK)
    lines += labelled_list("input", tensors, width, style="strong")
    about = (
        "not known before the model has been timed"
        if estimated_s is None
        else f"{duration(estimated_s)} to a PASS, at the least"
    )
    lines += labelled("takes", about, width, style="strong")
    return lines
