"""The profiles that come with edgeprof: each is whole, says where its figures are from, and adds up."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeprof.core.metric import MIB
from edgeprof.core.profile import Figure, Profile
from edgeprof.devices.load import built_in_folder, profiles, read_profile

ROOT = Path(__file__).parent.parent.parent
PROFILES = profiles([built_in_folder()])
EVERY = [pytest.param(profile, id=name) for name, profile in PROFILES.items()]

# Operations a clock of one multiprocessor: fp32, dense fp16 and dense int8, by architecture.
A_CLOCK = {
    "maxwell": (256, 512, None),
    "volta": (128, 1024, None),  # Xavier's has int8 in its tensor cores, the V100's not
    "turing": (128, 1024, 2048),
    "orin": (256, 2048, 4096),  # twice what other Ampere GPUs have
    "ampere": (256, 1024, 2048),
    "ada": (256, 1024, 2048),
    "hopper": (256, 4096, 8192),
    "thor": (256, 8192, 16384),
}
ARCHITECTURE = {
    **dict.fromkeys(("agx-orin-64gb", "agx-orin-32gb", "orin-nx-16gb", "orin-nx-8gb"), "orin"),
    **dict.fromkeys(("orin-nano-8gb", "orin-nano-4gb"), "orin"),
    **dict.fromkeys(("agx-xavier", "xavier-nx", "v100"), "volta"),
    **dict.fromkeys(("a2", "a10", "rtx-3060"), "ampere"),
    **dict.fromkeys(("l4", "rtx-4090", "rtx-4060-laptop"), "ada"),
    **dict.fromkeys(("h100", "h200"), "hopper"),
    "t4": "turing",
    "jetson-nano": "maxwell",
    "agx-thor": "thor",
}
GPUS = [pytest.param(PROFILES[name], A_CLOCK[kind], id=name) for name, kind in ARCHITECTURE.items()]


def value(figure: Figure | None) -> float:
    assert figure is not None
    return figure.value


def figures_of(profile: Profile) -> list[Figure]:
    own = (
        profile.bandwidth,
        profile.memory,
        profile.multiprocessors,
        profile.gpu_hz,
        profile.cpu_cores,
        profile.cpu_hz,
    )
    of_modes = [figure for mode in profile.power_modes for figure in (*mode.peaks.values(), mode.bandwidth)]
    return [figure for figure in (*profile.peaks.values(), *own, *of_modes) if figure]


def test_the_profiles_asked_for_are_there() -> None:
    assert set(PROFILES) == {*ARCHITECTURE, "raspberry-pi-4", "raspberry-pi-5", "x86-cpu"}
    assert len(PROFILES) == 23


@pytest.mark.parametrize("profile", EVERY)
def test_a_profile_is_whole(profile: Profile) -> None:
    assert profile.title
    assert profile.families
    assert profile.runtimes
    assert profile.kind in ("jetson", "raspberry-pi", "gpu", "x86")
    assert profile.memory_scope == {"jetson": "unified", "gpu": "device"}.get(profile.kind, "process")
    assert profile.precision == ("fp16" if "tensorrt" in profile.runtimes else "fp32")
    assert profile.python == "python3"
    assert profile.software
    assert profile.modules or profile.gpus or profile.kind == "x86"
    assert profile.kind == "x86" or (profile.peaks and profile.bandwidth)


@pytest.mark.parametrize("profile", EVERY)
def test_every_figure_and_every_mode_says_where_it_is_from(profile: Profile) -> None:
    assert figures_of(profile) or profile.kind == "x86"
    assert all(figure.source and figure.value > 0 for figure in figures_of(profile))
    assert all(mode.source for mode in profile.power_modes)


@pytest.mark.parametrize("profile", [p for p in EVERY if PROFILES[str(p.id)].kind == "jetson"])
def test_one_mode_of_each_configuration_is_the_default(profile: Profile) -> None:
    if profile.name == "xavier-nx":  # no source says which
        assert not any(mode.is_default for mode in profile.power_modes)
        return
    configurations = {mode.configuration for mode in profile.power_modes}
    defaults = [mode.configuration for mode in profile.power_modes if mode.is_default]

    assert sorted(defaults) == sorted(configurations)


@pytest.mark.parametrize(("profile", "a_clock"), GPUS)
def test_a_peak_is_multiprocessors_times_clock_times_operations(
    profile: Profile, a_clock: tuple[int, int, int | None]
) -> None:
    cycles = value(profile.multiprocessors) * value(profile.gpu_hz)
    fp32, fp16, int8 = a_clock

    faster = 1980 / 1830 if profile.name in ("h100", "h200") else 1.0  # without tensor cores they are clocked higher
    assert value(profile.peaks["fp32"]) == pytest.approx(cycles * faster * fp32, rel=0.025)
    assert value(profile.peaks["fp16"]) == pytest.approx(cycles * fp16, rel=0.025)
    if int8:
        assert value(profile.peaks["int8"]) == pytest.approx(cycles * int8, rel=0.025)


@pytest.mark.parametrize("name", [name for name, kind in ARCHITECTURE.items() if kind == "orin"])
def test_the_peaks_of_orins_modes_follow_their_tpcs_and_clock(name: str) -> None:
    modes = [mode for mode in PROFILES[name].power_modes if mode.peaks]
    for mode in modes:
        assert mode.gpu_units
        assert mode.gpu_hz
        cycles = 2 * mode.gpu_units * mode.gpu_hz  # a TPC has two multiprocessors
        for precision, operations in (("fp16", 2048), ("int8", 4096)):
            assert mode.peaks[precision].value == pytest.approx(cycles * operations, rel=0.025)

    assert modes or name == "agx-orin-32gb"


def test_a_tpc_of_a_jetson_has_two_multiprocessors() -> None:
    jetsons = [p for p in PROFILES.values() if p.kind == "jetson" and p.name != "jetson-nano"]

    assert [value(p.multiprocessors) for p in jetsons] == [2 * (p.gpu_units or 0) for p in jetsons]


def test_bandwidth_follows_the_memory_clock_where_a_mode_sets_it() -> None:
    bus_bytes = {"agx-orin-64gb": 32, "orin-nano-8gb": 16}
    for name, width in bus_bytes.items():
        for mode in PROFILES[name].power_modes:
            if mode.bandwidth and mode.memory_hz:
                assert mode.bandwidth.value == pytest.approx(mode.memory_hz * 2 * width, rel=0.01)


@pytest.mark.parametrize("profile", EVERY)
def test_what_a_program_can_have_is_no_more_than_there_is(profile: Profile) -> None:
    least, most = profile.total_memory
    if profile.memory and profile.kind == "jetson":
        assert least <= profile.memory.value <= most
    assert most > least


@pytest.mark.parametrize("profile", EVERY)
def test_tf32_is_half_of_fp16(profile: Profile) -> None:
    if "tf32" in profile.peaks:
        assert profile.peaks["tf32"].value == pytest.approx(profile.peaks["fp16"].value / 2, rel=0.01)
        assert not profile.peaks["tf32"].confirmed


def test_known_bad_figures_are_not_carried() -> None:
    orin, l4 = PROFILES["agx-orin-64gb"], PROFILES["l4"]

    assert value(orin.peaks["int8"]) < 90e12  # 170 is sparse
    assert value(orin.peaks["fp16"]) < 45e12
    assert value(l4.peaks["fp32"]) == pytest.approx(30.3e12)  # not 31.3
    assert next(m.name for m in PROFILES["orin-nano-8gb"].power_modes if m.configuration == "super") == "15W"


def test_nothing_of_the_v100_is_confirmed() -> None:
    assert not any(figure.confirmed for figure in figures_of(PROFILES["v100"]))


def test_only_what_runs_jetpack_4_alone_is_for_estimates() -> None:
    assert [profile.name for profile in PROFILES.values() if profile.estimate_only] == ["jetson-nano"]


def test_orins_super_mode_is_among_its_modes() -> None:
    modes = {mode.name: mode for mode in PROFILES["orin-nano-8gb"].power_modes}

    assert modes["MAXN_SUPER"].gpu_hz == 1020e6
    assert value(modes["MAXN_SUPER"].bandwidth) == 102e9
    assert modes["MAXN_SUPER"].configuration == "super"


def test_the_form_that_the_readme_shows_is_read(tmp_path: Path) -> None:
    text = (ROOT / "device_profiles" / "README.md").read_text()
    path = tmp_path / "shown.yaml"
    path.write_text(text.split("```yaml\n")[1].split("```")[0])
    profile = read_profile(path)

    fp16 = profile.peaks["fp16"]
    assert (fp16.source, fp16.confirmed) == ("NVIDIA DS-10662-001 v1.6, table 1-3", True)
    assert fp16.value == pytest.approx(26.7e12)
    assert value(profile.memory) == 30536 * MIB
    assert profile.power_modes[0].is_default
