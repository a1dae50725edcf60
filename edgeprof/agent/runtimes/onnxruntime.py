"""ONNX Runtime on the CPU."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ContextManager, Iterator, List, Mapping, Optional, Sequence

from edgeprof.agent.runtimes.inputs import staged
from edgeprof.core.errors import ConvertError, RuntimeUnavailable
from edgeprof.core.job import Job

if TYPE_CHECKING:
    from edgeprof.agent.runtimes.ort_trace import TracedSession

_PROVIDERS = ["CPUExecutionProvider"]
_PRECISIONS = ("fp32", "int8")  # it computes a graph in the types that the graph has
_WARNINGS_OFF = 3
DISABLED = "disabled_optimizers"  # names of its graph optimisers, with commas between


class OnnxRuntime:
    tells_each_frame = True
    distributions = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino")
    install = "pip install onnxruntime"

    def precisions(self, cpu_flags: Sequence[str]) -> List[str]:
        return ["fp32", "int8"]

    def open_layered(
        self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int
    ) -> ContextManager[TracedSession]:
        from edgeprof.agent.runtimes.ort_trace import traced

        return traced(lambda to: self.open(job, artefact, inputs, threads, to))

    @contextmanager
    def open(
        self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int, trace: str = ""
    ) -> Iterator[OnnxRuntimeSession]:
        """`trace`: how the file that its profiler writes is to begin, where it is wanted."""
        if job.precision not in _PRECISIONS:
            raise RuntimeUnavailable(
                f"onnxruntime computes in {' or '.join(_PRECISIONS)} on a cpu, {job.precision} was asked for",
                "use --runtime openvino, or --precision fp32",
            )
        ort, disabled = imported(self.install), _disabled_optimizers(job)
        session = loaded(ort, artefact, threads, trace, providers=_PROVIDERS, disabled_optimizers=disabled)
        if session.get_providers() != _PROVIDERS:
            raise RuntimeUnavailable(f"onnxruntime fell back to {session.get_providers()}")
        yield OnnxRuntimeSession(session, staged(job, inputs), threads, job.precision)


class OnnxRuntimeSession:
    inside_infer = "session.run: inputs read where they lie, outputs in new host arrays"

    def __init__(self, session: Any, feeds: Mapping[str, Any], threads: int, precision: str) -> None:
        self.precision = precision
        self._run = session.run
        self.end_profiling = session.end_profiling
        self._feeds = feeds
        self._outputs: Sequence[Any] = ()
        self.threads = threads

    def infer(self) -> None:
        self._outputs = self._run(None, self._feeds)

    def outputs(self) -> Sequence[Any]:
        return self._outputs

    def device_bytes(self) -> Optional[int]:
        return None


def imported(install: str) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise RuntimeUnavailable(f"onnxruntime is not installed: {error}", install) from error
    onnxruntime.disable_telemetry_events()
    return onnxruntime


def loaded(ort: Any, artefact: str, threads: int, trace: str, **how: Any) -> Any:
    """A session; `trace`: how the file that its profiler writes is to begin, where it is wanted."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _WARNINGS_OFF
    if trace:
        options.enable_profiling, options.profile_file_prefix = True, trace
    try:
        return ort.InferenceSession(artefact, options, **how)
    except MemoryError:
        raise
    except Exception as error:
        raise ConvertError(f"onnxruntime does not load the artefact: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _disabled_optimizers(job: Job) -> List[str]:
    for name, _ in job.options:
        if name != DISABLED:
            raise RuntimeUnavailable(f'onnxruntime has no option "{name}"', f"its only one is {DISABLED}")
    return [name for _, names in job.options for name in names.split(",")]
