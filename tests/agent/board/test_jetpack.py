"""L4T and JetPack from what the board has of either."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.board.trees import RELEASES, script, write
from edgeprof.agent.board import jetpack

JETPACKS = {"32.7.1": "4.6.1", "35.3.1": "5.1.1", "36.4.4": "6.2.1", "38.4.0": "7.1", "39.2.0": "7.2"}


@pytest.mark.parametrize("l4t", RELEASES)
def test_recorded_releases_have_their_jetpack(tmp_path: Path, l4t: str) -> None:
    write(tmp_path, {"etc/nv_tegra_release": RELEASES[l4t] + "\n# KERNEL_VARIANT: oot\n"})

    found = jetpack.l4t(tmp_path, asks=False)

    assert found == l4t
    assert jetpack.jetpack(found, asks=False) == JETPACKS[l4t]


@pytest.mark.parametrize(
    ("l4t", "expected"),
    [
        ("35.1.0", "5.0.2"),
        ("36.3.0", "6.0"),
        ("36.4.0", "6.1"),
        ("36.4.3", "6.2"),
        ("36.4.7", "6.2.1"),
        ("38.2.1", "7.0"),
    ],
)
def test_the_table_holds_those_between(l4t: str, expected: str) -> None:
    assert jetpack.jetpack(l4t, asks=False) == expected


@pytest.mark.parametrize("l4t", ["36.4.5", "36.9.0", "40.1.0", "35.6.3", "32.4.4"])
def test_an_unknown_l4t_has_no_jetpack_rather_than_the_nearest(l4t: str) -> None:
    assert jetpack.jetpack(l4t, asks=False) is None


def test_only_the_first_line_counts(tmp_path: Path) -> None:
    write(tmp_path, {"etc/nv_tegra_release": "TARGET_USERSPACE_LIB_DIR=nvidia\n" + RELEASES["36.4.4"]})

    assert jetpack.l4t(tmp_path, asks=False) is None


def test_without_the_file_the_installed_package_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "bin", "dpkg-query", "printf 'nvidia-jetpack\\t6.2.1+b38\\nnvidia-l4t-core\\t36.4.99-2025\\n'")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")

    assert jetpack.l4t(tmp_path, asks=True) == "36.4.99"
    assert jetpack.jetpack("36.4.99", asks=True) == "6.2.1"  # what is installed is no guess
    assert jetpack.l4t(tmp_path, asks=False) is None


def test_a_package_listing_is_read_without_its_suffixes() -> None:
    listing = (
        "nvidia-l4t-core 36.4.4-20250616085344\nnvidia-jetpack\t6.2.1+b38\nremoved\t\ndpkg-query: no packages found\n"
    )

    assert jetpack.versions_of_packages(listing) == {"nvidia-l4t-core": "36.4.4", "nvidia-jetpack": "6.2.1"}


@given(st.sampled_from(sorted(RELEASES.values())), st.integers(0, 90), st.text(max_size=8))
def test_a_damaged_line_is_no_release_or_one_it_says(line: str, at: int, instead: str) -> None:
    found = jetpack.l4t_of_release(line[:at] + instead + line[at + len(instead) :])

    assert found is None or all(part.isdigit() for part in found.split("."))
