"""A probe as lines and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

from edgeprof.core.board import Board, Card, Hold, Slice
from edgeprof.core.probe import Likeness, Missing, Probe
from edgeprof.report.board import entry_lines, render_json, topics

ORIN = Board(
    kind="jetson",
    model="Jetson AGX Orin for DSBOARD-AGX",
    module="p3701-0005",
    chip="tegra234",
    memory_bytes=62841 << 20,
    gpu_units=4,
    dla=2,
    l4t="36.4.4",
    jetpack="6.2.1",
    cuda="12.6.68",
    tensorrt="10.3.0",
    trtexec="/usr/src/tensorrt/bin/trtexec",
    power_mode="MODE_30W",
    power_modes=("MAXN", "MODE_30W"),
    power_mode_ids={"MAXN": 0, "MODE_30W": 2},
    default_power_mode="MODE_30W",
    clocks_locked=False,
    disk_free_bytes=12 << 30,
)
PROBE = Probe(
    device="nvidia@10.0.0.5",
    host={
        "python": "3.10.12",
        "system": "Linux 5.15.148-tegra",
        "machine": "aarch64",
        "memory_available_bytes": 1 << 35,
    },
    board=ORIN,
    runtimes=(("onnxruntime", "1.23.2"), ("openvino", None)),
    likenesses=(Likeness("agx-orin-64gb", "Jetson AGX Orin 64GB", "certain", ("its module is p3701-0005",)),),
    missing=(Missing("python3-libnvinfer", "TensorRT for Python", "sudo apt install python3-libnvinfer"),),
    add="edgeprof device add NAME --host nvidia@10.0.0.5 --profile agx-orin-64gb",
    entry={"host": "nvidia@10.0.0.5", "profile": "agx-orin-64gb"},
)


def told(probe):
    return {topic.name: topic for topic in topics(probe)}


def of_the_gpu(**seen):
    probe = replace(PROBE, board=Board(kind="x86", **seen))
    return [(topic.name, topic.text) for topic in topics(probe) if topic.name in ("gpu", "driver")]


def test_a_card_is_told_by_its_number_its_memory_and_its_driver():
    card = Card(0, "NVIDIA H200", "GPU-aaaa", 150755 << 20, "9.0", is_sliced=False)
    told = of_the_gpu(gpus=("NVIDIA H200",), cards=(card,), driver="570.86.15", nvml="12.570.86.15")

    assert told == [
        ("gpu", "0: NVIDIA H200, GPU-aaaa, 147.2 GiB of its own, compute capability 9.0"),
        ("driver", "570.86.15, NVML 12.570.86.15"),
    ]


def test_the_slices_of_a_card_are_told_with_their_names():
    sliced = Card(1, "NVIDIA A30", is_sliced=True, slices=(Slice("MIG-1111", 6 << 30), Slice()))

    assert of_the_gpu(cards=(sliced,)) == [
        ("gpu", "1: NVIDIA A30, sliced by MIG into MIG-1111 with 6.0 GiB of it and not known with not known")
    ]
    assert of_the_gpu(cards=(replace(sliced, slices=()),)) == [("gpu", "1: NVIDIA A30, sliced by MIG into nothing yet")]


def test_a_driver_that_tells_nothing_says_why_beside_what_its_files_say():
    assert of_the_gpu(gpus=("NVIDIA T4",), no_nvml="Driver/library version mismatch") == [
        ("gpu", "NVIDIA T4"),
        ("driver", "not known: Driver/library version mismatch"),
    ]


def test_everything_found_is_told_once():
    said = {name: topic.text for name, topic in told(PROBE).items()}
    assert said["board"] == 'Jetson, p3701-0005, tegra234; it calls itself "Jetson AGX Orin for DSBOARD-AGX"'
    assert said["profile"] == "agx-orin-64gb, certain: its module is p3701-0005"
    assert said["gpu"] == "4 TPCs on, 2 DLA"
    assert said["system"] == "JetPack 6.2.1, L4T 36.4.4, Linux 5.15.148-tegra, aarch64"
    assert said["tensorrt"] == "10.3.0, trtexec at /usr/src/tensorrt/bin/trtexec"
    assert said["power mode"] == "MODE_30W, of MAXN (0), MODE_30W (2); the default is MODE_30W"
    assert said["clocks"] == "not locked"
    assert said["memory"] == "61.4 GiB in all, 32.0 GiB available"
    assert said["openvino"] == "not installed"
    assert said["disk"].startswith("12.0 GiB free")


def test_what_is_missing_comes_with_its_command():
    assert told(PROBE)["missing"].remedy == "sudo apt install python3-libnvinfer"


def test_an_unknown_board_is_said_to_be_one():
    said = told(Probe("box", {}, Board(), ()))
    assert said["board"].text == "unknown board"
    assert said["profile"].text == "none fits"
    assert said["system"].text == "not known"
    assert said["clocks"].text == "not visible"
    assert "power mode" not in said
    assert "gpu" not in said


def test_an_l4t_without_a_jetpack_says_so():
    board = Board(kind="jetson", l4t="36.9.0", dla=0)
    said = told(Probe("box", {}, board, ()))
    assert said["system"].text == "JetPack not known, L4T 36.9.0"
    assert said["gpu"].text == "no DLA"


def test_what_an_earlier_hold_left_is_something_to_look_at_and_a_hold_that_goes_on_is_not():
    left = Hold("ann@desk", 1.0, ("power mode MAXN instead of MODE_30W",), ("sudo nvpmodel -m 2",), False)
    on = Hold("ann@desk", 1.0, left.changes, left.undo, True)
    assert told(Probe("box", {}, Board(hold=left), ()))["hold"].remedy == "sudo nvpmodel -m 2"
    assert told(Probe("box", {}, Board(hold=on), ()))["hold"].remedy is None


def test_the_entry_is_told_as_a_command_and_as_yaml():
    lines = entry_lines(PROBE)
    assert lines[1] == f"to give it a name: {PROBE.add}"
    assert lines[-1] == "    NAME: {host: nvidia@10.0.0.5, profile: agx-orin-64gb}"
    assert entry_lines(Probe("local", {}, Board(), ())) == []


def test_json_has_everything_in_si_units():
    document = json.loads(render_json(PROBE))
    assert (document["format"], document["version"]) == ("edgeprof probe", 1)
    assert document["board"]["memory_bytes"] == 62841 << 20
    assert document["likenesses"][0]["sureness"] == "certain"
    assert document["missing"][0]["command"] == "sudo apt install python3-libnvinfer"


def test_one_that_is_configured_is_told_where_and_not_how_to_add_it():
    found = Probe("box", {}, Board(), (), configured="edgeprof.yaml:3 devices.box", entry={"host": "me@box"})

    assert entry_lines(found) == [
        "",
        "box is configured in edgeprof.yaml:3 devices.box; what fits it: {host: me@box}",
    ]
