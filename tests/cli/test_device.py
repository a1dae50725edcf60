"""`edgeprof device`: the machines and the kinds of devices that are known, and how one's own is added."""

from __future__ import annotations

import os

import pytest

BOARD = "title: a board of mine\nkind: other\nruntimes: [onnxruntime]\nprecision: fp32\nmemory_scope: process\n"
WITHOUT_A_CARD = pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="here is a card")


@pytest.fixture
def own(shell):
    """The user's devices.yaml."""
    return shell.folder / "home" / ".config" / "edgeprof" / "devices.yaml"


def test_the_list_has_the_configured_machines_and_then_the_profiles(shell):
    shell.write(
        "edgeprof.yaml", "devices: {orin: {host: nvidia@10.0.0.5, profile: agx-orin-64gb}, pi: {host: pi@pi5}}\n"
    )
    ended = shell("device", "list")
    assert ended.code == 0, ended.err
    rows = [line.split() for line in ended.out.splitlines() if line]
    assert rows[1] == ["orin", "nvidia@10.0.0.5", "agx-orin-64gb"]
    assert rows[2] == ["pi", "pi@pi5", "-"]
    names = {row[0] for row in rows[4:]}
    assert {"agx-orin-64gb", "raspberry-pi-5", "h200", "v100", "x86-cpu"} <= names
    assert len(rows[4:]) == 23
    (nano,) = [line for line in ended.out.splitlines() if line.split()[:1] == ["jetson-nano"]]
    assert "estimate only" in nano


def test_a_profile_is_shown_with_the_source_of_every_figure(shell):
    ended = shell("device", "show", "orin-nano-8gb")
    assert ended.code == 0, ended.err
    rows = {" ".join(line.split()) for line in ended.out.splitlines()}
    assert "int8, dense 20 TOPS confirmed [1]" in rows
    assert "tf32, dense 5.1 TFLOPS unconfirmed [2]" in rows
    assert "[1] NVIDIA DS-11105-001 v1.5 (confirmed)" in rows
    assert "[2] half of fp16, as on every GPU from sm_80 on (unconfirmed)" in rows
    (fastest,) = [row for row in rows if row.startswith("MAXN_SUPER super 6 1728 4 1020 3199")]
    assert fastest.endswith("]")


def test_a_configured_device_is_shown_by_its_profile(shell):
    shell.write("edgeprof.yaml", "devices: {orin: {host: h, profile: agx-orin-64gb}, bare: {host: h}}\n")
    assert "agx-orin-64gb: Jetson AGX Orin 64GB" in shell("device", "show", "orin").out
    bare = shell("device", "show", "bare")
    assert bare.code == 2
    assert "configured without a profile" in bare.err


def test_a_profile_of_ones_own_comes_first_and_says_what_it_hides(shell):
    own = shell.folder / "home" / ".config" / "edgeprof" / "profiles"
    own.mkdir(parents=True)
    (own / "t4.yaml").write_text(BOARD)
    ended = shell("device", "show", "t4", COLUMNS=200)
    assert "t4: a board of mine" in ended.out
    assert f"file        {own / 't4.yaml'}" in ended.out
    assert "instead of" in ended.out
    assert "device_profiles/t4.yaml" in ended.out
    shell.write("mine.yaml", BOARD)
    assert "mine: a board of mine" in shell("device", "show", "./mine.yaml").out


@pytest.mark.parametrize(
    ("name", "words"),
    [("orin", "fits agx-orin-32gb, agx-orin-64gb"), ("orni", 'did you mean "orin"'), ("./none.yaml", "cannot be read")],
)
def test_what_cannot_be_shown_ends_in_2(shell, name, words):
    ended = shell("device", "show", name)
    assert ended.code == 2
    assert words in ended.err
    assert "Traceback" not in ended.err


def test_a_machine_is_added_listed_and_used(shell, own):
    ended = shell(
        "device", "add", "bench", "--host", "nvidia@10.0.0.5", "--profile", "orin-nx-16gb", "--python", "python3.11"
    )
    assert ended.code == 0, ended.err
    assert own.read_text() == "bench: {host: nvidia@10.0.0.5, profile: orin-nx-16gb, python: python3.11}\n"
    assert "edgeprof device probe bench" in ended.out
    assert "bench" in shell("device", "list").out
    shell.fake(latency_ms=10)
    shown = [
        " ".join(line.split())
        for line in shell("check", "x.fake.json", "--dry-run", "--device", "bench").out.splitlines()
    ]
    assert "device bench flag --device" in shown
    assert f"host nvidia@10.0.0.5 {own}:1".replace(str(own.parents[2]), "~") in shown
    assert any(line.startswith("profile orin-nx-16gb ") for line in shown)
    assert any(line.startswith("python python3.11 ") for line in shown)


def test_comments_are_kept_and_a_name_is_not_taken_twice(shell, own):
    own.parent.mkdir(parents=True)
    own.write_text("# mine\nbox: {host: me@box}\n")
    assert shell("device", "add", "pi", "--host", "pi@pi5").code == 0
    assert own.read_text() == "# mine\nbox: {host: me@box}\npi: {host: pi@pi5}\n"
    again = shell("device", "add", "pi", "--host", "pi@pi6")
    assert again.code == 2
    assert "--replace" in again.err
    assert shell("device", "add", "pi", "--host", "pi@pi6", "--replace").code == 0
    assert own.read_text() == "# mine\nbox: {host: me@box}\npi: {host: pi@pi6}\n"


def test_the_path_of_a_profile_holds_from_everywhere(shell, own):
    shell.write("mine.yaml", BOARD)
    assert shell("device", "add", "box", "--host", "me@box", "--profile", "./mine.yaml").code == 0
    assert f"profile: {shell.work / 'mine.yaml'}" in own.read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a b", "--host", "me@box"), "no name for a device"),
        (("local", "--host", "me@box"), "means this machine"),
        (("box", "--host=-oProxyCommand=reboot"), "expected a host as ssh takes it"),
        (("box", "--host", "me@box; reboot"), "expected a host as ssh takes it"),
        (("box", "--host", "me@box", "--profile", "agx-orin-64bg"), 'did you mean "agx-orin-64gb"'),
        (("box", "--host", "me@box", "--profile", "orin"), "name one of them"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_added_ends_in_2_and_writes_nothing(shell, own, arguments, words):
    ended = shell("device", "add", *arguments)
    assert ended.code == 2
    assert words in ended.err
    assert not own.exists()


def test_one_that_can_only_be_estimated_is_added_with_a_word_of_warning(shell, own):
    ended = shell("device", "add", "nano", "--host", "me@nano", "--profile", "jetson-nano")
    assert ended.code == 0
    assert "nothing can be measured on a Jetson Nano" in ended.out
    assert own.exists()


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (("--device", "agx-orin-64gb"), 4, "edgeprof device add orin --host user@address --profile agx-orin-64gb"),
        (("--device", "orin"), 4, "fits 6 profiles"),
        pytest.param(("--device", "gpu:0"), 4, "on gpu:0", marks=WITHOUT_A_CARD),
        (("--device", "jetson-nano", "--host", "me@nano"), 4, "nothing can be measured"),
        (("--device", "orni"), 2, 'did you mean "orin"'),
        (("--device", "local", "--host", "me@box"), 2, "leave one of the two out"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_device_that_is_not_there_is_never_this_machine_instead(shell, flags, code, words):
    ended = shell("check", shell.fake(latency_ms=10), "--quick", "--p99", "20", *flags)
    assert ended.code == code
    assert words in ended.err
    assert shell.saved_paths() == []


def test_a_dry_run_says_what_a_profile_decides(shell):
    shell.fake(latency_ms=10)
    ended = shell("check", "x.fake.json", "--dry-run", "--device", "raspberry-pi-5", "--host", "pi@pi5")
    assert ended.code == 0, ended.err
    shown = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert "precision fp32 profile raspberry-pi-5" in shown
    assert "raced onnxruntime profile raspberry-pi-5" in shown
    assert "host pi@pi5 flag --host" in shown
    assert "require nothing built in" in shown


def test_a_machine_is_removed_again(shell, own):
    own.parent.mkdir(parents=True)
    own.write_text("# mine\nbox: {host: me@box}\npi: {host: pi@pi5}\n")
    ended = shell("device", "remove", "pi")

    assert ended.code == 0, ended.err
    assert "pi is no more in" in ended.out
    assert "edgeprof device clean --host pi@pi5" in ended.out  # the address would be lost otherwise
    assert own.read_text() == "# mine\nbox: {host: me@box}\n"
    again = shell("device", "remove", "pi")
    assert again.code == 2
    assert "your own are box" in again.err


def test_nothing_is_removed_where_the_projects_file_cannot_be_read(shell, own):
    own.parent.mkdir(parents=True)
    own.write_text("pi: {host: pi@pi5}\n")
    shell.write("edgeprof.yaml", "devices: [\n")
    ended = shell("device", "remove", "pi")

    assert ended.code == 2
    assert own.read_text() == "pi: {host: pi@pi5}\n"


def test_one_that_only_the_project_describes_is_told_with_file_and_line(shell, own):
    shell.write("edgeprof.yaml", "version: 1\ndevices:\n  orin: {host: me@orin}\n")
    ended = shell("device", "remove", "orin")

    assert ended.code == 2
    assert "edgeprof.yaml:3 devices.orin" in ended.err
    assert not own.exists()


def test_a_name_that_the_project_has_a_host_for_is_added_only_on_purpose(shell, own):
    shell.write("edgeprof.yaml", "version: 1\ndevices:\n  orin: {host: me@orin}\n  pi: {budget: {p99_ms: 20}}\n")
    refused = shell("device", "add", "orin", "--host", "me@other")

    assert refused.code == 2
    assert "edgeprof.yaml:3" in refused.err
    assert "--replace" in refused.err
    assert not own.exists()
    assert shell("device", "add", "orin", "--host", "me@other", "--replace").code == 0
    assert shell("device", "add", "pi", "--host", "pi@pi5").code == 0


@pytest.mark.parametrize("way", [("--device",), ("--device", "box", "--host")], ids=" ".join)
def test_a_password_in_an_address_ends_in_2_and_is_shown_nowhere(shell, way):
    ended = shell("check", shell.fake(latency_ms=10), "--quick", "--p99", "20", *way, "me:hunter2@box")

    assert ended.code == 2
    assert "ssh-copy-id" in ended.err
    assert "hunter2" not in ended.out + ended.err


def test_a_name_may_be_left_out_where_a_host_is_given(shell, own):
    ended = shell("device", "probe", "--host", "nobody@nowhere.invalid")

    assert ended.code == 4
    assert "nobody@nowhere.invalid" in ended.err


def test_a_machine_that_is_called_as_a_profile_shows_that_one(shell, own):
    assert shell("device", "add", "orin-nano-8gb", "--host", "me@box").code == 0
    shown = shell("device", "show", "orin-nano-8gb")

    assert shown.code == 0, shown.err
    assert "Orin Nano" in shown.out
