from __future__ import annotations

from typing import Any

import pytest

from edgeprof.config import Request
from edgeprof.core.errors import ConfigError
from edgeprof.core.exits import Exit
from edgeprof.core.machine import Machine
from edgeprof.core.measurement import Plan
from edgeprof.core.resolution import NATIVE, Resolution
from edgeprof.core.stats.steady import WarmUp

EXAMPLE = """\
version: 1
model: mobilenetv3_large          # the one line to change
input: {res: 1080, batch: 1}
budget: {p99_ms: 33.3, fps: 30}
devices:
  orin: {host: nvidia@10.0.0.5, profile: agx-orin-64gb, precision: fp16, budget: {p99_ms: 20, memory_mib: 1500},
    require: {power_mode: MODE_30W, jetpack: 6.10, clocks_locked: true}}
"""


def test_a_model_alone_is_a_whole_request(repository: Any) -> None:
    request = repository.load(models=("mobilenetv3_large",))

    assert request.models == ("mobilenetv3_large",)
    assert (request.resolution, request.batch, request.machine) == (NATIVE, 1, Machine("local"))
    assert (request.runtime, request.precision, request.weights, request.threads) == ("auto", "fp32", "random", None)
    assert request.plan == Plan()
    assert (request.retries, request.lock_timeout_s, request.allow, request.accept) == (
        0,
        None,
        frozenset(),
        frozenset(),
    )
    assert request.origins["model"] == "command line"
    assert {request.origins[key] for key in request.origins if key != "model"} == {"built in"}


def test_the_example_of_the_documentation_loads(repository: Any) -> None:
    repository.write(EXAMPLE)
    request = repository.load()

    assert request.models == ("mobilenetv3_large",)
    assert request.resolution == Resolution(1080, 1920)
    assert request.budget.as_config() == {"p99_ms": 33.3, "fps": 30.0}


def test_a_device_overrides_the_file_and_its_budget_metric_by_metric(repository: Any) -> None:
    repository.write(EXAMPLE)
    request = repository.load(device="orin", memory="1GiB")

    assert (request.machine.host, request.precision) == ("nvidia@10.0.0.5", "fp16")
    assert request.machine.require == {"power_mode": "MODE_30W", "jetpack": "6.10", "clocks_locked": True}
    assert request.budget.as_config() == {"p99_ms": 20.0, "fps": 30.0, "memory_mib": 1024.0}
    assert request.origins["precision"] == "edgeprof.yaml:6 devices.orin"
    assert request.origins["budget.p99_ms"] == "edgeprof.yaml:6 devices.orin"
    assert request.origins["budget.fps"] == "edgeprof.yaml:4"
    assert request.origins["budget.memory_mib"] == "flag --memory"


def test_each_layer_gives_way_to_the_one_above_it(repository: Any) -> None:
    """Taken away one after the other: flag, environment, device, file, the user's own devices, built in."""

    def threads(request: Request) -> tuple[int | None, str]:
        return request.threads, request.origins["threads"]

    top = "model: a\ndevice: box\n"
    environ = {"EDGEPROF_THREADS": "2"}
    repository.write_own_devices("other: {}\nbox:\n  host: me@box\n  threads: 5\n")
    repository.write(top + "threads: 4\ndevices:\n  box:\n    threads: 3\n")

    assert threads(repository.load(environ=environ, threads=1)) == (1, "flag --threads")
    assert threads(repository.load(environ=environ)) == (2, "EDGEPROF_THREADS")
    assert threads(repository.load()) == (3, "edgeprof.yaml:6 devices.box")
    repository.write(top + "threads: 4\n")
    assert threads(repository.load()) == (4, "edgeprof.yaml:3")
    repository.write(top)
    assert threads(repository.load()) == (5, "~/.config/edgeprof/devices.yaml:4")
    assert threads(repository.load(device="local")) == (None, "built in")


def test_limits_merge_over_every_layer(repository: Any) -> None:
    repository.write_own_devices("box: {host: h, budget: {size_mib: 5, p99_ms: 50}}\n")
    repository.write(
        "model: a\ndevice: box\nbudget: {load_s: 4, p99_ms: 40}\ndevices: {box: {budget: {fps: 3, p99_ms: 30}}}\n"
    )
    request = repository.load(environ={"EDGEPROF_MEMORY": "2MiB", "EDGEPROF_P99": "20ms"}, p99="10ms")

    assert request.budget.as_config() == {"p99_ms": 10, "memory_mib": 2, "fps": 3, "load_s": 4, "size_mib": 5}
    assert request.origins["budget.memory_mib"] == "EDGEPROF_MEMORY"
    assert request.origins["budget.size_mib"] == "~/.config/edgeprof/devices.yaml:1"


def test_a_device_in_both_files_has_the_keys_of_both(repository: Any) -> None:
    repository.write_own_devices("box: {host: me@box, threads: 5}\n")
    repository.write("model: a\ndevices: {box: {threads: 3}}\n")
    request = repository.load(device="box")

    assert (request.machine.host, request.threads) == ("me@box", 3)


def test_xdg_says_where_the_users_devices_are(repository: Any) -> None:
    repository.write("box: {host: h, threads: 5}\n", "elsewhere/edgeprof/devices.yaml")
    folder = str(repository.root / "elsewhere")
    request = repository.load(environ={"XDG_CONFIG_HOME": folder}, models=("a",), device="box")

    assert request.threads == 5
    assert request.origins["threads"] == f"{folder}/edgeprof/devices.yaml:1"


def test_the_nearest_file_up_to_the_repositorys_root_counts(repository: Any) -> None:
    repository.write("model: a")
    (repository.root / "deep" / "er").mkdir(parents=True)

    assert repository.load("deep/er").origins["model"] == "../../edgeprof.yaml:1"
    repository.write("model: b", "deep/edgeprof.yaml")
    assert repository.load("deep/er").models == ("b",)


def test_a_file_above_the_repository_is_not_read(repository: Any) -> None:
    repository.write("model: a", "../edgeprof.yaml")

    assert "no model is named" in repository.refusal().message


def test_outside_a_repository_only_the_working_directory_counts(repository: Any) -> None:
    (repository.root / ".git").rmdir()
    repository.write("model: a")
    (repository.root / "deep").mkdir()

    assert repository.load().models == ("a",)
    with pytest.raises(ConfigError, match="no model is named"):
        repository.load("deep")


def test_a_named_file_counts_instead_and_must_exist(repository: Any) -> None:
    repository.write("model: a")
    repository.write("model: b", "ci/gate.yaml")

    assert repository.load(config="ci/gate.yaml").origins["model"] == "ci/gate.yaml:1"
    assert repository.load(environ={"EDGEPROF_CONFIG": "ci/gate.yaml"}).models == ("b",)
    assert repository.refusal(config="nope.yaml").where == "nope.yaml"


def test_the_model_is_the_first_named(repository: Any) -> None:
    repository.write("candidates: [c, d]\n")
    assert repository.load().models == ("c", "d")
    repository.write("model: b\ncandidates: [c, b]\n")
    assert repository.load().models == ("b",)
    assert repository.load().candidates == ("c", "b")
    assert repository.load(environ={"EDGEPROF_MODEL": "e"}).models == ("e",)
    assert repository.load(models=("x", "y", "x")).models == ("x", "y")
    assert repository.load(models=("x", "c"), candidates=True).models == ("x", "c", "b")
    assert repository.load(models=("x",), candidates=True).origins["model"] == "command line and edgeprof.yaml:2"


def test_no_model_anywhere_says_how_to_name_one(repository: Any) -> None:
    error = repository.refusal("budget: {fps: 30}")

    assert error.exit is Exit.USAGE
    assert "model:" in (error.hint or "")
    assert repository.refusal("model: a", candidates=True).where == "--candidates"


def test_paths_in_a_file_start_at_its_folder(repository: Any) -> None:
    repository.write("", "weights.pt")
    repository.write("", "x.npy")
    repository.write("model: nets/a.onnx\nweights: weights.pt\ninput: {files: {x: x.npy}}\n")
    (repository.root / "deep").mkdir()
    request = repository.load("deep")

    assert request.models == ("../nets/a.onnx",)
    assert request.weights == str(repository.root / "weights.pt")
    assert request.inputs == {"x": str(repository.root / "x.npy")}


def test_shapes_and_inputs_merge_by_name(repository: Any) -> None:
    repository.write("", "x.npy")
    repository.write("model: a\ninput: {shapes: {x: 1x3, y: [2, 4], scalar: 1}}\n")
    request = repository.load(shape=("x:0:5x6", "x:7x8"), input=("x=x.npy",))

    assert request.shapes == {"x:0": (5, 6), "x": (7, 8), "y": (2, 4), "scalar": (1,)}
    assert request.inputs == {"x": str(repository.root / "x.npy")}
    assert request.origins["shapes.x"] == "flag --shape"
    assert request.origins["shapes.y"] == "edgeprof.yaml:2"


def test_the_plan_follows_the_flags(repository: Any) -> None:
    request = repository.load(models=("a",), max_duration="5m", warmup="20it", duration="30s", iterations=100)

    warm_up = WarmUp(floor_samples=20, floor_s=0.0, until_steady=False)
    assert request.plan == Plan(max_duration_s=300, warm_up=warm_up, duration_s=30, samples=100)


def test_the_plan_follows_the_file(repository: Any) -> None:
    repository.write("model: a\nsampling: {processes: 5, max_duration_s: 1e2, warmup: 200ms}\n")

    warm_up = WarmUp(floor_samples=0, floor_s=0.2, until_steady=False)
    assert repository.load().plan == Plan(processes=5, max_duration_s=100, warm_up=warm_up)


def test_quick_is_one_process_unless_a_stronger_word_says_more(repository: Any) -> None:
    repository.write("model: a\nsampling: {processes: 5}\n")
    request = repository.load(quick=True)
    assert (request.plan.processes, request.plan.quick) == (1, True)
    assert request.origins["processes"] == "flag --quick"

    repository.write("model: a\nsampling: {quick: true}\n")
    assert repository.load().plan.processes == 1
    assert repository.load(processes=3).plan.processes == 3
    assert repository.load(quick=False).plan == Plan()
    assert repository.refusal(quick=True, processes=3).where == "--processes"


def test_a_tensor_shape_brings_its_batch(repository: Any) -> None:
    repository.write("model: a\ninput: {batch: 2}\n")
    request = repository.load(res="4x3x1080x1920")
    assert (request.batch, request.origins["batch"]) == (4, "flag --res")
    assert repository.load(res="4x3x1080x1920", batch=4).batch == 4
    assert repository.refusal(res="4x3x1080x1920", batch=2).where == "--batch"

    repository.write("model: a\ninput: {res: 4x3x1080x1920}\n")
    assert repository.load(batch=2).batch == 2


def test_lists_of_words_are_checked(repository: Any) -> None:
    request = repository.load(
        models=("a",), allow=("steal", "swap"), accept="inconclusive,near", lock_timeout="30m", retries=2
    )

    assert request.allow == {"steal", "swap"}
    assert request.accept == {"inconclusive", "near"}
    assert (request.lock_timeout_s, request.retries) == (1800.0, 2)
    assert repository.load(models=("a",), allow=(), limit=(), shape=(), input=(), quick=None).allow == frozenset()


def test_an_empty_variable_is_not_set(repository: Any) -> None:
    assert repository.load(models=("a",), environ={"EDGEPROF_RES": "", "EDGEPROF_P99": ""}).resolution == NATIVE


def test_only_a_variable_that_looks_misspelt_is_noted(repository: Any) -> None:
    environ = dict.fromkeys(("EDGEPROF_CACHE", "EDGEPROF_REQUIRE", "EDGEPROF_DEBUG"), "x")
    assert repository.load(models=("a",), environ=environ).notes == ()

    notes = repository.load(models=("a",), environ={"EDGEPROF_PRECISON": "bf16"}).notes
    assert notes == ("EDGEPROF_PRECISON is not read; did you mean EDGEPROF_PRECISION?",)


def test_a_portrait_frame_is_asked_about(repository: Any) -> None:
    request = repository.load(models=("a",), res="1080x1920")

    assert request.resolution == Resolution(1920, 1080)
    assert "did you mean 1920x1080" in request.notes[0]


def test_every_value_has_its_line_and_origin(repository: Any) -> None:
    repository.write("", "x.npy")
    repository.write(EXAMPLE + "candidates: [b]\n")
    lines = repository.load(device="orin", shape=("x:1x3",), input=("x=x.npy",), p99="20ms").lines()

    assert len(lines) == len({key for key, _, _ in lines})
    rows = {key: (text, origin) for key, text, origin in lines}
    assert rows["model"] == ("mobilenetv3_large", "edgeprof.yaml:2")
    assert rows["candidates"] == ("b", "edgeprof.yaml:8")
    assert rows["res"] == ("1920x1080 (width x height)", "edgeprof.yaml:3")
    assert rows["shapes.x"] == ("1x3", "flag --shape")
    assert rows["inputs.x"] == (str(repository.root / "x.npy"), "flag --input")
    assert rows["budget.p99_ms"] == ("p99 latency <= 20 ms", "flag --p99")
    assert rows["budget.memory_mib"] == ("peak memory <= 1500 MiB", "edgeprof.yaml:6 devices.orin")
    assert rows["processes"] == ("3", "built in")
    assert rows["warmup"] == ("auto: until steady", "built in")


def test_lines_and_origins_hold_the_same_keys(repository: Any) -> None:
    repository.write(EXAMPLE)
    request = repository.load(device="orin", shape=("x:1x3",))

    assert {key for key, _, _ in request.lines()} == set(request.origins)
