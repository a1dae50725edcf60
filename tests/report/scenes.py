"""One answer of every kind, the same each time: what the goldens are drawn from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from builders import MIB, a_job, a_measurement, a_process, latencies

from edgeprof.core.answer import Answer, Judged, Refused
from edgeprof.core.artefact import Parity
from edgeprof.core.budget import CAMERA_30_FPS, Budget, budget_of
from edgeprof.core.exits import Exit
from edgeprof.core.job import Tensor
from edgeprof.core.measurement import Canary, Ended, Lap, Measurement, Plan, Process, Strain
from edgeprof.core.verdict import judge

_FRAME = (Tensor("input", (1, 3, 1080, 1920), "float32"),)


def a_parity(**changes: Any) -> Parity:
    parity = Parity(
        runtime="openvino",
        precision="fp32",
        relative_l2=2.1e-6,
        cosine=0.9999999,
        max_abs=3e-5,
        tolerance=1.2e-5,
        sensitivity=0.41,
        top1_agreement=1.0,
        finite=True,
        reference="torch fp32",
    )
    return replace(parity, **changes)


def judged(measurement: Measurement, budget: Budget = CAMERA_30_FPS, **changes: Any) -> Judged:
    verdict = judge(measurement, budget)
    return replace(Judged(measurement, budget, verdict, verdict.exit), **changes)


def a_check(*processes: Process, **changes: Any) -> Measurement:
    """A measurement with everything on record that a real check has."""
    usual = {
        "job": a_job(inputs=_FRAME, runtime="openvino"),
        "parity": a_parity(),
        "race": (Lap("openvino", "fp32", 0.0199, 60), Lap("onnxruntime", "fp32", 0.0241, 50)),
        "notes": ("8 rows were padded inside the graph: 1080 is not a multiple of 32",),
        "card": {"weights": "random, hardened, seed 0", "opset": "20"},
        "host": {"processor": "Intel Xeon, 2 cores", "governor": "performance"},
    }
    processes = tuple(replace(process, runtime_version="2025.3") for process in processes or (a_process(),) * 3)
    return a_measurement(*processes, **{**usual, **changes})


def _three(middle_s: float, count: int = 800, spread: float = 0.02, **changes: Any) -> tuple[Process, ...]:
    return tuple(a_process(latencies(count, middle_s * (1 + 0.004 * i), spread, seed=i), **changes) for i in range(3))


def a_pass() -> Judged:
    return judged(
        a_check(*_three(0.02)),
        saved_at="~/.local/share/edgeprof/measurements/20261101-120000-abcdef.json",
    )


def a_far_fail() -> Judged:
    return judged(
        a_check(
            a_process(latencies(10, 0.110)),
            plan=Plan(),
            race=(Lap("openvino", "fp32", 0.1102, 9), Lap("onnxruntime", "fp32", None, 0, "out of memory")),
        ),
        alternatives=("mobilenetv3_large", "efficientnet_lite0", "mobilenetv3_small"),
    )


def a_near_fail() -> Judged:
    return judged(a_check(a_process(latencies(40, 0.0345, 0.03)), plan=Plan(), race=()))


def _with_stalls(samples_s: tuple[float, ...], every: int, stall_s: float) -> tuple[float, ...]:
    return tuple(stall_s if i % every == every - 1 else x for i, x in enumerate(samples_s))


def an_undecided() -> Judged:
    processes = [
        replace(p, samples_s=_with_stalls(p.samples_s, 190, 0.041), ended=Ended.DURATION)
        for p in _three(0.02, count=1500)
    ]
    return judged(a_check(*processes, host={"processor": "Intel Xeon, 2 cores", "governor": "powersave"}))


def an_invalid() -> Judged:
    quiet, busy = Canary((1e-7, 1e-7), 1e-7), Canary((1.6e-7, 1e-7), 1e-7)
    process = a_process(
        latencies(40, 0.0345, 0.03),
        canary_before=quiet,
        canary_after=busy,
        strain=Strain(5.0, foreign_share=0.42, steal_share=0.0),
    )
    return judged(a_check(process, plan=Plan(), race=()))


def a_refusal() -> Refused:
    return Refused(
        asked="mobilenetv3_lagre",
        message='unknown model "mobilenetv3_lagre"',
        hint="did you mean mobilenetv3_large? edgeprof models 'mobilenetv3*' lists what there is",
        exit=Exit.USAGE,
    )


def a_quick_pass() -> Judged:
    return judged(a_check(a_process(latencies(400)), plan=Plan(1, quick=True)), budget_of({"p99_ms": 25.0}))


def a_late_warmup() -> Judged:
    slow_start = latencies(300, 0.03, seed=9) + latencies(1000, 0.02, seed=8)
    return judged(a_check(*(replace(p, samples_s=slow_start) for p in _three(0.02))))


def does_not_fit() -> Judged:
    process = a_process((), ended=Ended.OUT_OF_MEMORY, message="killed by the kernel", peak_memory_bytes=None)
    return judged(a_check(process, plan=Plan()), budget_of({"p99_ms": 33.3, "memory_mib": 512.0}))


def with_memory() -> Judged:
    budget = budget_of({"p50_ms": 18.0, "p99_ms": 33.3, "fps": 30.0, "memory_mib": 150.0, "size_mib": 25.0})
    return judged(a_check(*_three(0.02, peak_memory_bytes=310 * MIB)), budget)


ALL: dict[str, Answer] = {
    "pass": a_pass(),
    "fail_far": a_far_fail(),
    "fail_near": a_near_fail(),
    "inconclusive": an_undecided(),
    "invalid": an_invalid(),
    "refused": a_refusal(),
    "quick": a_quick_pass(),
    "late_warmup": a_late_warmup(),
    "does_not_fit": does_not_fit(),
    "several_limits": with_memory(),
}
