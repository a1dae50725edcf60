"""Prove on the runtime that will be timed that the artefact computes what the model computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from edgeprof.convert.parity import compare
from edgeprof.core.artefact import Parity
from edgeprof.core.codec import plain, restore
from edgeprof.core.errors import AgentError, ConvertError
from edgeprof.core.files import digest_of_file, digest_of_json
from edgeprof.core.protocol import Order, Task
from edgeprof.targets.conversation import conversation
from edgeprof.workflow.device import Device, holder, waiting_for
from edgeprof.workflow.process import Prepared
from edgeprof.workflow.progress import Progress
from edgeprof.workflow.workshop import Workshop


def prove(prepared: Prepared, device: Device, workshop: Workshop, lock_timeout_s: float | None = None) -> Parity | None:
    """The parity figures, from the cache where the same question was answered before; ConvertError when it fails.

    None where there is nothing to compare with, as with a fake.
    """
    artefact, job = prepared.artefact, prepared.job
    if not artefact.references:
        return None
    key = _key(prepared, device)
    remembered = workshop.cache.recall(key)
    if remembered is not None:
        parity = restore(Parity, remembered, "parity")
    else:
        workshop.progress.show(f"proving {job.runtime} {job.precision} against the model")
        observed = _observed(prepared, device, workshop.progress, lock_timeout_s)
        parity = compare(artefact, observed, job.runtime, job.precision)
        workshop.cache.remember(key, plain(parity))
    if not parity.finite:
        raise ConvertError(
            f"{job.runtime} {job.precision} gives NaN or infinity where {parity.reference} does not",
            "try another --runtime or --precision",
        )
    if not parity.holds:
        raise ConvertError(
            f"{job.runtime} {job.precision} does not compute what the model computes: relative L2 "
            f"{parity.relative_l2:.2g}, at most {parity.tolerance:.2g} is rounding",
            "try another --runtime or --precision",
        )
    return parity


def _observed(
    prepared: Prepared, device: Device, progress: Progress, lock_timeout_s: float | None
) -> Sequence[Sequence[Path]]:
    """The outputs; a link that breaks has a second chance."""
    try:
        return _observe(prepared, device, progress, lock_timeout_s)
    except AgentError as error:
        if error.cause != "lost":
            raise
        progress.say(f"{error.message}: trying again")
        return _observe(prepared, device, progress, lock_timeout_s)


def _observe(
    prepared: Prepared, device: Device, progress: Progress, lock_timeout_s: float | None
) -> Sequence[Sequence[Path]]:
    """Run every reference's inputs once in an agent process of its own, and bring the outputs here."""
    names = [tensor.name for tensor in prepared.job.inputs]
    sets = []
    for reference in prepared.artefact.references:
        paths = [Path(path) for path in reference.inputs]
        sets.append({n: device.target.place(digest_of_file(p), p) for n, p in zip(names, paths, strict=True)})
    placed, _ = prepared.placed(device)
    order = Order(
        Task.OUTPUTS,
        prepared.job,
        placed,
        tuple(sets),
        outputs_to=device.target.folder(),
        holder=holder(f"{prepared.job.model}, parity"),
        lock_timeout_s=lock_timeout_s,
    )
    with conversation(device.target, device.agent, order) as events:
        for event in events:
            if event["event"] == "waiting":
                progress.say(waiting_for(event))
            if event["event"] == "done":
                return [[device.target.fetch(path) for path in files] for files in event["files"]]
    raise ConvertError("the agent kept no outputs")


def _key(prepared: Prepared, device: Device) -> str:
    """Everything that a runtime's answer depends on."""
    runtime = device.runtime(prepared.job.runtime)
    processor = (device.host.get("processor"), device.host.get("machine"))
    references = [plain(asdict(reference)) for reference in prepared.artefact.references]
    return digest_of_json(["parity", prepared.job.digest, runtime.version, processor, references])
