"""What each layer takes, by the runtime's own profiler, in a process in which nothing else is measured."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

from edgeprof.agent.loop import run
from edgeprof.agent.runtimes import Layered, clock_of, runtime_of
from edgeprof.agent.samples import Samples, samples_in_process
from edgeprof.core.errors import RuntimeUnavailable
from edgeprof.core.job import Job
from edgeprof.core.protocol import Order
from edgeprof.core.stats.median import median

_WARM, _WARM_S, _LEAST = 5, 0.5, 3  # frames and seconds before the first that counts; the fewest that count
# A runtime that tells averages alone is loaded so often, so that one disturbance does not reach all of them. Each time
# it warms up for those few frames only: what they took has to be taken out of the average, and that is rounded.
_ROUNDS = 5
_MOST_ROWS = 500  # a message
_DEFAULT_FRAMES = 100


def tell(order: Order, job: Job, threads: int, speak: Callable[[Dict[str, Any]], None]) -> None:
    """One row for each layer, in the order of their first execution, and at last what was seen of the frames."""
    runtime = runtime_of(job.runtime)
    if not isinstance(runtime, Layered):
        raise RuntimeUnavailable(f"{job.runtime} tells no times of its layers", "use --runtime onnxruntime")
    clock_ns = clock_of(runtime)
    rounds = 1 if runtime.tells_each_frame else _ROUNDS
    frames = -(-(order.sampling.samples or _DEFAULT_FRAMES) // rounds)
    seen: Dict[Tuple[str, Any], Tuple[List[float], Dict[str, Any]]] = {}
    latencies: List[float] = []
    count = 0
    for number in range(rounds):
        with runtime.open_layered(job, order.artefact, order.inputs[0], threads) as session:
            if number == 0:
                speak({"event": "loaded", "precision": session.precision})
            samples = samples_in_process(_WARM + 100_000 + frames)
            _frames(session.infer, clock_ns, samples, 1, 0.0)
            if number == 0:
                speak({"event": "inferred"})
            _frames(session.infer, clock_ns, samples, _WARM - 1, _WARM_S if rounds == 1 else 0.0)
            warmed = samples.count
            session.begin(warmed)
            _frames(session.infer, clock_ns, samples, _LEAST, order.sampling.max_s / rounds, frames)
            counted = samples.seconds(warmed, samples.count)
            count += len(counted)
            latencies += counted if rounds == 1 else [sum(counted) / len(counted)]
            for name, seconds, told in session.layers(len(counted)):
                seen.setdefault((name, told.get("node_index")), ([0.0] * number, told))[0].extend(seconds)
        for times, _ in seen.values():  # one may be too quick to be told of, or not needed, each time
            times.extend([0.0] * (len(latencies) - len(times)))
    rows = [{"name": key[0], "seconds": median(times), "told": told} for key, (times, told) in seen.items()]
    while len(rows) > _MOST_ROWS:
        speak({"event": "layers", "rows": rows[:_MOST_ROWS], "more": True})
        del rows[:_MOST_ROWS]
    sums = [sum(frame) for frame in zip(*(times for times, _ in seen.values()))]
    figures = {
        "frames": count,
        "frame_s": median(latencies),
        "in_layers_s": median(sums or [0.0]),
        "each_frame": runtime.tells_each_frame,
    }
    speak({"event": "layers", "rows": rows, "more": False, **figures})


def _frames(
    infer: Callable[[], None],
    clock_ns: Callable[[], int],
    samples: Samples,
    least: int,
    most_s: float,
    most: int = 100_000,
) -> None:
    """Inferences until there are `most` or they took `most_s`, and `least` in any case."""
    first = samples.count
    spent_s = 0.0
    while samples.count - first < most and (samples.count - first < least or spent_s < most_s):
        run(infer, clock_ns, samples, until=samples.count + 1)
        spent_s += sum(samples.seconds(samples.count - 1, samples.count))
