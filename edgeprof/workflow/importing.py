"""`edgeprof import`: what another tool measured as a measurement of edgeprof's, with what nobody saw left unknown."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path

from edgeprof import __version__
from edgeprof.core.answer import Judged
from edgeprof.core.budget import Budget
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.files import digest_of_file, digest_of_json
from edgeprof.core.job import Job
from edgeprof.core.measurement import Ended, Imported, Measurement, Plan, Process
from edgeprof.core.stats.steady import WarmUp, WarmUpWatch
from edgeprof.core.verdict import judge
from edgeprof.documents import quoted
from edgeprof.store import measurements
from edgeprof.store.imports import TOOLS
from edgeprof.store.imports.times import Source, Times, source_at

_MODEL_FILES = (".onnx", ".xml", ".bin", ".plan", ".engine", ".trt", ".blob", ".ort", ".pt2", ".pt", ".pth")


def import_files(
    tool: str, paths: Sequence[Path], plan: Plan, model: str | None = None, budget: Budget | None = None
) -> Measurement:
    """One measurement of all the files: a process for each that they tell of."""
    if tool not in TOOLS:
        raise ConfigError(f"nothing of {quoted(tool)} can be imported", f"one of {', '.join(TOOLS)}")
    sources = [source_at(path) for path in paths]
    _expect_distinct(sources)
    read = [TOOLS[tool](source) for source in sources]
    asked = model or next((times.model for times in read if times.model), None) or paths[0].stem
    now = datetime.now(timezone.utc)
    digest, size_bytes = _file(model)
    processes = tuple(_process(times, samples) for times in read for samples in times.processes)
    return Measurement(
        id=f"{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}",
        created_at=now.isoformat(timespec="seconds"),
        edgeprof=__version__,
        asked=asked,
        job=Job(asked, digest, "", (), read[0].runtime, precision="", device=""),
        plan=plan,
        size_bytes=size_bytes,
        processes=processes,
        budget=budget.as_config() if budget else {},
        budget_name=budget.name if budget else None,
        notes=(*_notes(read, sources), *_left_out(processes)),
        imported=tuple(
            Imported(times.tool, Path(source.where).name, source.digest)
            for times, source in zip(read, sources, strict=True)
        ),
    )


def judged(measurement: Measurement, budget: Budget, accept: frozenset[str], saved_at: Path) -> Judged:
    verdict = judge(measurement, budget)
    return Judged(measurement, budget, verdict, verdict.exit_accepting(accept), saved_at=str(saved_at))


def save(measurement: Measurement, folder: Path, output: Path | None) -> Path:
    """Under its own name in the folder of measurements, or where it is wanted."""
    try:
        return measurements.save(measurement, folder) if output is None else measurements.write(measurement, output)
    except OSError as error:
        where = str(output or folder)
        raise ConfigError(f"cannot be written: {error.strerror}", "name another place with -o", where=where) from error


def _notes(read: Sequence[Times], sources: Sequence[Source]) -> Iterator[str]:
    """What all files say is said once; what only one says, with its name."""
    shared = set.intersection(*(set(times.notes) for times in read))
    for times, source in zip(read, sources, strict=True):
        yield from (f"{Path(source.where).name}: {note}" for note in times.notes if note not in shared)
    yield from (note for note in read[0].notes if note in shared)


def _left_out(processes: Sequence[Process]) -> Iterator[str]:
    dropped = [f"{len(each.warmup_s)} in {sum(each.warmup_s):.2g} s" for each in processes if each.warmup_s]
    if dropped:
        yield f"left out as warm-up, as of edgeprof's own processes: the first {', '.join(dropped)}"


def _expect_distinct(sources: Sequence[Source]) -> None:
    """One process three times is no three processes."""
    seen: dict[str, str] = {}
    for source in sources:
        if source.digest in seen:
            hint = "each has to be of a process of its own"
            raise ConfigError(f"holds the same as {seen[source.digest]}", hint, where=source.where)
        seen[source.digest] = source.where


def _process(times: Times, samples: tuple[float, ...]) -> Process:
    """Its warm-up is looked for as in edgeprof's own: some versions of these tools leave theirs in the file."""
    rule = WarmUp()
    watch = WarmUpWatch(rule)
    looks = ((n, watch.feed(latency_s)) for n, latency_s in enumerate(samples, 1))
    count, steady = next((look for look in looks if look[1] is not None), (0, None))  # 0: it ended too soon to tell
    was_looked_at = len(samples) >= rule.floor_samples and sum(samples) >= rule.floor_s
    return Process(
        started_at=0.0,
        ended=Ended.NOT_KNOWN,
        warmup_s=samples[:count],
        samples_s=samples[count:],
        steady=False if steady is None and was_looked_at else steady,
        inside_infer=times.inside_infer,
    )


def _file(model: str | None) -> tuple[str, int | None]:
    """The digest and the size of the model, where it is a file: of all its files, where its weights lie in others."""
    if model is None:
        return "", None
    if not Path(model).is_file():
        if os.sep in model or model.lower().endswith(_MODEL_FILES):
            raise ConfigError(f"{quoted(model)} is not a file", "check the path, or give a name alone", where="--model")
        return "", None
    paths = _files(Path(model))
    digests = [digest_of_file(path) for path in paths]
    digest = digests[0] if len(digests) == 1 else digest_of_json(digests)
    return digest, sum(path.stat().st_size for path in paths)


def _files(path: Path) -> list[Path]:
    kind = path.suffix.lower()
    if kind == ".onnx":
        from edgeprof.convert.onnx_file import files_of

        try:
            return files_of(path)
        except ConvertError as error:
            raise ConfigError(error.message, error.hint, where="--model") from error
    if kind != ".xml":
        return [path]
    weights = path.with_suffix(".bin")  # as OpenVINO writes its models
    if not weights.is_file():
        raise ConfigError(f"the weights, {quoted(str(weights))}, are not there", "put them beside it", where="--model")
    return [path, weights]
