"""Have one fresh process measured on a device, and put together what it was seen to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgeprof.core.artefact import Artefact, digest_in
from edgeprof.core.codec import restore
from edgeprof.core.errors import AgentError, TargetError
from edgeprof.core.job import Job
from edgeprof.core.measurement import Ended, Process
from edgeprof.core.protocol import Order, Task
from edgeprof.core.sampling import Phase, Sampling, SamplingWatch
from edgeprof.core.stats.median import median
from edgeprof.core.stats.percentile import percentile_of_sorted
from edgeprof.targets import Target
from edgeprof.targets.conversation import conversation
from edgeprof.targets.events import Event
from edgeprof.workflow.device import Device, holder, host_told, tell_of_wait
from edgeprof.workflow.progress import Progress

# Sorting takes a core that the model may be using; so many of the newest are enough for figures that pass by.
_SHOWN_SAMPLES = 2000
_ENDINGS = {"lost": Ended.LOST, "hung": Ended.HUNG}


@dataclass(frozen=True)
class Prepared:
    """A job ready to be measured: its artefact, and the files that feed its inputs."""

    job: Job
    artefact: Artefact
    inputs: tuple[tuple[str, Path], ...] = ()

    def placed(self, device: Device) -> tuple[str, dict[str, str]]:
        """Where the artefact and the inputs lie on the device."""
        digests = dict(self.job.input_files)
        for path in self.artefact.data:  # before what asks for them
            device.target.place(digest_in(path), Path(path))
        artefact = device.target.place(self.job.artefact, Path(self.artefact.path))
        return artefact, {name: device.target.place(digests[name], path) for name, path in self.inputs}


def measure_process(
    device: Device,
    prepared: Prepared,
    sampling: Sampling,
    progress: Progress,
    lock_timeout_s: float | None = None,
    on_lost: Callable[[Process], None] = lambda process: None,
) -> tuple[Process, dict[str, Any]]:
    """The process, and the host as it was after it. That the process crashed is in its record, and no error.

    One whose link broke is repeated once; `on_lost` hears what was received of it.
    """
    process, host = _measure_once(device, prepared, sampling, progress, lock_timeout_s)
    if process.ended is not Ended.LOST:
        return process, host
    progress.say(f"{process.message}: what was received is kept, and the process is repeated")
    try:
        repeated = _measure_once(device, prepared, sampling, progress, lock_timeout_s)
    except TargetError as error:
        return replace(process, message=f"{process.message}; then {error.message}"), host
    on_lost(process)
    return repeated


def _measure_once(
    device: Device, prepared: Prepared, sampling: Sampling, progress: Progress, lock_timeout_s: float | None
) -> tuple[Process, dict[str, Any]]:
    artefact, inputs = prepared.placed(device)
    expect_held(device)
    order = Order(
        Task.MEASURE,
        prepared.job,
        artefact,
        (inputs,),
        sampling=sampling,
        holder=holder(prepared.job.model),
        lock_timeout_s=lock_timeout_s,
    )
    listener = _Listener(sampling, progress, device.target)
    try:
        with conversation(device.target, device.agent, order) as events:
            for event in events:
                listener.hear(event)
    except AgentError as error:
        if not listener.has_samples and error.cause != "lost":
            raise
        return listener.cut_short(error), device.host
    return _with_board(listener.process(), listener.host), listener.host


def _with_board(process: Process, host: dict[str, Any]) -> Process:
    """What may be required of a board, as it was once the process was sampled."""
    board = host.get("board") or {}
    mode = process.power_mode or board.get("power_mode")
    return replace(process, power_mode=mode, clocks_locked=board.get("clocks_locked"))


def expect_held(device: Device) -> None:
    """A hold is a session of its own, and ends with its link: what comes after would be another question answered."""
    if device.target.losses > device.losses and (device.machine.power_mode or device.machine.lock_clocks):
        raise TargetError("the link was lost, and with it the power mode and clocks that were set", "run it again")


class _Listener:
    """Gathers the samples as they come, and says how it goes; the same watch as the agent's splits off the warm-up."""

    def __init__(self, sampling: Sampling, progress: Progress, target: Target) -> None:
        self._sampling = sampling
        self._progress = progress
        self._target = target
        self._watch = SamplingWatch(sampling)
        self._first_s: float | None = None
        self._latencies_s: list[float] = []
        self._record: Process | None = None
        self.host: dict[str, Any] = {}

    @property
    def has_samples(self) -> bool:
        return self._first_s is not None

    def hear(self, event: Event) -> None:
        name = event["event"]
        tell_of_wait(event, self._progress)
        if name in ("loading", "warming"):
            self._progress.show(name)
        elif name == "samples":
            self._take(event["latencies_s"])
        elif name == "done":
            self._finish(event)

    def process(self) -> Process:
        if self._record is None:
            raise AgentError("the agent was done without a record")
        return self._with_samples(self._record)

    def cut_short(self, error: AgentError) -> Process:
        """What was received before the agent went away: kept, and never judged as if it were whole."""
        ended = _ENDINGS.get(error.cause, Ended.CRASHED)
        return self._with_samples(Process(started_at=0.0, ended=ended, message=error.message))

    def _finish(self, event: Event) -> None:
        try:
            self._record = restore(Process, event["process"], "process")
            self.host = host_told(event, self._target)
        except (KeyError, TypeError, ValueError) as error:
            raise AgentError(f"the agent's record is none: {error}", cause="garbled") from error

    def _with_samples(self, process: Process) -> Process:
        warmup_count = self._watch.warmup_count
        last = None if self._sampling.samples is None else warmup_count + self._sampling.samples
        return replace(
            process,
            first_inference_s=self._first_s,
            warmup_s=tuple(self._latencies_s[:warmup_count]),
            samples_s=tuple(self._latencies_s[warmup_count:last]),
            steady=self._watch.steady,
        )

    def _take(self, fresh_s: list[float]) -> None:
        if self._first_s is None:
            self._first_s, *fresh_s = fresh_s
        was_warming = self._watch.phase is Phase.WARMING
        for latency_s in fresh_s:
            self._watch.feed(latency_s)
        self._latencies_s += fresh_s
        if was_warming and self._watch.phase is not Phase.WARMING:
            self._foresee()
        self._show()

    def _foresee(self) -> None:
        """Say before sampling when a PASS cannot fit into the time allowed."""
        usual_s = median(self._latencies_s[: self._watch.warmup_count])
        needed = self._watch.more_samples_needed()
        if needed * usual_s > self._sampling.max_s:
            self._progress.say(
                f"a PASS takes {needed} samples, {needed * usual_s:.0f} s at {usual_s * 1e3:.4g} ms, and "
                f"{self._sampling.max_s:.0f} s a process are allowed: only a clear miss can be answered; "
                "raise --max-duration for more"
            )

    def _why_warming(self) -> str:
        rule, elapsed_s = self._sampling.warm_up, sum(self._latencies_s)
        if not rule.until_steady or elapsed_s < 2 * rule.floor_s:
            return ""
        return f" in {elapsed_s:.0f} s: they are not steady yet, and {rule.cap_s:g} s at most are waited for"

    def _show(self) -> None:
        count = self._watch.sample_count
        if not count:
            self._progress.show(f"warming, {len(self._latencies_s)} inferences{self._why_warming()}")
            return
        samples = self._latencies_s[self._watch.warmup_count :]
        ascending = sorted(samples[-_SHOWN_SAMPLES:])
        seen = ", ".join(f"p{p} {percentile_of_sorted(ascending, p) * 1e3:.4g} ms" for p in (50, 99))
        needed = self._watch.more_samples_needed()
        rest = f", {needed} more for a verdict" if needed else ""
        self._progress.show(f"sampling, {count} so far{rest}: {seen}")
