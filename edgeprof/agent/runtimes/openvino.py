"""OpenVINO on the CPU, at a precision that is always set and read back: left alone it computes in bf16 where it can."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Iterator, List, Mapping, Optional, Sequence

from edgeprof.agent.runtimes.inputs import staged
from edgeprof.core.errors import ConvertError, RuntimeUnavailable
from edgeprof.core.job import Job

if TYPE_CHECKING:
    from edgeprof.agent.runtimes.openvino_counters import CountedSession

# An int8 graph says itself what is quantised; the hint is for everything else in it.
_HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}
_INT8 = ("i8", "u8")
_READ_BACK = {"f32": "fp32", "float": "fp32", "bf16": "bf16", "bfloat16": "bf16", "f16": "fp16"}


class OpenVino:
    tells_each_frame = False
    distributions = ("openvino",)
    install = "pip install openvino"

    def precisions(self, cpu_flags: Sequence[str]) -> List[str]:
        # Without these instructions OpenVINO takes the hint and computes in fp32, or emulates at a loss.
        has_bf16 = "avx512_bf16" in cpu_flags or "amx_bf16" in cpu_flags
        return ["fp32", "bf16", "int8"] if has_bf16 else ["fp32", "int8"]

    @contextmanager
    def open_layered(
        self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int
    ) -> Iterator[CountedSession]:
        from edgeprof.agent.runtimes.openvino_counters import CountedSession

        with self.open(job, artefact, inputs, threads, counts=True) as session:
            yield CountedSession(session)

    @contextmanager
    def open(
        self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int, *, counts: bool = False
    ) -> Iterator[OpenVinoSession]:
        """`counts`: with its counters of each operator."""
        if job.precision not in _HINTS:
            raise RuntimeUnavailable(f"openvino does not take precision {job.precision}", "use fp32, bf16 or int8")
        try:
            import openvino as ov
        except ImportError as error:
            raise RuntimeUnavailable(f"openvino is not installed: {error}", self.install) from error
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": _HINTS[job.precision],
            "INFERENCE_NUM_THREADS": threads,
            **({"PERF_COUNT": True} if counts else {}),
        }
        try:
            compiled = ov.Core().compile_model(artefact, "CPU", settings)
        except MemoryError:
            raise
        except Exception as error:
            raise ConvertError(f"openvino does not load the artefact: {_last_line(error)}") from error
        request = compiled.create_infer_request()
        arrays = staged(job, inputs)
        for name, array in arrays.items():
            request.set_tensor(name, ov.Tensor(array, shared_memory=True))
        hint = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        precision = "int8" if job.precision == "int8" and _is_quantised(compiled) else _READ_BACK.get(hint, hint)
        threads_used = int(compiled.get_property("INFERENCE_NUM_THREADS"))
        yield OpenVinoSession(request, arrays, precision, threads_used, compiled)


class OpenVinoSession:
    inside_infer = "request.infer: inputs read where they lie, outputs in the request's own tensors"

    def __init__(
        self, request: Any, arrays: Mapping[str, Any], precision: str, threads: int, compiled: Any = None
    ) -> None:
        self.request, self.compiled = request, compiled
        self._arrays = arrays  # the request reads them in place
        self.precision = precision
        self.threads = threads

    def infer(self) -> None:
        self.request.infer(share_outputs=True)

    def outputs(self) -> Sequence[Any]:
        return [tensor.data for tensor in self.request.output_tensors]

    def device_bytes(self) -> Optional[int]:
        return None


def _is_quantised(compiled: Any) -> bool:
    """Whether any convolution or matrix product of what was compiled computes in 8 bits."""
    layers = [node.get_rt_info() for node in compiled.get_runtime_model().get_ordered_ops()]
    found = [
        layer["runtimePrecision"].astype(str)
        for layer in layers
        if layer["layerType"].astype(str) in ("Convolution", "FullyConnected", "MatMul")
    ]
    return any(precision in _INT8 for precision in found)


def _last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
