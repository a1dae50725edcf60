"""The next step after a verdict on what another tool measured: its flags, not edgeprof's."""

from __future__ import annotations

from typing import Iterator

from edgeprof.core.answer import Judged
from edgeprof.core.ruling import Reason, Ruling
from edgeprof.core.stats.sequential import Outcome
from edgeprof.core.verdict import Word

_LONGER = {
    "trtexec": "trtexec --duration=20 --exportTimes=FILE",
    "onnxruntime_perf_test": "onnxruntime_perf_test -m duration -t 20 MODEL FILE",
    "onnxruntime": "onnxruntime_perf_test -m duration -t 20 MODEL FILE",
}


def steps_after_import(answer: Judged) -> Iterator[str]:
    """What to try; several limits may want the same."""
    if answer.verdict.word is Word.PASS and answer.verdict.quick:
        yield "before a gate relies on it, import three files, of a process each, without --quick"
    elif answer.verdict.word is Word.FAIL:
        yield "edgeprof check measures it in other precisions, at other resolutions and on other runtimes"
    for ruling in answer.verdict.rulings:
        if ruling.outcome is Outcome.INCONCLUSIVE and answer.verdict.word is Word.INCONCLUSIVE:
            yield _step(answer, ruling)


def _step(answer: Judged, ruling: Ruling) -> str:
    tool, reason = answer.measurement.imported[0].tool, ruling.reason
    longer = _LONGER.get(tool)
    if reason is Reason.TOO_FEW_PROCESSES and longer:
        return f"import a file for each of {answer.measurement.plan.processes} processes: {longer}"
    if ruling.limit.metric.key == "size_mib":
        return "--model FILE tells its size"
    if reason is Reason.NOT_MEASURED or reason is Reason.NO_POWER or reason is Reason.TOO_FEW_PROCESSES:
        return f"{tool} does not tell it: leave {ruling.limit.metric.key} out of the budget, or use edgeprof check"
    if reason is Reason.NO_SAMPLES or longer is None:
        return f"{tool} writes no samples into such a file: use {longer or 'edgeprof check'}"
    if reason in (Reason.UNDECIDED, Reason.TOO_FEW_SAMPLES, Reason.TOO_SHORT):
        return f"a longer one, since a PASS takes 10 s of samples and more near the limit: {longer}"
    return f"let the device cool down, end what else runs on it, and measure again: {longer}"
