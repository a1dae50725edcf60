"""The user's devices.yaml: a machine is added, and everything else stays as it was."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeprof.config.own import add_own_device, read_own_devices, remove_own_device
from edgeprof.core.errors import ConfigError

KEYS = {"host": "nvidia@10.0.0.5", "profile": "agx-orin-64gb"}
LINE = "orin: {host: nvidia@10.0.0.5, profile: agx-orin-64gb}\n"
WRITTEN = """\
# mine
box:   {host: me@box}   # under the desk

# the old one
orin:
  host: me@old
  # slow
  budget: {p99_ms: 50}

# the last
pi: {host: pi@pi5}
"""


def add(repository: Any, name: str = "orin", keys: dict[str, str] | None = None, **changes: Any) -> str:
    return add_own_device(name, KEYS if keys is None else keys, repository.environment(), **changes)


def test_the_first_machine_makes_the_file(repository: Any) -> None:
    assert add(repository) == "~/.config/edgeprof/devices.yaml"
    assert repository.own_devices.read_text() == LINE
    assert repository.machine(device="orin").host == "nvidia@10.0.0.5"


def test_what_is_there_stays_as_it_is(repository: Any) -> None:
    repository.write_own_devices("# mine\nbox: {host: me@box}  # under the desk\n")
    add(repository)

    assert repository.own_devices.read_text() == "# mine\nbox: {host: me@box}  # under the desk\n" + LINE


def test_a_file_without_a_last_line_end_is_added_to(repository: Any) -> None:
    repository.write_own_devices("box: {host: me@box}")
    add(repository)

    assert repository.own_devices.read_text() == "box: {host: me@box}\n" + LINE


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n"])
def test_a_file_of_nothing_but_comments_is_added_to(repository: Any, text: str) -> None:
    repository.write_own_devices(text)
    add(repository)

    assert repository.own_devices.read_text() == text + LINE


def test_a_name_that_is_there_is_kept_unless_it_is_to_be_replaced(repository: Any) -> None:
    repository.write_own_devices(WRITTEN)
    with pytest.raises(ConfigError, match=r"devices\.yaml:5: \"orin\" is there already") as raised:
        add(repository)
    assert "--replace" in (raised.value.hint or "")
    assert repository.own_devices.read_text() == WRITTEN

    add(repository, replace=True)
    old = WRITTEN[WRITTEN.index("orin:") : WRITTEN.index("\n# the last")]
    assert repository.own_devices.read_text() == WRITTEN.replace(old, LINE)


def test_the_last_machine_is_replaced(repository: Any) -> None:
    repository.write_own_devices(WRITTEN)
    add(repository, "pi", {"host": "pi@pi6"}, replace=True)

    assert repository.own_devices.read_text() == WRITTEN.replace("pi: {host: pi@pi5}\n", "pi: {host: pi@pi6}\n")


@pytest.mark.parametrize("text", ["{box: {host: me@box}}\n", "box: {host: h}\n...\n", "  box: {host: h}\n"])
def test_a_file_that_cannot_be_added_to_is_left_alone_and_the_line_is_given(repository: Any, text: str) -> None:
    repository.write_own_devices(text)
    with pytest.raises(ConfigError, match="in a way that cannot be changed from here") as raised:
        add(repository)

    assert LINE.strip() in (raised.value.hint or "")
    assert repository.own_devices.read_text() == text


def test_a_broken_file_is_told_by_its_place_and_left_alone(repository: Any) -> None:
    repository.write_own_devices("box: {hots: x}\n")
    with pytest.raises(ConfigError, match=r"devices\.yaml:1: unknown key"):
        add(repository)

    assert repository.own_devices.read_text() == "box: {hots: x}\n"


@pytest.mark.parametrize(
    "name", ["", "a b", "-x", "../x", "a: b", "null", "true", "Null", "1", "x\n", "é", "a" * 65, "local", "cpu", "gpu0"]
)
def test_a_name_that_could_be_taken_for_something_else_is_refused(repository: Any, name: str) -> None:
    with pytest.raises(ConfigError):
        add(repository, name)
    assert not repository.own_devices.exists()


def test_a_link_into_dotfiles_stays_a_link(repository: Any) -> None:
    kept = repository.root / "dotfiles.yaml"
    kept.write_text("# kept\n")
    repository.own_devices.parent.mkdir(parents=True)
    repository.own_devices.symlink_to(kept)
    add(repository)

    assert repository.own_devices.is_symlink()
    assert kept.read_text() == "# kept\n" + LINE


def test_a_folder_that_cannot_be_written_gives_the_line_to_add(repository: Any) -> None:
    (repository.home / ".config").write_text("in the way")
    with pytest.raises(ConfigError) as raised:
        add(repository)

    assert raised.value.where == "~/.config/edgeprof/devices.yaml"


def test_nothing_is_left_beside_the_file(repository: Any) -> None:
    add(repository)
    add(repository, "pi", {"host": "pi@pi5"})

    assert os.listdir(repository.own_devices.parent) == ["devices.yaml"]


VALUES = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters="'`\"<>;&|(){}$-@/"), min_size=1
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(host=VALUES, python=VALUES)
def test_whatever_is_added_is_read_back(repository: Any, host: str, python: str) -> None:
    keys = {"host": host, "python": python}
    try:
        add(repository, "any", keys, replace=True)
    except ConfigError as error:
        assert "any: {" in (error.hint or "")  # noqa: PT017
        return
    layer = read_own_devices(repository.environment())["any"]

    assert {key: given.value for key, given in layer.values.items()} == keys


def test_a_machine_is_taken_out_and_every_other_line_stays(repository: Any) -> None:
    repository.write_own_devices(WRITTEN)

    assert remove_own_device("orin", repository.environment()) == "~/.config/edgeprof/devices.yaml"
    old = WRITTEN[WRITTEN.index("orin:") : WRITTEN.index("\n# the last")]
    assert repository.own_devices.read_text() == WRITTEN.replace(old, "")
    assert set(read_own_devices(repository.environment())) == {"box", "pi"}


def test_the_only_machine_is_taken_out(repository: Any) -> None:
    repository.write_own_devices("# mine\n" + LINE)
    remove_own_device("orin", repository.environment())

    assert repository.own_devices.read_text() == "# mine\n"
    assert read_own_devices(repository.environment()) == {}


@pytest.mark.parametrize("text", ["", "# nothing\n", "box: {host: me@box}\n"])
def test_one_that_is_not_there_changes_nothing(repository: Any, text: str) -> None:
    repository.write_own_devices(text)

    assert remove_own_device("orin", repository.environment()) is None
    assert repository.own_devices.read_text() == text


def test_of_machines_in_one_line_none_is_taken_out_by_mistake(repository: Any) -> None:
    repository.write_own_devices("{orin: {host: h}, box: {host: me@box}}\n")
    with pytest.raises(ConfigError, match="in a way that cannot be changed from here") as raised:
        remove_own_device("orin", repository.environment())

    assert "take orin out of" in (raised.value.hint or "")
    assert repository.own_devices.read_text() == "{orin: {host: h}, box: {host: me@box}}\n"
