"""A runtime that takes the time its file declares, on a hand-cranked clock: it drives most tests and the simulations.

The file is JSON, all keys optional:
  latency_ms  a number, or a list taken in turn and round again     normal  relative standard deviation (seeded)
  drift       relative growth per second of declared time           burst   {every, length, factor}
  load_s      declared load time                                    precision  what it claims to compute in
  crash       {after, how: raise|exit|kill|memory}                  hang    {after}
  leak_mib    memory kept at each inference                         nan     outputs hold one
  garbage     printed on file descriptor 1 at each inference        real    true: sleep for real, on the real clock
  parts_ms    {h2d, compute, d2h}: it has marks of the device's own, that far apart
  plan        {path, text, build}: a file that is compiled beforehand, and does not load where its text is "broken";
              build: hang
  layers      [{name, type, precision, ms, bytes}]: what a profiler of its own would tell of them
  nap_s       real sleep at each inference on the declared clock, so that it does not outrun the supervisor's looks
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import time
from array import array
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from edgeprof.agent.runtimes import PlanNeeded
from edgeprof.core.errors import ConvertError, RuntimeUnavailable
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Job

_NAP_S = 0.0001
_MIB = 1 << 20


class Fake:
    tells_each_frame = True
    distributions: Tuple[str, ...] = ()
    install = ""

    def __init__(self) -> None:
        self.now_ns = 0
        self._is_real = False

    def clock_ns(self) -> int:
        return time.perf_counter_ns() if self._is_real else self.now_ns

    def precisions(self, cpu_flags: Sequence[str]) -> List[str]:
        return ["fp32"]

    @contextmanager
    def open(self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int) -> Iterator[FakeSession]:
        declared = _declared(artefact)
        plan = declared.get("plan")
        if plan:
            _expect_plan(Path(plan["path"]))
        self._is_real = bool(declared.get("real"))
        declared = {"precision": job.precision, **declared}
        kind = MarkedFakeSession if "parts_ms" in declared else FakeSession
        session = kind(self, declared, nap_s=float(declared.get("nap_s", _NAP_S)))
        if plan:
            session.tell_plan(plan["path"])
        session.pass_time(float(declared.get("load_s", 0.0)))
        yield session

    @contextmanager
    def open_layered(
        self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int
    ) -> Iterator[LayeredFakeSession]:
        declared = _declared(artefact)
        if "layers" not in declared:
            raise RuntimeUnavailable("this fake model declares no layers", 'add "layers": [{"name": "a", "ms": 1}]')
        yield LayeredFakeSession(self, declared)

    def build(self, job: Job, artefact: str, hear: Callable[[str], None]) -> None:
        hear("writing the declared plan")
        plan = _declared(artefact)["plan"]
        if plan.get("build") == "hang":
            _hang()
        Path(plan["path"]).write_text(plan.get("text", "compiled"))


def _declared(artefact: str) -> Dict[str, Any]:
    try:
        with open(artefact, encoding="utf-8") as file:
            declared = json.load(file)
    except ValueError as error:
        raise ConvertError(f"not a fake model: {error}", 'write a JSON object such as {"latency_ms": 20}') from error
    if not isinstance(declared, dict):
        raise ConvertError("not a fake model: expected a JSON object", 'write {"latency_ms": 20}')
    return declared


def _expect_plan(plan: Path) -> None:
    if not plan.exists():
        raise PlanNeeded("there is none of it yet")
    if plan.read_bytes() == b"broken":
        raise PlanNeeded("the one that was kept does not load")


class FakeSession:
    inside_infer = "nothing but the declared time"
    threads = 1

    def __init__(self, runtime: Fake, declared: Dict[str, Any], nap_s: float = 0.0) -> None:
        latency = declared.get("latency_ms", 10.0)
        self._latencies_s = [ms / 1e3 for ms in (latency if isinstance(latency, list) else [latency])]
        self._declared = declared
        self._runtime = runtime
        self._nap_s = nap_s
        self._random = random.Random(declared.get("seed", 0))  # noqa: S311 (declared noise, not a secret)
        self._count = 0
        self._spent_s = 0.0
        self._kept: List[bytearray] = []
        self.precision = str(declared.get("precision", "fp32"))

    def infer(self) -> None:
        self._misbehave()
        self.pass_time(self._latency_s())
        self._count += 1

    def outputs(self) -> Sequence[Any]:
        return [array("f", [math.nan if self._declared.get("nan") else 1.0])]

    def device_bytes(self) -> Optional[int]:
        return None

    def tell_plan(self, plan: str) -> None:
        self.plan_path, self.plan_digest = plan, digest_of_file(Path(plan))
        self.plan_bytes = Path(plan).stat().st_size

    def pass_time(self, seconds: float) -> None:
        self._spent_s += seconds
        self._runtime.now_ns += round(seconds * 1e9)
        if self._declared.get("real"):
            time.sleep(seconds)
        elif self._nap_s:
            time.sleep(self._nap_s)

    def _latency_s(self) -> float:
        declared = self._declared
        latency_s = self._latencies_s[self._count % len(self._latencies_s)]
        if "normal" in declared:
            latency_s *= max(0.01, self._random.gauss(1.0, declared["normal"]))
        if "drift" in declared:
            latency_s *= 1 + declared["drift"] * self._spent_s
        burst = declared.get("burst")
        if burst and self._count % burst["every"] < burst.get("length", 1):
            latency_s *= burst.get("factor", 2.0)
        return float(latency_s)

    def _misbehave(self) -> None:
        declared = self._declared
        if "garbage" in declared:
            os.write(1, str(declared["garbage"]).encode() + b"\n")
        if "leak_mib" in declared:
            self._kept.append(bytearray(b"x") * int(declared["leak_mib"] * _MIB))
        if "hang" in declared and self._count >= declared["hang"]["after"]:
            _hang()
        if "crash" in declared and self._count >= declared["crash"]["after"]:
            _crash(declared["crash"].get("how", "raise"))


class MarkedFakeSession(FakeSession):
    def infer_marked(self) -> None:
        self.infer()

    def parts_s(self) -> Mapping[str, float]:
        return {name: ms / 1e3 for name, ms in self._declared["parts_ms"].items()}


class LayeredFakeSession(FakeSession):
    def begin(self, warmed: int) -> None: ...

    def layers(self, frames: int) -> List[Tuple[str, List[float], Dict[str, Any]]]:
        return [(each["name"], [each["ms"] / 1e3] * frames, each) for each in self._declared["layers"]]


def _hang() -> None:
    while True:
        time.sleep(60)


def _crash(how: str) -> None:
    if how == "exit":
        os._exit(3)
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "memory":
        raise MemoryError("declared")
    raise RuntimeError("a declared crash")
