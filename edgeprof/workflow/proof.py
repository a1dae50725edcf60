"""Prove on the runtime that will be timed that the artefact computes what the model computes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from edgeprof.agent.outputs import MOST_BYTES, sampled
from edgeprof.agent.runtimes import ON_CARDS
from edgeprof.agent.runtimes.onnxruntime import DISABLED
from edgeprof.convert.inquiry import explained, remedied
from edgeprof.convert.parity import FP32_CAP, compare
from edgeprof.core.artefact import Artefact, Parity
from edgeprof.core.codec import plain, restore
from edgeprof.core.errors import ConvertError
from edgeprof.core.files import digest_of_file, digest_of_json
from edgeprof.core.protocol import Order, Task
from edgeprof.targets.conversation import conversation
from edgeprof.workflow.asking import with_second_chance
from edgeprof.workflow.device import Device, holder, tell_of_wait
from edgeprof.workflow.process import Prepared
from edgeprof.workflow.progress import Progress
from edgeprof.workflow.workshop import Workshop

if TYPE_CHECKING:
    from edgeprof.convert.localise import Explanation


@dataclass(frozen=True)
class Proved:
    """What may be timed: the job is another one where its runtime had to be told to leave something undone."""

    prepared: Prepared
    parity: Parity | None  # None where there is nothing to compare with, as with a fake
    notes: tuple[str, ...] = ()


class _Observed(NamedTuple):
    files: Sequence[Sequence[Path]]  # by input set and output
    plan_digest: str | None  # of the plan that computed them


def prove(prepared: Prepared, device: Device, workshop: Workshop, lock_timeout_s: float | None = None) -> Proved:
    """The parity figures, from the cache where the same question was answered before; ConvertError when it fails."""
    if not prepared.artefact.references:
        return Proved(prepared, None)
    parity = _parity(prepared, device, workshop, lock_timeout_s)
    off = () if parity.holds else _remedy(prepared, device, workshop)
    if not off:
        return Proved(prepared, _expect_equal(parity, prepared, workshop))
    changed = replace(prepared, job=replace(prepared.job, options=((DISABLED, ",".join(off)),)))
    again = _expect_equal(_parity(changed, device, workshop, lock_timeout_s), changed, workshop)
    note = f"onnxruntime goes without its {' and '.join(off)}, which changes what this model computes"
    workshop.progress.say(note)
    return Proved(changed, again, (note,))


def prove_again(prepared: Prepared, device: Device, workshop: Workshop, lock_timeout_s: float | None = None) -> Parity:
    """As it is there now, whatever was remembered."""
    return _expect_equal(_parity(prepared, device, workshop, lock_timeout_s, anew=True), prepared, workshop)


def precision_of(prepared: Prepared) -> str:
    """A CPU computes an fp16 graph in fp32, and what was lost in its types is what is compared."""
    return "fp16" if prepared.artefact.precision == "fp16" else prepared.job.precision


def _parity(
    prepared: Prepared, device: Device, workshop: Workshop, lock_timeout_s: float | None, *, anew: bool = False
) -> Parity:
    artefact, job, precision = prepared.artefact, prepared.job, precision_of(prepared)
    key = _key(prepared, device)
    remembered = None if anew else workshop.cache.recall(key)
    if remembered is not None:
        return restore(Parity, remembered, "parity")
    progress = workshop.progress
    progress.show(f"proving {job.runtime} {precision} against the model")
    observed = with_second_chance(partial(_observe, prepared, device, progress, lock_timeout_s), progress)
    with TemporaryDirectory(prefix="edgeprof-proof-") as folder:
        parity = compare(_as_sent(artefact, Path(folder)), observed.files, job.runtime, precision)
    parity = replace(parity, plan_digest=observed.plan_digest)
    workshop.cache.remember(key, plain(parity))
    return parity


def _remedy(prepared: Prepared, device: Device, workshop: Workshop) -> tuple[str, ...]:
    """The optimisers without which onnxruntime computes what the model computes."""
    artefact, job = prepared.artefact, prepared.job
    if job.runtime != "onnxruntime" or job.options or artefact.form != "onnx" or artefact.data:
        return ()
    key = digest_of_json(["remedy", artefact.digest, device.runtime(job.runtime).version])
    remembered = workshop.cache.recall(key)
    if remembered is None:
        remembered = {"optimizers": list(remedied(artefact, workshop.progress.show))}
        workshop.cache.remember(key, remembered)
    return tuple(remembered["optimizers"])


def _expect_equal(parity: Parity, prepared: Prepared, workshop: Workshop) -> Parity:
    if parity.holds:
        return parity
    job, precision = prepared.job, precision_of(prepared)
    if not parity.finite:
        message = f"{job.runtime} {precision} gives NaN or infinity where {parity.reference} does not"
    else:
        message = (
            f"{job.runtime} {precision} does not compute what the model computes: relative L2 "
            f"{parity.relative_l2:.2g}, at most {parity.tolerance:.2g} is rounding"
        )
    hint = "try another --runtime or --precision"
    lost = float(prepared.artefact.card.get("rounding", 0))
    if lost > FP32_CAP:
        hint = f"torch itself loses {lost:.0%} to fp32 with these weights: try others, by --weights"
    elif workshop.explains:
        off = tuple(each for name, names in job.options if name == DISABLED for each in names.split(","))
        hint = _words(explained(prepared.artefact, job.runtime, precision, workshop.progress.show, off))
    else:
        hint += "; --explain looks for the operator where it begins"
    raise ConvertError(message, hint)


def _words(seen: Explanation) -> str:
    if seen.first is None:
        return seen.hint or "no operator was found at which it begins"
    first = seen.first
    where = (
        f"it begins at {first.operator} {first.node}: relative L2 {first.relative_l2:.2g}, {first.before:.2g} before it"
    )
    level = f"from onnxruntime's level {seen.level} on" if seen.level else ""
    blame = f"by its {' and '.join(seen.optimizers)}" if seen.optimizers else ""
    return ", ".join(filter(None, (where, level, blame))) + (f"; {seen.hint}" if seen.hint else "")


def _as_sent(artefact: Artefact, folder: Path) -> Artefact:
    """With the expected outputs as the agent sends them: of large ones a sample."""
    import numpy as np

    references = []
    for i, reference in enumerate(artefact.references):
        paths = []
        for j, path in enumerate(reference.outputs):
            paths.append(path)
            if os.path.exists(path) and os.path.getsize(path) > MOST_BYTES:
                paths[-1] = str(folder / f"{i}-{j}.npy")
                np.save(paths[-1], sampled(np.load(path, mmap_mode="r", allow_pickle=False)), allow_pickle=False)
        references.append(replace(reference, outputs=tuple(paths)))
    return replace(artefact, references=tuple(references))


def _observe(prepared: Prepared, device: Device, progress: Progress, lock_timeout_s: float | None) -> _Observed:
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
            tell_of_wait(event, progress)
            if event["event"] == "done":
                fetched = [[device.target.fetch(path) for path in files] for files in event.get("files", [])]
                return _Observed(fetched, event.get("plan_digest"))
    raise ConvertError("the agent kept no outputs")


def _key(prepared: Prepared, device: Device) -> str:
    """Everything that a runtime's answer depends on."""
    runtime = device.runtime(prepared.job.runtime)
    processor = (device.host.get("processor"), device.host.get("machine"))
    references = [plain(asdict(reference)) for reference in prepared.artefact.references]
    board = device.board
    cards = [board.gpus, board.l4t, board.driver, board.cuda] if prepared.job.runtime in ON_CARDS else []
    return digest_of_json(["parity", prepared.job.digest, runtime.version, processor, references, *cards])
