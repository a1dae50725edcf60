"""What is sent does what was written, and says where it went wrong."""

from __future__ import annotations

import traceback
from pathlib import Path

from edgeprof.targets.lean import lean

SOURCE = '''"""A module."""

# A comment.
from __future__ import annotations

WORDS = "# no comment"  # one


class Told:
    """Something
    in two lines."""

    size: int = 1  # of it


def fail() -> None:
    """Only this."""


def go() -> str:
    """Text."""
    text = """stays
# all of it"""
    if not text:
        raise ValueError
    return text + WORDS


def wrong() -> None:
    """It goes wrong in the next line."""
    raise ValueError("here")
'''


def ran(source: bytes) -> dict[str, object]:
    names: dict[str, object] = {"__name__": "tried"}
    exec(compile(source, "tried.py", "exec"), names)
    return names


def test_it_does_the_same_without_comments_and_docstrings() -> None:
    lines = lean(SOURCE.encode()).decode()
    names = ran(lines.encode())

    assert names["go"]() == "stays\n# all of it# no comment"  # type: ignore[operator]
    assert names["fail"]() is None  # type: ignore[operator]
    assert [word for word in ("A module", "A comment", "two lines", "Only this", "of it\n") if word in lines] == []


def test_every_line_is_where_it_was() -> None:
    places = []
    for source in (SOURCE.encode(), lean(SOURCE.encode())):
        try:
            ran(source)["wrong"]()  # type: ignore[operator]
        except ValueError as error:
            places.append(traceback.extract_tb(error.__traceback__)[-1].lineno)

    assert places == [SOURCE.splitlines().index('    raise ValueError("here")') + 1] * 2


def test_a_class_keeps_some_docstring_for_dataclasses_to_find() -> None:
    assert ran(lean(SOURCE.encode()))["Told"].__doc__ == "-"


def test_all_that_is_sent_still_compiles() -> None:
    root = Path(__file__).parents[2] / "edgeprof"
    files = [*(root / "core").rglob("*.py"), *(root / "agent").rglob("*.py")]

    assert files
    for file in files:
        compile(lean(file.read_bytes()), str(file), "exec")
