"""A runtime that can be asked for any tensor of a graph, in one setting of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeprof.convert.ort import first_line
from edgeprof.core.errors import ConfigError, ConvertError, EdgeprofError, RuntimeUnavailable

LEVELS = ("basic", "extended", "all")
_LEVELS = {
    "none": "ORT_DISABLE_ALL",
    "basic": "ORT_ENABLE_BASIC",
    "extended": "ORT_ENABLE_EXTENDED",
    "all": "ORT_ENABLE_ALL",
}
_HINTS = {"fp32": "f32", "bf16": "bf16"}
_SILENT = 4


@dataclass(frozen=True)
class Suspect:
    runtime: str
    setting: str  # of onnxruntime its level of graph optimisation, of openvino the precision it computes in
    disabled: tuple[str, ...] = ()  # onnxruntime's optimisers that are switched off

    def __str__(self) -> str:
        return f"{self.runtime} {self.setting}"


# It rewrites nothing, so what it computes is what the graph says.
JUDGE = Suspect("onnxruntime", "none")


def deployed(runtime: str, precision: str, disabled: Sequence[str] = ()) -> Suspect:
    """The runtime as the agent sets it up."""
    if runtime == "onnxruntime":
        return Suspect(runtime, "all", tuple(disabled))
    if runtime == "openvino" and precision in _HINTS:
        return Suspect(runtime, precision)
    raise ConfigError(
        f"{runtime} {precision} shows nothing of what it computes on the way",
        "use --runtime onnxruntime or openvino",
        where="--explain",
    )


def answer(suspect: Suspect, model: Any, arrays: Mapping[str, Any], names: Sequence[str] = ()) -> dict[str, Any]:
    """The outputs of the graph in its order, and the tensors of these names."""
    outputs = [value.name for value in model.graph.output]
    added = [name for name in names if name not in outputs]
    content = _exposing(model, added)
    ask = _onnxruntime if suspect.runtime == "onnxruntime" else _openvino
    try:
        return dict(zip((*outputs, *added), ask(suspect, content, arrays), strict=True))
    except (EdgeprofError, MemoryError):
        raise
    except Exception as error:  # each library raises its own
        raise ConvertError(f"{suspect} does not run the graph: {first_line(error)}") from error


def _exposing(model: Any, names: Sequence[str]) -> bytes:
    outputs = model.graph.output
    own = len(outputs)
    for name in names:
        outputs.add().name = name  # its type is inferred by whoever reads it
    content: bytes = model.SerializeToString()
    del outputs[own:]
    return content


def _onnxruntime(suspect: Suspect, content: bytes, arrays: Mapping[str, Any]) -> list[Any]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, _LEVELS[suspect.setting])
    options.log_severity_level = _SILENT
    session = onnxruntime.InferenceSession(
        content, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(suspect.disabled)
    )
    return list(session.run(None, dict(arrays)))


def _openvino(suspect: Suspect, content: bytes, arrays: Mapping[str, Any]) -> list[Any]:
    try:
        import openvino
    except ImportError as error:
        raise RuntimeUnavailable(f"openvino is not installed: {error}", "pip install openvino") from error
    core = openvino.Core()
    compiled = core.compile_model(
        core.read_model(content), "CPU", {"INFERENCE_PRECISION_HINT": _HINTS[suspect.setting]}
    )
    request = compiled.create_infer_request()
    request.infer(dict(arrays))
    return [tensor.data.copy() for tensor in request.output_tensors]
