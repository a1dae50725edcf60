from __future__ import annotations

from edgeprof.core.profile import Figure, PowerMode, Profile
from edgeprof.report.lines import plain
from edgeprof.report.profile import render, render_list

SHEET = Figure(42.6e12, "a data sheet", confirmed=True)
BOARD = Profile(
    "box",
    "A box",
    ("boxes",),
    ("tensorrt",),
    "fp16",
    "unified",
    kind="jetson",
    peaks={"fp16": SHEET, "int8": Figure(85.3e12, "somebody", confirmed=False)},
    bandwidth=Figure(204.8e9, "a data sheet", confirmed=True),
    power_modes=(PowerMode("MAXN", True, "super", gpu_units=8, gpu_hz=1301e6, source="somebody"),),
    origin="box.yaml",
)


def rows_of(profile: Profile) -> list[str]:
    return [" ".join(line.split()) for line in plain(render(profile, width=60)).splitlines()]


def test_every_figure_has_the_number_of_its_source() -> None:
    rows = rows_of(BOARD)

    assert "fp16, dense 42.6 TFLOPS confirmed [1]" in rows
    assert "int8, dense 85.3 TOPS unconfirmed [2]" in rows
    assert "bandwidth 204.8 GB/s confirmed [1]" in rows
    assert "MAXN super, default - - 8 1301 - [2]" in rows
    assert rows[-2:] == ["[1] a data sheet (confirmed)", "[2] somebody (unconfirmed)"]


def test_one_text_may_be_confirmed_for_one_figure_and_not_for_another() -> None:
    profile = Profile(
        "a",
        "b",
        (),
        ("x",),
        "fp32",
        "process",
        peaks={"fp32": SHEET},
        memory=Figure(1.0, "a data sheet", confirmed=False),
    )

    assert rows_of(profile)[-2:] == ["[1] a data sheet (confirmed)", "[2] a data sheet (unconfirmed)"]


def test_words_from_a_file_stay_in_their_line() -> None:
    hostile = Profile(
        "x", "a\n\x1b[2Jb", ("f\n",), ("r",), "fp32", "process", power_modes=(PowerMode("m\x1b", source="\n"),)
    )
    shown = plain([*render(hostile), *render_list([("n\n", "", "")], [hostile])])

    assert "\x1b" not in shown


def test_a_list_of_machines_comes_before_the_kinds() -> None:
    rows = [" ".join(line.split()) for line in plain(render_list([("orin", "me@orin", "")], [BOARD])).splitlines()]

    assert rows == ["device host profile", "orin me@orin -", "", "profile what it is short names", "box A box boxes"]
