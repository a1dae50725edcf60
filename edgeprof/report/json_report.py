"""Answers as one JSON document for programs.

    {"format": "edgeprof report", "version": 1, "edgeprof": "0.1.0", "exit": 1, "checks": [...]}

`exit` is the command's own code, the worst of the checks. Keys are only ever added within a version. A check has
`kind`, `asked`, `word` and `exit`; of kind "refused" also `message` and `hint`; of kind "judged" also:

    limits     each with `limit`, `observed`, `lower`, `upper` in the unit of its budget key and again under `si` in
               seconds, bytes or per second, there for each process too; `bound` is "max" or "min"; `margin` is the
               share of the limit left over
    processes  in order, `_s` in seconds and `_bytes` in bytes; `telemetry` has each series in three numbers, its unit
               in its name, and the counters as they went up
    coverage, findings, warnings, next_steps, parity, race, notes, imported, job, device, host, card, measurement,
    saved_at, plan_at, plan_note

What is not known, not finite or not measured is null. Samples are in the saved measurement, not here.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isfinite
from typing import Any, Mapping, Optional, Sequence

from edgeprof.core.answer import Answer, Judged, Refused
from edgeprof.core.exits import worst
from edgeprof.core.measurement import Measurement
from edgeprof.core.ruling import Ruling
from edgeprof.core.verdict import Word
from edgeprof.report import advice, coverage, figures, headline
from edgeprof.report.summary import Summary, judged_summaries, summaries
from edgeprof.report.telemetry import figures_of

FORMAT_VERSION = 1


def render(answers: Sequence[Answer], version: str) -> str:
    """The document of a check, or of several; `version` is edgeprof's."""
    return dumped(
        {
            "format": "edgeprof report",
            "version": FORMAT_VERSION,
            "edgeprof": version,
            "exit": int(worst(answer.exit for answer in answers)),
            "checks": [_check(answer) for answer in answers],
        }
    )


def render_figures(measurement: Measurement, version: str, percents: Sequence[float] = figures.PERCENTS) -> str:
    """The document of `measure`: numbers and no verdict."""
    processes = summaries(measurement)
    return dumped(
        {
            "format": "edgeprof figures",
            "version": FORMAT_VERSION,
            "edgeprof": version,
            "asked": measurement.asked,
            **about(measurement),
            "processes": [_process(summary, percents, measurement.job.batch) for summary in processes],
            "warnings": figures.notes_of(processes, percents),
        }
    )


def _check(answer: Answer) -> dict[str, Any]:
    head = {"asked": answer.asked, "word": headline.word_of(answer), "exit": int(answer.exit)}
    if isinstance(answer, Refused):
        return {"kind": "refused", **head, "message": answer.message, "hint": answer.hint}
    verdict = answer.verdict
    return {
        "kind": "judged",
        **head,
        "distance": verdict.distance,
        "quick": verdict.quick,
        "summary": headline.why(answer),
        "budget": {"name": answer.budget.name, "limits": answer.budget.as_config()},
        "limits": [_limit(ruling) for ruling in verdict.rulings],
        "findings": [asdict(finding) for finding in verdict.findings],
        "allowed": sorted(verdict.allowed),
        "warnings": coverage.warnings(answer),
        "next_steps": advice.next_steps(answer),
        "coverage": _coverage(answer),
        "processes": [
            _process(summary, figures.PERCENTS, answer.measurement.job.batch) for summary in judged_summaries(answer)
        ],
        **about(answer.measurement),
        "saved_at": answer.saved_at,
        "plan_at": answer.plan_at,
        "plan_note": answer.plan_note,
    }


def _limit(ruling: Ruling) -> dict[str, Any]:
    metric = ruling.limit.metric

    def shown(value: Optional[float]) -> Optional[float]:
        return None if value is None else metric.shown(value)

    return {
        "key": metric.key,
        "unit": metric.unit,
        "bound": metric.bound_word,
        "limit": shown(ruling.limit.bound),
        "observed": shown(ruling.observed),
        "lower": shown(ruling.lower),
        "upper": shown(ruling.upper),
        "margin": ruling.margin,
        "outcome": ruling.outcome.value,
        "reason": ruling.reason,
        "distance": ruling.distance,
        "si": {
            "limit": ruling.limit.bound,
            "observed": ruling.observed,
            "lower": ruling.lower,
            "upper": ruling.upper,
            "processes": [asdict(process) for process in ruling.processes],
        },
    }


def _coverage(answer: Judged) -> dict[str, Any]:
    seen = answer.verdict.coverage
    return {
        **asdict(seen),
        "burst_samples": seen.burst_samples,
        "burst_s": seen.burst_s,
        "fresh_share": seen.fresh_share if answer.verdict.word is Word.PASS else None,
        "fresh_may_miss": answer.verdict.fresh_may_miss,
    }


def _process(summary: Summary, percents: Sequence[float], batch: int) -> dict[str, Any]:
    process, samples = summary.process, summary.samples_s
    return {
        "number": summary.number,
        "ended": process.ended.value,
        "message": process.message,
        "samples": len(samples),
        "late_warmup_samples": summary.late_warmup,
        "steady": process.steady,
        **{f"p{percent:g}_s": summary.percentile(percent) for percent in percents},
        "min_s": min(samples, default=None),
        "max_s": max(samples, default=None),
        "mean_s": sum(samples) / len(samples) if samples else None,
        "fps": summary.fps,
        "load_s": process.load_s,
        "first_inference_s": process.first_inference_s,
        "warmup_s": summary.warmup_s,
        "peak_memory_bytes": process.peak_memory_bytes,
        "memory_scope": process.memory_scope,
        "memory_method": process.memory_method,
        "gpu_loading_bytes": process.gpu_loading_bytes,
        "gpu_running_bytes": process.gpu_running_bytes,
        "gpu_uuid": process.gpu_uuid,
        "precision": process.precision,
        "threads": process.threads,
        "runtime_version": process.runtime_version,
        "inside_infer": process.inside_infer,
        "plan_digest": process.plan_digest,
        "plan_bytes": process.plan_bytes,
        "device_bytes": process.device_bytes,
        "segments": asdict(process.segments) if process.segments else None,
        "power_mode": process.power_mode,
        "clocks_locked": process.clocks_locked,
        "telemetry": figures_of(process, batch),
    }


def about(measurement: Measurement) -> dict[str, Any]:
    """What every document of a measurement says of it."""
    return {
        "measurement": {
            "id": measurement.id,
            "created_at": measurement.created_at,
            "edgeprof": measurement.edgeprof,
            "size_bytes": measurement.size_bytes,
        },
        "job": {**asdict(measurement.job), "digest": measurement.job.digest},
        "device": measurement.job.device,
        "require": asdict(measurement.require),
        "host": measurement.host,
        "card": measurement.card,
        "parity": asdict(measurement.parity) if measurement.parity else None,
        "race": [asdict(lap) for lap in measurement.race],
        "notes": measurement.notes,
        "imported": [asdict(each) for each in measurement.imported],
    }


def dumped(document: Mapping[str, Any]) -> str:
    """As JSON, with null for what is not finite."""
    return json.dumps(_finite(document), indent=2, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
