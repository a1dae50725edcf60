"""The next step: a closed table from what a verdict came to, and what the user already does, to what to try."""

from __future__ import annotations

import re
from math import ceil, floor, log10, sqrt
from typing import Iterator, Optional

from edgeprof.core.answer import Judged
from edgeprof.core.ruling import Distance, Reason, Ruling
from edgeprof.core.stats.evidence import samples_needed
from edgeprof.core.stats.sequential import Outcome, Rule
from edgeprof.core.validity import Direction
from edgeprof.core.verdict import Word
from edgeprof.report.checks import worst_process
from edgeprof.report.imported import steps_after_import
from edgeprof.report.units import number

_MOST_SAMPLES = 2_000_000  # beyond this no longer run is worth naming
_SIGMAS = 2.5  # every process has to pass, the unlucky one too
_NO_NAME = re.compile(r"[/:]|\.onnx$|\.fake\.json$", re.IGNORECASE)  # a file or a factory, which have no relatives
_BF16_GAIN = 2.0  # what bf16 is known to bring where the processor has it


def next_steps(answer: Judged) -> tuple[str, ...]:
    """What to try, the most promising first, each said once."""
    if answer.measurement.imported:
        return tuple(dict.fromkeys(steps_after_import(answer)))
    steps = {
        Word.PASS: _after_pass,
        Word.FAIL: _after_fail,
        Word.INCONCLUSIVE: _after_inconclusive,
        Word.INVALID: _after_invalid,
    }[answer.verdict.word](answer)
    return tuple(dict.fromkeys(steps))


def _after_pass(answer: Judged) -> Iterator[str]:
    if answer.verdict.quick:
        yield "before a gate relies on it, run without --quick"


def _after_fail(answer: Judged) -> Iterator[str]:
    missed = [ruling for ruling in answer.verdict.rulings if ruling.outcome is Outcome.FAIL]
    slow = [ruling for ruling in missed if ruling.limit.metric.percent or ruling.limit.metric.key == "fps"]
    times = max((_times_too_slow(ruling) for ruling in slow), default=1.0)
    if slow:
        yield from _settings_for_speed(answer, times)
    if any(ruling.limit.metric.key == "memory_mib" for ruling in missed):
        yield from _smaller_input(answer, None)
    if any(ruling.limit.metric.is_of_power for ruling in missed):
        yield "a lower power mode (--power-mode) draws less, and is slower"
    if answer.verdict.distance is Distance.FAR:
        far = [_times_too_slow(ruling) for ruling in slow if ruling.distance is Distance.FAR]
        yield from _other_models(answer, max(far, default=None))
    elif any(ruling.limit.metric.key == "size_mib" for ruling in missed):
        yield from _other_models(answer, None)


def _settings_for_speed(answer: Judged, times: float) -> Iterator[str]:
    """What may make the same model fast enough; nothing that is already so, and nothing too weak for the gap."""
    job, near = answer.measurement.job, answer.verdict.distance is Distance.NEAR
    if job.runtime.startswith("torch"):
        yield "torch is the slowest way to ship it: try --runtime auto"
    elif near and not answer.measurement.race and job.runtime != "fake":
        yield f"{job.runtime} was named: --runtime auto races the others too"
    if job.runtime == "openvino" and job.precision == "fp32" and times <= _BF16_GAIN:
        yield "--precision auto: bf16 is about twice as fast on processors that have it, and is checked for parity"
    if job.batch > 1:
        yield f"--batch 1: a batch of {job.batch} is waited for as a whole"
    if near:
        yield from _smaller_input(answer, times)


def _smaller_input(answer: Judged, times: Optional[float]) -> Iterator[str]:
    """A side that would fit if the time went with the pixels, which it roughly does."""
    job = answer.measurement.job
    shape = next((tensor.shape for tensor in job.inputs if len(tensor.shape) == 4), None)
    if shape is None or job.model.endswith(".onnx"):  # a file's size is mostly fixed, and was its author's choice
        return
    height, width = shape[2], shape[3]
    if times is None:
        yield (
            f"a smaller --res than {width}x{height}, or a smaller --batch"
            if shape[0] > 1
            else (f"a smaller --res than {width}x{height}")
        )
        return
    scale = 1 / sqrt(times * 1.02)
    smaller = [floor(side * scale / 32) * 32 for side in (width, height)]
    if min(smaller) >= 32:
        yield f"--res {smaller[0]}x{smaller[1]}: latency goes roughly with the pixels, {width}x{height} here"


def _other_models(answer: Judged, times: Optional[float]) -> Iterator[str]:
    gap = f"it would have to be {number(ceil(times * 10) / 10)} times as fast: " if times and times > 1 else ""
    tried = answer.measurement.asked
    others = [model for model in answer.alternatives if model != tried]
    if others:
        yield f"{gap}another model, such as your candidates {', '.join(others)}"
    elif _NO_NAME.search(answer.measurement.job.model):
        yield f"{gap}another model"
    else:
        family = answer.measurement.job.model.split("_")[0].split(".")[0]
        yield f"{gap}another model; its smaller relatives: edgeprof models '{family}*'"


def _after_inconclusive(answer: Judged) -> Iterator[str]:
    for ruling in answer.verdict.rulings:
        if ruling.outcome is not Outcome.INCONCLUSIVE:
            continue
        if ruling.reason is Reason.UNDECIDED:
            yield _longer(answer, ruling)
        elif ruling.reason is not None and ruling.reason in _BY_REASON:
            yield _BY_REASON[ruling.reason].format(key=ruling.limit.metric.key)


_BY_REASON = {
    Reason.TOO_FEW_PROCESSES: "run it again: every planned process has to be seen before it can pass",
    Reason.TOO_FEW_SAMPLES: "measure it again with this budget",
    Reason.TOO_SHORT: "run it again; if it ends early again, raise --max-duration",
    Reason.DRIFTING: "let the device cool down and lock its clocks, then run it again with a longer --max-duration",
    Reason.NEVER_STEADY: "end what else runs, let the device cool down and lock its clocks, then run it again",
    Reason.MIXED: "run it again on a quiet machine; processes that still differ leave too little margin to gate on",
    Reason.NOT_MEASURED: "this device and runtime do not report it: leave {key} out of the budget",
    Reason.NO_POWER: (
        "power is read from tegrastats, from the board's INA3221, or from RAPL, which needs"
        " sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj; without any of them leave power and energy out"
        " of the budget"
    ),
    Reason.NO_GPU_MEMORY: (
        "let the agent see it: on a Jetson as root, who may read nvmap; in a container with the driver's utilities"
        " (NVIDIA_DRIVER_CAPABILITIES=compute,utility) and the host's processes (--pid=host); or leave {key} out of"
        " the budget"
    ),
}


def _longer(answer: Judged, ruling: Ruling) -> str:
    """How long it would have to run for the rate of slow samples seen; a guess, so two digits."""
    worst, plan = worst_process(ruling), answer.measurement.plan
    if worst is None or worst[1].decision is None:
        return "a longer --max-duration"
    decision, metric = worst[1].decision, ruling.limit.metric
    seen = decision.last - decision.first
    rate = decision.over / seen if seen else 1.0
    if rate >= metric.q0 * 0.95:
        return f"p{metric.percent:g} lies at the limit or above it: no longer run will pass it, treat it as a miss"
    rule = plan.rule(len(answer.budget.sequential))
    needed = samples_to_pass_at(rate, metric.q0, rule, decision.longest_burst)
    if needed is None:
        return "the slow samples come in bursts too long for any run to vouch for: find what causes them"
    samples_s = answer.measurement.processes[worst[0] - 1].samples_s
    total_s = max(needed * sum(samples_s) / len(samples_s), rule.pass_s) * plan.processes
    total_s = _two_digits(max(total_s, 1.5 * plan.max_duration_s))
    return (
        f"--max-duration {ceil(total_s)}s: with so many slow ones a pass takes about"
        f" {_two_digits(needed):.0f} samples a process"
    )


def samples_to_pass_at(rate: float, q0: float, rule: Rule, longest_burst: int = 0) -> Optional[int]:
    """How many samples pass a process when a share `rate` of them is over the limit; None where no number would do."""
    burst = max(rule.burst_floor, longest_burst)

    def passes(n: int) -> bool:
        over = ceil(rate * n + _SIGMAS * sqrt(rate * n))
        return n >= samples_needed(over, burst, q0, rule.alpha_pass)

    low, high = 0, 64
    while not passes(high):
        low, high = high, 2 * high
        if high > _MOST_SAMPLES:
            return None
    while high - low > max(1, low // 100):
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle) else (middle, high)
    return high


def _after_invalid(answer: Judged) -> Iterator[str]:
    findings = answer.verdict.findings
    if any(finding.direction is Direction.CHANGES for finding in findings):
        yield "mend what is named above, then run it again"
        return
    names = dict.fromkeys(f.name for f in findings if f.direction is Direction.SLOWS)
    flags = " ".join(f"--allow {name}" for name in names if name not in answer.verdict.allowed)
    yield f"run it again on a quiet machine, or have it judged as it is: {flags}"


def _times_too_slow(ruling: Ruling) -> float:
    if not ruling.observed:
        return 1.0
    ratio = ruling.observed / ruling.limit.bound
    return 1 / ratio if ruling.limit.metric.higher_is_better else ratio


def _two_digits(value: float) -> float:
    """Rounded up, so that the guess does not fall short for its rounding."""
    power = 10.0 ** (floor(log10(value)) - 1)
    return ceil(value / power - 1e-9) * power
