"""Watch one measured process from outside: read its samples, decide when it has said enough, end it when it hangs."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from edgeprof.agent import strain
from edgeprof.agent.memory import kills_for_memory, peak_bytes
from edgeprof.agent.samples import sample_file, samples_in_file
from edgeprof.agent.telemetry.recording import Recording
from edgeprof.core.codec import plain
from edgeprof.core.measurement import Ended, Process
from edgeprof.core.protocol import Order, message_of
from edgeprof.core.sampling import Phase, SamplingWatch
from edgeprof.core.stats.median import median

Emit = Callable[[Mapping[str, Any]], None]

# A look costs about 0.1 ms of a core that the model may be using. Early looks are frequent, since a clear miss is
# answered after a second; later ones touch at most one sample in a few hundred even of a 2 ms model.
_EARLY_LOOK_S, _LATER_LOOK_S, _EARLY_S = 0.2, 1.0, 2.0
_MOST_SENT = 20_000  # samples a message
_CAUSES = {"out of memory": Ended.OUT_OF_MEMORY}


class Refusal(Exception):
    """The process gave nothing that could be kept, and why: no runtime, no such graph, NaN, no outputs."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        super().__init__(event["message"])
        self.event = event


class Unplanned(Exception):
    """There is no plan that the process could load; it said why."""


class _Over(Exception):
    """The process ended before it was told to."""

    def __init__(self, ended: Ended, message: Optional[str] = None) -> None:
        super().__init__(ended)
        self.ended, self.message = ended, message


class Watch:
    """One measured process, from its start to its end."""

    def __init__(self, order: Order, command: List[str], emit: Emit, is_abandoned: Callable[[], bool]) -> None:
        self._order = order
        self._emit = emit
        self._is_abandoned = is_abandoned
        self._sampling = SamplingWatch(order.sampling)
        self._facts: Dict[str, Any] = {"started_at": time.time()}  # noqa: TID251 (a date, no duration)
        self._seen = 0  # samples read, the first inference included
        self._medians_s: List[float] = []
        self._heard = b""
        self._memory_kills = kills_for_memory()
        self._recording = Recording(order)
        handle = sample_file()
        self._samples = samples_in_file(handle)
        self._child, self._ear, self._lifeline = _start(command, order, handle)
        os.close(handle)

    def run(self) -> Process:
        """Watch until it ends; its record without samples and warm-up, which were sent as they came."""
        message = None
        try:
            ended = self._follow()
        except _Over as over:
            ended, message = over.ended, over.message
        finally:
            self._recording.end()
            self._end_child()
        self._look()  # what a crash left behind
        self._facts.update(self._recording.facts(self._facts.get("peak_memory_bytes")))
        return Process(ended=ended, message=message, steady=self._sampling.steady, **self._facts)

    def outputs(self) -> Dict[str, Any]:
        """For an order that asks for outputs: the event that names their files."""
        try:
            self._emit({"event": "loading"})
            dogs = self._order.watchdogs
            return self._wait_for("outputs", dogs.load_s + dogs.first_inference_s, "loading and inferring")
        except _Over as over:
            raise Refusal(self._told(over)) from over
        finally:
            self._end_child()

    def layers(self) -> Dict[str, Any]:
        """For an order that asks for layers: their rows, of which all but the last lot are passed on as they come."""
        try:
            self._emit({"event": "loading"})
            dogs = self._order.watchdogs
            self._wait_for("loaded", dogs.load_s, "loading")
            self._wait_for("inferred", dogs.first_inference_s, "its first inference")
            self._emit({"event": "warming"})
            most_s = dogs.load_s + 2 * self._order.sampling.max_s + 10 * dogs.sample_s
            while True:
                told = self._wait_for("layers", most_s, "profiling")
                if not told["more"]:
                    return told
                self._emit(told)
        except _Over as over:
            raise Refusal(self._told(over)) from over
        finally:
            self._end_child()

    def build(self) -> None:
        """For an order that asks for a plan: until it is built."""
        try:
            self._wait_for("built", self._order.watchdogs.build_s, "building the plan")
        except _Over as over:
            raise Refusal(self._told(over)) from over
        finally:
            self._end_child()

    def _follow(self) -> Ended:
        dogs = self._order.watchdogs
        self._recording.follow(self._child.pid)
        self._emit({"event": "loading"})
        gpu = self._wait_for("loaded", dogs.load_s, "loading").get("gpu_uuid")
        self._emit({"event": "warming"})
        self._wait_for("inferred", dogs.first_inference_s, "its first inference")
        self._recording.start(gpu if isinstance(gpu, str) else None)
        watched = [self._child.pid, os.getpid()]
        before = strain.count(watched)
        ended = self._sample()
        self._recording.end()
        self._facts["strain"] = strain.between(before, strain.count(watched))
        self._samples.stop()
        if ended is not Ended.CAPACITY:
            self._wait_for("ended", self._patience_s(), "its last inference")
        return ended

    def _wait_for(self, event: str, most_s: float, what: str) -> Dict[str, Any]:
        deadline = time.monotonic() + most_s
        while True:
            message = self._hear(min(0.5, max(0.0, deadline - time.monotonic())))
            if message and message["event"] == event:
                return message
            if message and message["event"] == "building":
                self._emit(message)
            self._expect_wanted()
            if time.monotonic() >= deadline:
                raise _Over(Ended.HUNG, f"no end of {what} within {most_s:g} s")

    def _sample(self) -> Ended:
        began = last_progress = time.monotonic()
        while True:
            early = self._sampling.phase is Phase.WARMING or time.monotonic() - began < _EARLY_S
            message = self._hear(_EARLY_LOOK_S if early else _LATER_LOOK_S)
            was_warming = self._sampling.phase is Phase.WARMING
            if self._look():
                last_progress = time.monotonic()
            if was_warming and self._sampling.phase is not Phase.WARMING:
                began = time.monotonic()
                self._recording.begin()
            if self._sampling.phase is Phase.FINISHED:
                return self._why_finished()
            if message and message["event"] == "ended":
                return Ended.CAPACITY
            self._expect_wanted()
            if time.monotonic() - last_progress > self._patience_s():
                raise _Over(Ended.HUNG, f"no sample for {time.monotonic() - last_progress:.1f} s")

    def _why_finished(self) -> Ended:
        if self._order.sampling.samples is not None:
            return Ended.SAMPLES
        return Ended.DURATION if self._sampling.elapsed_s >= self._order.sampling.max_s else Ended.DECIDED

    def _look(self) -> bool:
        """Read the samples that are new, feed them to the decision, and send them on."""
        count = self._samples.count
        is_news = count > self._seen
        while self._seen < count:
            fresh = self._samples.seconds(self._seen, min(count, self._seen + _MOST_SENT))
            self._emit({"event": "samples", "latencies_s": fresh})
            for latency_s in fresh if self._seen else fresh[1:]:
                self._sampling.feed(latency_s)
            self._medians_s.append(median(fresh))
            self._seen += len(fresh)
        if is_news:
            self._note_peak()
        return is_news

    def _hear(self, timeout_s: float) -> Optional[Dict[str, Any]]:
        """The next thing the process says, waiting at most so long; raises when it refuses or is gone."""
        if b"\n" not in self._heard:
            ready, _, _ = select.select([self._ear], [], [], timeout_s)
            if not ready:
                return None
            heard = os.read(self._ear, 1 << 16)
            if not heard:
                raise self._ending(self._child.wait())
            self._heard += heard
        line, newline, rest = self._heard.partition(b"\n")
        if not newline:
            return None
        self._heard = rest
        message = message_of(line)
        if message is None:
            raise _Over(Ended.CRASHED, "it spoke garbage")
        if message["event"] == "error":
            raise self._failure(message)
        if message["event"] == "unplanned":
            raise Unplanned(message["why"])
        self._facts.update((key, message[key]) for key in message if key in Process.__dataclass_fields__)
        return message

    def _failure(self, message: Mapping[str, Any]) -> Exception:
        if message["cause"] in ("unavailable", "refused"):
            return Refusal(message)
        return _Over(_CAUSES.get(message["cause"], Ended.CRASHED), message["message"])

    def _ending(self, code: int) -> _Over:
        if code == -signal.SIGKILL:
            if kills_for_memory() > self._memory_kills:
                return _Over(Ended.OUT_OF_MEMORY, "killed by the kernel")
            return _Over(Ended.KILLED, "by signal 9")
        return _Over(Ended.CRASHED, f"by signal {-code}" if code < 0 else f"with exit code {code}")

    def _told(self, over: _Over) -> Dict[str, Any]:
        """An ending as an event, where there is no record of a process to say it in."""
        from edgeprof.core.ending import ending_of

        name = self._order.job.runtime if self._order.job else "the process"
        message, hint = ending_of(name, over.ended, over.message)
        return {"event": "error", "cause": over.ended.value, "message": message, "hint": hint}

    def _expect_wanted(self) -> None:
        if self._is_abandoned():
            raise _Over(Ended.STOPPED)

    def _note_peak(self) -> None:
        """So that a killed process leaves its peak too; the one it reads itself at the end replaces this."""
        peak = peak_bytes(self._child.pid)
        if peak is not None:
            self._facts["peak_memory_bytes"] = peak

    def _patience_s(self) -> float:
        dogs = self._order.watchdogs
        return max(dogs.sample_s, dogs.sample_medians * median(self._medians_s or [0.0]))

    def _end_child(self) -> None:
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        os.close(self._lifeline)
        os.close(self._ear)


def _start(command: List[str], order: Order, samples_handle: int) -> Tuple[subprocess.Popen[bytes], int, int]:
    """The process, the pipe it speaks on, and the lifeline: closed, it ends."""
    ear, mouth = os.pipe()
    lifeline_end, lifeline = os.pipe()
    handles = [samples_handle, mouth, lifeline_end]
    child = subprocess.Popen(
        [*command, json.dumps(plain(order)), *map(str, handles)],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        pass_fds=handles,
    )
    os.close(mouth)
    os.close(lifeline_end)
    return child, ear, lifeline
