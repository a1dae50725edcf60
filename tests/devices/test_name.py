from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.core.errors import ConfigError
from edgeprof.core.profile import Found
from edgeprof.devices.load import folders
from edgeprof.devices.name import find

PLACES = folders(None, None)
BOARD = "title: x\nkind: other\nruntimes: [onnxruntime]\nprecision: fp32\nmemory_scope: process\n"


@pytest.mark.parametrize("word", ["agx-orin-64gb", "AGX_Orin-64GB", " agx orin 64gb "])
def test_a_profiles_own_name_means_it_alone(word: str) -> None:
    found = find(word, "/", PLACES)

    assert found.profile
    assert found.profile.name == "agx-orin-64gb"
    assert found.family == ()


def test_a_familys_name_means_all_its_members_and_none_of_them() -> None:
    found = find("orin", "/", PLACES)

    assert found.profile is None
    assert [profile.name for profile in found.family] == [
        "agx-orin-32gb",
        "agx-orin-64gb",
        "orin-nano-4gb",
        "orin-nano-8gb",
        "orin-nx-16gb",
        "orin-nx-8gb",
    ]


def test_a_family_of_one_is_not_guessed_either() -> None:
    found = find("thor", "/", PLACES)

    assert found.profile is None
    assert [profile.name for profile in found.family] == ["agx-thor"]


def test_the_nano_is_three_boards() -> None:
    assert [profile.name for profile in find("nano", "/", PLACES).family] == [
        "jetson-nano",
        "orin-nano-4gb",
        "orin-nano-8gb",
    ]


@pytest.mark.parametrize(
    ("word", "near"), [("orni", "orin"), ("agx-orin-64bg", "agx-orin-64gb"), ("raspbery-pi-5", "raspberry-pi-5")]
)
def test_a_slip_names_what_was_meant(word: str, near: str) -> None:
    found = find(word, "/", PLACES)

    assert (found.profile, found.family) == (None, ())
    assert near in found.near


def test_what_looks_like_nothing_finds_nothing() -> None:
    assert find("qqqqqqqq", "/", PLACES) == Found()


def test_a_path_starts_at_the_folder_it_was_written_in(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(BOARD)
    found = find("./mine.yaml", str(tmp_path), ())

    assert found.profile
    assert (found.profile.name, found.profile.origin) == ("mine", str(tmp_path / "mine.yaml"))
    with pytest.raises(ConfigError, match=r"\./other\.yaml: cannot be read"):
        find("./other.yaml", str(tmp_path), ())


@given(st.text(max_size=40).filter(lambda text: "/" not in text and not text.endswith((".yaml", ".yml"))))
def test_any_word_is_answered(word: str) -> None:
    found = find(word, "/", PLACES[:0])

    assert found == Found()


@pytest.mark.parametrize("word", ["./a\0.yaml", "../\n", "\0", "a\x1b.yaml"])
def test_a_word_that_cannot_be_printed_names_nothing(word: str) -> None:
    assert find(word, "/", PLACES) == Found()
