"""Columns of text that line up."""

from __future__ import annotations

from typing import Sequence

from edgeprof.report.lines import Line, Span


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: int,
    right: frozenset[int] = frozenset(),
    styles: Sequence[str] = (),
) -> list[Line]:
    """Rows under a header; `right` names the columns of numbers, `styles` colours the last cell of each row."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    roomy = 2 + sum(widths) + 2 * (len(widths) - 1) <= width
    gap = "  " if roomy else " "

    def padded(row: Sequence[str]) -> list[str]:
        return [
            cell.rjust(n) if i in right else cell.ljust(n) for i, (cell, n) in enumerate(zip(row, widths, strict=True))
        ]

    lines: list[Line] = [(Span("  " + gap.join(padded(header)), "dim"),)]
    for i, row in enumerate(rows):
        cells = padded(row)
        last = styles[i] if i < len(styles) else ""
        lines.append((Span("  " + gap.join(cells[:-1]) + gap), Span(cells[-1], last)))
    return lines
