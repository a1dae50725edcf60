"""Small files of /proc and /sys, whatever is in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.agent.files import bytes_of, text_of


def test_a_file_is_read_no_further_than_any_real_one_goes(tmp_path: Path) -> None:
    (tmp_path / "huge").write_text("x" * (1 << 20))

    assert len(text_of(tmp_path / "huge")) == 1 << 18
    assert len(text_of(tmp_path / "huge", 10)) == 10


def test_what_cannot_be_read_is_empty_and_what_is_no_text_is_still_read(tmp_path: Path) -> None:
    (tmp_path / "rubbish").write_bytes(b"a\xff\xfeb")

    assert text_of(tmp_path / "none") == text_of(tmp_path) == ""
    assert text_of(tmp_path / "rubbish") == "a\ufffd\ufffdb"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MemFree: 1 kB\nMemTotal:        7802880 kB\nMemAvailable: 2 kB\n", 7802880 * 1024),
        ("MemTotal:\t  0 kB", 0),
        ("SwapMemTotal: 5 kB\n", None),
        ("MemTotal: 5\n", None),
        ("MemTotal: 5 kB and more\n", None),
        ("MemTotal: \u0665 kB\n", None),
        (f"MemTotal: {'9' * 16} kB\n", None),
        ("", None),
    ],
)
def test_a_figure_is_of_its_own_line_whole_or_not_there(text: str, expected: object) -> None:
    assert bytes_of("MemTotal", text) == expected


@given(st.text(max_size=200))
def test_any_text_has_bytes_or_none(text: str) -> None:
    found = bytes_of("MemTotal", f"MemTotal: {text}")

    assert found is None or found >= 0
