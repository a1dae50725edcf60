"""The measured process: load, infer, loop until told to stop. It holds nothing that the deployment would not.

It is started by the supervisor with the order as its argument, the shared sample file and two pipes: one to speak on,
one whose end means that the supervisor is gone.
"""

from __future__ import annotations

import gc
import json
import os
import re
import sys
from typing import Any, Callable, Dict, List, Optional, Set

from edgeprof.agent import loop, outputs
from edgeprof.agent.host import allowed_threads
from edgeprof.agent.memory import peak_bytes
from edgeprof.agent.runtimes import (
    Compiling,
    FromPlan,
    Marked,
    OnCard,
    PlanNeeded,
    Runtime,
    clock_of,
    runtime_of,
    version_of,
)
from edgeprof.agent.samples import Samples, samples_in_file
from edgeprof.core.codec import restore
from edgeprof.core.errors import ConvertError, EdgeprofError, RuntimeUnavailable
from edgeprof.core.job import Job
from edgeprof.core.lifeline import end_with
from edgeprof.core.protocol import Order, Task, line_of

_OUT_OF_MEMORY = r"(?i)bad_alloc|bad allocation|failed to allocate|out of memory|cannot allocate memory"


def main(arguments: List[str]) -> None:
    """`arguments`: the order as JSON, then the handles of the sample file, the pipe to speak on, the lifeline."""
    os.dup2(2, 1)  # TensorRT and ONNX Runtime print from C++; what they print is not the protocol
    order = restore(Order, json.loads(arguments[0]), "order")
    samples_handle, speak_handle, lifeline_handle = map(int, arguments[1:4])
    end_with(lifeline_handle)

    def speak(message: Dict[str, Any]) -> None:
        os.write(speak_handle, line_of(message))

    try:
        if order.task is Task.BUILD:
            _build(order, speak)
        elif order.task is Task.OUTPUTS:
            _write_outputs(order, speak)
        elif order.task is Task.LAYERS:
            from edgeprof.agent.layers import tell

            tell(order, _job(order), _threads(_job(order)), speak)
        else:
            _measure(order, samples_in_file(samples_handle), speak)
    except PlanNeeded as needed:
        speak({"event": "unplanned", "why": str(needed)})
    except MemoryError as error:
        speak({"event": "error", "cause": "out of memory", "message": str(error) or "MemoryError"})
    except EdgeprofError as error:
        speak({"event": "error", "cause": _cause(error), "message": error.message, "hint": error.hint})
    except Exception as error:  # noqa: BLE001 (whatever a runtime raises is an answer, told to the supervisor)
        words = f"{type(error).__name__}: {error}"
        cause = "out of memory" if re.search(_OUT_OF_MEMORY, words) else "crashed"
        speak({"event": "error", "cause": cause, "message": words[:2000]})
    sys.stderr.flush()
    os._exit(0)  # no atexit of a runtime's may hang or crash what is already told


def _measure(order: Order, samples: Samples, speak: Any) -> None:
    job = _job(order)
    runtime = runtime_of(job.runtime)
    clock_ns = clock_of(runtime)
    begin = clock_ns()
    with runtime.open(job, order.artefact, order.inputs[0], _threads(job)) as session:
        speak(
            {
                "event": "loaded",
                "load_s": (clock_ns() - begin) / 1e9,
                "precision": session.precision,
                "threads": session.threads,
                "runtime_version": version_of(runtime),
                "inside_infer": session.inside_infer,
                **_plan_of(session),
                "gpu_uuid": session.gpu_uuid if isinstance(session, OnCard) else None,
            }
        )
        # The harness's own garbage is not the model's latency.
        gc.collect()
        gc.disable()
        loop.run(session.infer, clock_ns, samples, until=1)
        _expect_finite(session.outputs())
        speak({"event": "inferred"})
        loop.run(session.infer, clock_ns, samples)
        peak = peak_bytes()
        _expect_finite(session.outputs())
        told = {"device_bytes": session.device_bytes(), "segments": _segments(session, clock_ns)}
        speak({"event": "ended", "peak_memory_bytes": peak, **told})


def _segments(session: Any, clock_ns: Callable[[], int]) -> Optional[Dict[str, Any]]:
    """An addition to what was measured, and never the end of it."""
    if not isinstance(session, Marked):
        return None
    try:
        return loop.segments(session, clock_ns)
    except Exception as error:  # noqa: BLE001 (the samples stand, whatever a runtime raises after the last of them)
        print(f"no segments: {type(error).__name__}: {error}", file=sys.stderr)
        return None


def _build(order: Order, speak: Any) -> None:
    job = _job(order)
    runtime = runtime_of(job.runtime)
    if not isinstance(runtime, Compiling):
        raise ValueError(f"{job.runtime} builds no plans")
    runtime.build(job, order.artefact, lambda words: speak({"event": "building", "words": words}))
    speak({"event": "built"})


def _plan_of(session: Any) -> Dict[str, Any]:
    return {key: getattr(session, key) for key in FromPlan.__annotations__} if isinstance(session, FromPlan) else {}


def _write_outputs(order: Order, speak: Any) -> None:
    job = _job(order)
    files = []
    plans: Set[Optional[str]] = set()
    for number, inputs in enumerate(order.inputs):
        runtime: Runtime = runtime_of(job.runtime)
        with runtime.open(job, order.artefact, inputs, _threads(job)) as session:
            speak({"event": "loaded", "precision": session.precision})
            session.infer()
            files.append(outputs.write(session.outputs(), order.outputs_to, number))
            plans.add(_plan_of(session).get("plan_digest"))
    digest = plans.pop() if len(plans) == 1 else None  # of two it is proved of neither
    speak({"event": "outputs", "files": files, "plan_digest": digest, "runtime_version": version_of(runtime)})


def _expect_finite(found: Any) -> None:
    if not outputs.are_finite(found):
        raise ConvertError(
            "the outputs hold NaN or infinity",
            "a fast wrong model is no answer; try --precision fp32 or other --weights",
        )


def _job(order: Order) -> Job:
    if order.job is None:
        raise ValueError("the order names no job")
    return order.job


def _threads(job: Job) -> int:
    return job.threads or allowed_threads()


def _cause(error: EdgeprofError) -> str:
    if re.search(_OUT_OF_MEMORY, error.message):  # a runtime's own words, wrapped in "does not load the artefact"
        return "out of memory"
    if isinstance(error, RuntimeUnavailable):
        return "unavailable"
    return "refused" if isinstance(error, ConvertError) else "crashed"
