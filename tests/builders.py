"""Values that are valid as they are; a test overrides what it is about."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any, Sequence, Tuple

from edgeprof.core.job import Job, Tensor
from edgeprof.core.measurement import Ended, Measurement, Plan, Process
from edgeprof.core.telemetry import Telemetry

MIB = 1 << 20


def latencies(count: int = 1000, middle_s: float = 0.02, spread: float = 0.01, seed: int = 1) -> Tuple[float, ...]:
    """Steady latencies around `middle_s`, the same ones for the same arguments."""
    random = Random(seed)
    return tuple(round(middle_s * random.lognormvariate(0, spread), 9) for _ in range(count))


def a_job(**changes: Any) -> Job:
    job = Job(
        model="mobilenetv3_large_100",
        artefact="ab" * 32,
        form="onnx",
        inputs=(Tensor("input", (1, 3, 224, 224), "float32"),),
        runtime="onnxruntime",
        precision="fp32",
        threads=2,
    )
    return replace(job, **changes)


def a_process(samples_s: Sequence[float] = latencies(), **changes: Any) -> Process:
    process = Process(
        started_at=1_790_000_000.0,
        ended=Ended.DECIDED,
        first_inference_s=0.05,
        warmup_s=(0.02,) * 50,
        samples_s=tuple(samples_s),
        steady=True,
        load_s=0.4,
        peak_memory_bytes=200 * MIB,
        precision="fp32",
        threads=2,
        runtime_version="1.20.0",
        inside_infer="inputs bound beforehand, outputs in host memory",
    )
    return replace(process, **changes)


def a_measurement(*processes: Process, **changes: Any) -> Measurement:
    """Three equal processes unless others are given; as many are planned as are there."""
    processes = processes or (a_process(), a_process(), a_process())
    measurement = Measurement(
        id="20261101-120000-abcdef",
        created_at="2026-11-01T12:00:00Z",
        edgeprof="0.1.0",
        asked="mobilenetv3_large",
        job=a_job(),
        plan=Plan(processes=len(processes)),
        size_bytes=21 * MIB,
        processes=processes,
        host={"governor": "performance"},
    )
    return replace(measurement, **changes)


def a_telemetry(power_w: float = 10.0, **changes: Any) -> Telemetry:
    """Ten seconds of a board that draws about so much, steady but for its clocks."""
    telemetry = Telemetry(
        seconds=10.0,
        times_s=(0.0, 5.0, 10.0),
        series={
            "power_w": (power_w * 0.9, power_w, power_w * 1.1),
            "gpu_hz": (612e6, None, 612e6),
            "cpu_hz": (1.497e9, 1.497e9, 1.497e9),
            "memory_hz": (2.133e9, 2.133e9, 2.133e9),
            "temperature_tj_c": (48.5, 52.0, 54.25),
            "temperature_cpu_c": (45.0, 47.0, 48.0),
        },
        sources={
            "power_w": "tegrastats VDD_IN",
            "gpu_hz": "tegrastats",
            "cpu_hz": "tegrastats",
            "memory_hz": "tegrastats",
            "temperature_tj_c": "tegrastats",
            "temperature_cpu_c": "tegrastats",
        },
        counters={"oc1_event_count": 0, "oc2_event_count": 0, "oc3_event_count": 0},
    )
    return replace(telemetry, **changes)
