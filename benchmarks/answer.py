"""How soon a check answers: a clear miss in its first process, a clean pass in the samples that its proof takes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from benchmarks.checked import Checked, check
from benchmarks.table import Table, arguments_of
from edgeprof.core.budget import budget_of
from edgeprof.core.ruling import Ruling
from edgeprof.core.stats.sequential import Decision
from edgeprof.core.verdict import Word, judge

MISS_SAMPLES, MISS_S = 10, 1.0
PASS_SAMPLES, PASS_S = 745, 10.0
_ASKED = (
    ("mobilenetv3_large_100", "224", "onnxruntime"),
    ("mobilenetv3_large_100", "224", "openvino"),
    ("mobilenetv3_large_100", "1080", "onnxruntime"),
)


def main() -> int:
    parser = arguments_of("answer", __doc__)
    parser.add_argument("--case", metavar="TEXT", default="", help="only checks whose name holds this")
    options = parser.parse_args()
    columns = ("check", "verdict", "processes", "warm-up s", "decided by sample", "after s", "sampled s", "target")
    table = Table("How soon it answers, beyond warm-up", columns)
    for model, res, runtime in _ASKED:
        for word, p99_ms, is_prompt_one, target in _EXPECTED:
            name = f"{word}: {model}@{res}/{runtime}"
            if options.case in name:
                checked = check(model, "--res", res, "--runtime", runtime, "--p99", p99_ms)
                _add(table, name, checked, p99_ms, is_prompt_one, target)
    table.notes += [
        "decided by sample, after s: of the process that took the most; sampled s: until the supervisor saw it",
        "a pass at 1080 takes 745 samples in each of three processes, whatever their seconds",
    ]
    return table.conclude(options.record)


def _add(
    table: Table, name: str, checked: Checked, p99_ms: str, is_prompt: Callable[[Checked, Ruling], bool], target: str
) -> None:
    measurement = checked.measurement
    verdict = judge(measurement, budget_of({"p99_ms": float(p99_ms)}))
    ruling = verdict.rulings[0]
    decided = zip(measurement.processes, _decisions(ruling), strict=True)
    process, slowest = max(decided, key=lambda pair: pair[1].last)
    table.add(
        name,
        ruling.outcome.value,
        len(measurement.processes),
        f"{max(sum(p.warmup_s) for p in measurement.processes):.2f}",
        slowest.last,
        f"{sum(process.samples_s[: slowest.last]):.2f}",
        f"{sum(process.samples_s):.2f}",
        target,
        holds=is_prompt(checked, ruling),
    )


def _is_prompt_miss(checked: Checked, ruling: Ruling) -> bool:
    processes = checked.measurement.processes
    last = _decisions(ruling)[0].last
    return (
        ruling.outcome.value == Word.FAIL.value
        and len(processes) == 1
        and is_prompt(processes[0].samples_s, last, MISS_SAMPLES, MISS_S)
    )


def _is_prompt_pass(checked: Checked, ruling: Ruling) -> bool:
    processes = checked.measurement.processes
    return ruling.outcome.value == Word.PASS.value and all(
        is_prompt(process.samples_s, decision.last, PASS_SAMPLES, PASS_S)
        for process, decision in zip(processes, _decisions(ruling), strict=True)
    )


def is_prompt(samples_s: Sequence[float], last: int, count: int, seconds: float) -> bool:
    """Whether a decision by sample `last` came as soon as there were `count` samples and `seconds` of them."""
    return last <= count or sum(samples_s[: last - 1]) < seconds


def _decisions(ruling: Ruling) -> list[Decision]:
    return [process.decision for process in ruling.processes if process.decision]


_EXPECTED = (
    ("miss", "0.01", _is_prompt_miss, "first process, 10 and 1 s"),
    ("pass", "10000", _is_prompt_pass, "each 745 or 10 s, the later"),
)

if __name__ == "__main__":
    sys.exit(main())
