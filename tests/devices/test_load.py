from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeprof.core.errors import ConfigError
from edgeprof.core.exits import Exit
from edgeprof.core.metric import MIB
from edgeprof.core.profile import Figure, Profile
from edgeprof.devices.load import built_in_folder, folders, profile_named, profiles, read_profile

LEAST = "title: a board\nkind: other\nruntimes: [onnxruntime]\nprecision: fp32\nmemory_scope: process\n"


def profile_of(tmp_path: Path, text: str) -> Profile:
    path = tmp_path / "board.yaml"
    path.write_text(text)
    return read_profile(path, "board.yaml")


def refusal(tmp_path: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        profile_of(tmp_path, text)
    return raised.value


def test_the_least_that_a_profile_says_is_enough(tmp_path: Path) -> None:
    profile = profile_of(tmp_path, LEAST)

    assert (profile.name, profile.title, profile.runtimes) == ("board", "a board", ("onnxruntime",))
    assert (profile.python, profile.peaks, profile.bandwidth, profile.estimate_only) == ("python3", {}, None, None)
    assert profile.origin == str(tmp_path / "board.yaml")


def test_figures_come_in_the_programs_units_with_their_source(tmp_path: Path) -> None:
    profile = profile_of(
        tmp_path,
        LEAST + "confirmed: {sheet: a sheet}\nunconfirmed: {talk: somebody said so}\n"
        "figures: {int8_tops: [2, sheet], bandwidth_gb_s: [3, talk], memory_mib: [4, sheet], gpu_mhz: [5.5, sheet]}\n"
        "power_modes: [{name: 15W, source: talk, gpu_mhz: 612, tpcs: 2, default: true}]\n",
    )

    assert profile.peaks == {"int8": Figure(2e12, "a sheet", confirmed=True)}
    assert profile.bandwidth == Figure(3e9, "somebody said so", confirmed=False)
    assert profile.memory == Figure(4 * MIB, "a sheet", confirmed=True)
    (mode,) = profile.power_modes
    assert (mode.name, mode.gpu_hz, mode.gpu_units, mode.cpu_hz, mode.is_default) == ("15W", 612e6, 2, None, True)
    assert (mode.source, mode.confirmed) == ("somebody said so", False)


@pytest.mark.parametrize(
    ("more", "message", "hint"),
    [
        ("titel: x", 'board.yaml:6: unknown key "titel"', 'did you mean "title"?'),
        ("figures: {fp16_tflop: [1, a]}", 'unknown key "fp16_tflop" in figures', 'did you mean "fp16_tflops"?'),
        ("figures: {fp16_tflops: 42}", "fp16_tflops is 42, expected a list", None),
        ("figures: {fp16_tflops: [42]}", "expected a number and its source, such as [42.6, datasheet]", None),
        ("figures: {fp16_tflops: [42, sheet]}", 'no source is called "sheet"', "name the source under confirmed:"),
        (
            "confirmed: {sheet: x}\nfigures: {fp16_tflops: [42, shet]}",
            'no source is called "shet"',
            'did you mean "sheet"?',
        ),
        ("confirmed: {a: x}\nunconfirmed: {a: x}", 'source "a" is confirmed and unconfirmed', "remove one"),
        ("confirmed: {a: x}\nfigures: {memory_mib: [-1, a]}", "is -1, expected a number above 0", None),
        ("confirmed: {a: x}\nfigures: {memory_mib: [.inf, a]}", "expected a number above 0", None),
        ("confirmed: {a: x}\nfigures: {memory_mib: [.nan, a]}", "expected a number above 0", None),
        ("confirmed: {a: x}\nfigures: {memory_mib: [true, a]}", "expected a number above 0", None),
        ("identity: {tpcs: 1.5}", "tpcs is 1.5, expected a whole number", None),
        ("identity: {total_memory_mib: [9, 1]}", "expected the least first", None),
        ("power_modes: [{name: MAXN}]", "a power mode has no source", "add source: to it"),
        ("python: true", "python is true, expected text", None),
        ("software: [a]", "software is a list, expected keys with values", None),
    ],
)
def test_a_mistake_is_told_by_its_place(tmp_path: Path, more: str, message: str, hint: str | None) -> None:
    error = refusal(tmp_path, LEAST + more)

    assert message in str(error)
    assert str(error).startswith("board.yaml:")
    assert hint is None or hint in (error.hint or "")


@pytest.mark.parametrize("key", ["title", "kind", "runtimes", "precision", "memory_scope"])
def test_what_every_profile_needs_is_missed(tmp_path: Path, key: str) -> None:
    lines = [line for line in LEAST.splitlines() if not line.startswith(key)]

    assert f"{key} is missing" in refusal(tmp_path, "\n".join(lines)).message


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("kind", "jetsn", 'did you mean "jetson"?'),
        ("precision", "fp8", "fp32"),
        ("runtimes", "[tensort]", 'did you mean "tensorrt"?'),
        ("runtimes", "[]", ""),
        ("memory_scope", "shared", "unified"),
    ],
)
def test_words_are_of_those_that_are_known(tmp_path: Path, key: str, value: str, hint: str) -> None:
    lines = [f"{key}: {value}" if line.startswith(key) else line for line in LEAST.splitlines()]
    error = refusal(tmp_path, "\n".join(lines))

    assert error.exit is Exit.USAGE
    assert hint in (error.hint or "")


def test_the_projects_come_before_the_users_before_edgeprofs(tmp_path: Path) -> None:
    own, project = tmp_path / "own", tmp_path / "project"
    for folder, title in ((own / "profiles", "mine"), (project / "device_profiles", "the project's")):
        folder.mkdir(parents=True)
        (folder / "t4.yaml").write_text(LEAST.replace("a board", title))
    (own / "profiles" / "bench.yaml").write_text(LEAST)
    places = folders(own, project)
    found = profiles(places)

    assert found["t4"].title == "the project's"
    assert found["t4"].hides == str(own / "profiles" / "t4.yaml")
    assert found["bench"].hides == ""
    assert found["l4"].title == "NVIDIA L4"
    assert profile_named("t4", places) == found["t4"]
    assert profile_named("t5", places) is None


def test_a_folder_that_is_found_twice_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "device_profiles").symlink_to(built_in_folder())
    places = folders(None, tmp_path)

    assert places == (tmp_path / "device_profiles",)
    assert not any(profile.hides for profile in profiles(places).values())


def test_a_name_that_no_file_can_have_is_not_found() -> None:
    assert profile_named("x" * 5000, folders(None, None)) is None


def read_bytes(folder: Path, content: bytes) -> None:
    path = folder / "any.yaml"
    path.write_bytes(content)
    try:
        profile = read_profile(path)
    except ConfigError as error:
        assert error.exit is Exit.USAGE  # noqa: PT017
    else:
        assert profile.name == "any"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_any_bytes_are_a_profile_or_a_config_error(tmp_path: Path, content: bytes) -> None:
    read_bytes(tmp_path, content)


REAL = sorted(built_in_folder().glob("*.yaml"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.data())
def test_any_change_to_a_real_profile_gives_a_profile_or_a_config_error(tmp_path: Path, data: st.DataObject) -> None:
    content = data.draw(st.sampled_from(REAL)).read_bytes()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 30)))
    patch = data.draw(
        st.sampled_from([b"", b"{}", b"[]", b"-1", b"1e999", b"true", b": ", b"\n", b"~", b'"\\0"', b"x"])
    )

    read_bytes(tmp_path, content[:start] + patch + content[end:])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            [
                "kind: gpu",
                "families: [a]",
                "families: {}",
                "identity: {tpcs: 0, dla: 0}",
                "identity: {total_memory_mib: [1, 2]}",
                "software: {a: 3.10}",
                "notes: [x]",
                "notes: [[x]]",
                "confirmed: {a: b}",
                "unconfirmed: {a: c}",
                "unconfirmed:",
                "figures: {fp32_tflops: [1, a]}",
                "figures: {fp32_tflops: [1e300, a]}",
                "figures: [1]",
                "power_modes: [{}]",
                "power_modes: [{name: 5, source: a}]",
                "power_modes: [{name: x, source: a, tpcs: 1}]",
                "estimate_only: old",
                "- x",
            ]
        ),
        max_size=6,
    )
)
def test_any_keys_give_a_profile_or_a_config_error(tmp_path: Path, lines: list[str]) -> None:
    read_bytes(tmp_path, (LEAST + "\n".join(lines)).encode())
