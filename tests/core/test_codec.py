"""Frozen values to JSON and back, and the files of every version so far."""

import json
from dataclasses import fields, is_dataclass, replace
from math import inf
from pathlib import Path

import pytest
from builders import a_job, a_measurement, a_process
from hypothesis import given
from hypothesis import strategies as st

import edgeprof.core.measurement as kept
from edgeprof.core.artefact import Distance, Parity
from edgeprof.core.codec import VERSION, dump_measurement, load_measurement, plain, restore
from edgeprof.core.errors import ConfigError
from edgeprof.core.exits import Exit
from edgeprof.core.job import Job, Tensor
from edgeprof.core.measurement import Canary, Ended, Lap, Measurement, Plan, Process, Required, Segments, Strain
from edgeprof.core.protocol import Order, Task
from edgeprof.core.sampling import Sampling
from edgeprof.core.stats.sequential import Threshold
from edgeprof.core.stats.steady import WarmUp
from edgeprof.core.telemetry import Telemetry

VERSION_1 = Path(__file__).parent.parent / "data" / "measurement-v1.json"
BEFORE_TELEMETRY = VERSION_1.with_name("measurement-v1-without-telemetry.json")


def full():
    """Every field filled, and none with its default; tests/data/measurement-v1.json holds it."""
    seen = Process(
        started_at=1793534400.25,
        ended=Ended.KILLED,
        first_inference_s=0.25,
        warmup_s=(0.03, 0.02),
        samples_s=(0.0201, 0.02, inf, 0.0203),
        steady=False,
        load_s=0.4,
        peak_memory_bytes=200_000_000,
        memory_scope="unified",
        memory_method="nvmap + VmHWM",
        gpu_loading_bytes=150_000_000,
        gpu_running_bytes=120_000_000,
        gpu_uuid="GPU-aaaa0000-1111-2222-3333-444444444444",
        precision="fp32",
        threads=2,
        runtime_version="1.20.0",
        inside_infer="inputs bound beforehand, outputs in host memory",
        plan_digest="ef" * 32,
        plan_path="/home/me/.cache/edgeprof/device/a.plan",
        plan_bytes=25_000_000,
        device_bytes=150_000_000,
        segments=Segments(50, 0.0201, {"h2d": 0.001, "compute": 0.018, "d2h": 0.0005}, 0.0006),
        canary_before=Canary((1e-08, 1.1e-08), 8.5e-08),
        canary_after=Canary((1e-08,), 9e-08),
        strain=Strain(10.0, 0.1, 0.01, 0.001, 4096),
        telemetry=Telemetry(
            seconds=10.0,
            times_s=(0.0, 0.2),
            series={"power_w": (5.25, None), "gpu_hz": (305e6, 612e6)},
            sources={"power_w": "tegrastats VDD_IN", "gpu_hz": "tegrastats"},
            counters={"oc3_event_count": 3},
        ),
        power_mode="25W",
        clocks_locked=False,
        message="killed by signal 9",
    )
    return Measurement(
        id="20261101-120000-abcdef",
        created_at="2026-11-01T12:00:00Z",
        edgeprof="0.1.0",
        asked="mobilenetv3_large",
        job=Job(
            model="mobilenetv3_large_100",
            artefact="ab" * 32,
            form="onnx",
            inputs=(Tensor("input", (2, 3, 224, 224), "float32"), Tensor("scale", (), "int64")),
            runtime="onnxruntime",
            precision="fp32",
            batch=2,
            device="bench",
            threads=2,
            input_files=(("input", "cd" * 32),),
            options=(("disabled_optimizers", "Pad_Fusion"),),
        ),
        plan=Plan(
            processes=1,
            quick=True,
            max_duration_s=60.0,
            warm_up=WarmUp(20, 0.5, 5, 5.0, 15.0, until_steady=False),
            duration_s=30.0,
            samples=4,
        ),
        size_bytes=21_000_000,
        processes=(seen,),
        lost=(replace(seen, ended=Ended.LOST, message="the link was lost"),),
        budget={"p99_ms": 33.3, "fps": 30.0},
        budget_name="30 fps camera",
        require=Required("25W", "6.2", clocks_locked=True),
        parity=Parity(
            "onnxruntime",
            "fp32",
            1e-06,
            0.999999,
            1e-05,
            1e-04,
            0.3,
            1.0,
            True,
            "torch fp32",
            outputs=(Distance("y", 1e-06, 0.999999, 1e-05),),
            inputs=4,
            plan_digest="ef" * 32,
        ),
        race=(Lap("openvino", "fp32", 0.019, 12, "cooled down"),),
        notes=("rows padded: 8",),
        card={"opset": "20"},
        host={"governor": "performance", "cpus": 2, "flags": ["avx2"], "load": None},
        imported=(kept.Imported("trtexec", "times.json", "ab" * 32),),
    )


def defaults_left(value):
    """Fields of a value, and of the values in it, that still hold their default."""
    for field in fields(value):
        held = getattr(value, field.name)
        if held is None or held == field.default:
            yield f"{type(value).__name__}.{field.name}"
        for inner in held if isinstance(held, tuple) else (held,):
            if is_dataclass(inner):
                yield from defaults_left(inner)


def test_the_full_measurement_leaves_no_field_at_its_default():
    assert list(defaults_left(full())) == []


def test_version_1_is_read_for_ever():
    assert load_measurement(VERSION_1.read_bytes(), "v1") == full()


def test_a_file_from_before_telemetry_is_read_without_it():
    older = load_measurement(BEFORE_TELEMETRY.read_bytes(), "older")
    process = older.processes[0]
    assert older.require == Required()
    assert (process.telemetry, process.power_mode, process.memory_method) == (None, None, None)
    newer = ("telemetry", "power_mode", "clocks_locked", "memory_method")
    newer += ("gpu_loading_bytes", "gpu_running_bytes", "gpu_uuid")
    newer += ("plan_digest", "plan_path", "plan_bytes", "device_bytes", "segments")
    assert process == replace(full().processes[0], **dict.fromkeys(newer))


def test_what_is_written_today_still_is_version_1():
    assert VERSION == 1
    assert json.loads(dump_measurement(full())) == json.loads(VERSION_1.read_bytes())


def test_an_older_file_without_newer_fields_gets_their_defaults():
    document = json.loads(dump_measurement(a_measurement(a_process())))
    del document["notes"], document["processes"][0]["strain"], document["plan"]["quick"], document["job"]["options"]
    assert load_measurement(json.dumps(document), "old") == a_measurement(a_process())


def refused(text):
    with pytest.raises(ConfigError) as raised:
        load_measurement(text, "saved.json")
    assert raised.value.exit is Exit.USAGE
    assert raised.value.message.startswith("saved.json: ")
    return raised.value


def test_a_plan_without_a_process_is_no_measurement():
    document = json.loads(dump_measurement(full()))
    document["plan"]["processes"] = 0
    assert "measurement.plan.processes" in refused(json.dumps(document)).message


def test_a_newer_version_asks_for_an_upgrade():
    document = json.loads(dump_measurement(full()))
    document["version"] = VERSION + 1
    error = refused(json.dumps(document))
    assert f"version {VERSION + 1}" in error.message
    assert "upgrade" in error.hint


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"id": 1}', b"\xff\xfe", "[" * 100_000, '{"version": "1"}'])
def test_what_is_no_measurement_is_refused(text):
    assert "not a measurement" in refused(text).message


@given(st.integers(0, 4000))
def test_a_file_cut_off_anywhere_is_refused(length):
    text = dump_measurement(full())
    refused(text[: min(length, len(text) - 1)])


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("job",), None),
        (("job", "batch"), "two"),
        (("job", "batch"), True),
        (("job", "batch"), 2**64),
        (("job", "inputs"), {"input": 1}),
        (("job", "input_files"), [["input"]]),
        (("plan", "quick"), 1),
        (("plan", "max_duration_s"), "long"),
        (("plan", "max_duration_s"), True),
        (("plan", "max_duration_s"), 10**400),
        (("processes",), [3]),
        (("processes", 0, "ended"), "finished"),
        (("processes", 0, "ended"), ["decided"]),
        (("processes", 0, "samples_s"), [0.1, "fast"]),
        (("processes", 0, "samples_s"), [0.1, None]),
        (("budget",), []),
    ],
)
def test_a_value_that_does_not_fit_is_refused_where_it_stands(where, value):
    document = json.loads(dump_measurement(full()))
    inner = document
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = value
    assert "not a whole measurement" in refused(json.dumps(document)).message


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_latency_that_is_no_number_is_refused(constant):
    refused(dump_measurement(a_measurement(a_process([0.02, 0.0201]))).replace("0.0201", constant))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e400])
def test_a_series_of_numbers_holds_nothing_that_is_none(value):
    """Whoever sends it may have another parser than ours; as a word, infinity is meant."""
    with pytest.raises(ValueError, match="expected a number"):
        restore(Canary, {"integer_s": [0.1, value], "round_trip_s": None})

    assert restore(Canary, {"integer_s": [0.1, "inf"], "round_trip_s": None}).integer_s == (0.1, inf)


def test_a_missing_field_is_named():
    document = json.loads(dump_measurement(full()))
    del document["job"]["model"]
    assert "measurement.job has no model" in refused(json.dumps(document)).message


def test_a_number_that_is_none_is_never_written():
    with pytest.raises(ValueError, match="JSON compliant"):
        dump_measurement(a_measurement(a_process([float("nan")])))


def test_orders_to_the_agent_survive_the_wire():
    order = Order(
        Task.MEASURE,
        a_job(),
        artefact="/tmp/model.onnx",
        inputs=({"input": "a.npy"}, {}),
        sampling=Sampling(thresholds=(Threshold(0.0333, 0.01),), least_s=inf, samples=10),
        lock_timeout_s=3.0,
    )
    assert restore(Order, json.loads(json.dumps(plain(order)))) == order


numbers = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)
latencies = st.lists(st.floats(0, 1e6) | st.just(inf), max_size=20)
shares = st.none() | numbers
columns = st.dictionaries(st.text(max_size=9), st.lists(shares, max_size=3).map(tuple), max_size=3)
processes = st.builds(
    Process,
    started_at=numbers,
    ended=st.sampled_from(Ended),
    warmup_s=latencies.map(tuple),
    samples_s=latencies.map(tuple),
    steady=st.none() | st.booleans(),
    load_s=shares,
    peak_memory_bytes=st.none() | st.integers(0, 1 << 60),
    canary_before=st.none() | st.builds(Canary, st.lists(numbers, max_size=3).map(tuple), shares),
    strain=st.none()
    | st.builds(Strain, numbers, shares, shares, shares, st.none() | st.integers(1 - 2**63, 2**63 - 1)),
    telemetry=st.none() | st.builds(Telemetry, numbers, st.just((0.0, 1.0)), columns),
    message=st.none() | st.text(max_size=20),
)


@given(
    st.lists(processes, max_size=3),
    st.builds(Plan, st.integers(1, 9), st.booleans(), numbers, samples=st.none() | st.integers(1, 9)),
    st.dictionaries(st.text(max_size=9), numbers, max_size=3),
    st.text(max_size=20),
)
def test_any_measurement_survives_its_file(seen, plan, budget, asked):
    one = a_measurement(a_process(), plan=plan, budget=budget, asked=asked, processes=tuple(seen))
    assert load_measurement(dump_measurement(one), "x") == one
    assert load_measurement(dump_measurement(one).encode(), "x") == one


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_bytes_are_a_measurement_or_a_config_error(content):
    refused(content)
