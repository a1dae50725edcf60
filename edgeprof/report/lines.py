"""Lines of styled words, which a pipe shows plain and a terminal in colour."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Iterable, NamedTuple, Sequence

if TYPE_CHECKING:
    from rich.text import Text


class Span(NamedTuple):
    text: str
    style: str = ""


Line = tuple[Span, ...]
BLANK: Line = ()
LABEL = 14  # where the text beside a label begins

_COLOURS = {
    "pass": "bold green",
    "fail": "bold red",
    "unsure": "bold yellow",
    "strong": "bold",
    "dim": "dim",
    "over": "red",
    "bar": "cyan",
    "budget": "yellow",
    "pass-word": "bold white on green",
    "fail-word": "bold white on red",
    "unsure-word": "bold black on yellow",
}

_DRAWN = "█▉▊▋▌▍▎▏─━"
_TO_ASCII = str.maketrans(_DRAWN, "#######:-=")


def line(text: str, style: str = "") -> Line:
    return (Span(text, style),)


def one_line(text: str) -> str:
    """Text from elsewhere, safe in a line: no line ends, no control characters, no escape codes."""
    return printable(" ".join(text.split()))


def printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def saved_line(path: str) -> Line:
    """Never wrapped nor its blanks touched: a path is copied."""
    return (Span("  saved".ljust(LABEL), "dim"), Span(printable(path)))


def labelled(label: str, text: str, width: int, *, column: int = LABEL, style: str = "") -> list[Line]:
    """A label, then text wrapped beside it from `column` on."""
    parts = wrap(one_line(text), max(20, width - column), break_on_hyphens=False) or [""]
    first = (Span(f"  {label}".ljust(column), style), Span(parts[0]))
    return [first, *(line(" " * column + part) for part in parts[1:])]


def labelled_list(label: str, texts: Iterable[str], width: int, *, style: str = "dim") -> list[Line]:
    """The label beside the first text only."""
    lines: list[Line] = []
    for i, text in enumerate(texts):
        lines += labelled("" if i else label, text, width, style=style)
    return lines


def prose(text: str, width: int, *, indent: int = 2, bullet: str = "") -> list[Line]:
    start = " " * indent + bullet
    parts = wrap(one_line(text), max(20, width - len(start)), break_on_hyphens=False)
    return [line((start if i == 0 else " " * len(start)) + part) for i, part in enumerate(parts)]


def plain(lines: Iterable[Line], encoding: str = "utf-8") -> str:
    """The words alone; what the encoding cannot hold is drawn in ASCII."""
    text = "".join("".join(span.text for span in each).rstrip() + "\n" for each in lines)
    return _encodable(text, encoding)


def styled(lines: Sequence[Line], encoding: str = "utf-8") -> Text:
    """The same words in colour, for a rich console."""
    from rich.text import Text

    text = Text(no_wrap=True)
    for i, each in enumerate(lines):
        if i:
            text.append("\n")
        for span in each:
            text.append(_encodable(span.text, encoding), _COLOURS.get(span.style))
    return text


def _encodable(text: str, encoding: str) -> str:
    if encoding.lower().replace("-", "").startswith("utf"):
        return text.encode("utf-8", "replace").decode()
    return text.translate(_TO_ASCII).encode(encoding, "replace").decode(encoding)
