"""A plan in the card's memory, ready to be put on a stream, by TensorRT's named tensors or by the bindings before."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from edgeprof.agent.trt.log import BuildLog, logger_to
from edgeprof.agent.trt.network import numpy_type
from edgeprof.agent.trt.refusal import NO_MEMORY
from edgeprof.agent.trt.surface import Surface
from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Tensor

# "Format/Datatype": "Channel major FP16 format where channel % 8 == 0", "Row major linear FP32", "... Int8 format"
_DATATYPE = re.compile(r"\b(FP32|Float|FP16|Half|BF16|Int8|FP8)\b")
_PRECISIONS = {"FP32": "fp32", "Float": "fp32", "FP16": "fp16", "Half": "fp16", "BF16": "bf16", "Int8": "int8"}


@dataclass(frozen=True)
class Loaded:
    surface: Surface
    runtime: Any  # has to live as long as what came out of it
    engine: Any
    context: Any

    @property
    def inputs(self) -> List[Tensor]:
        return [tensor for tensor, is_input in self._tensors() if is_input]

    @property
    def outputs(self) -> List[Tensor]:
        return [tensor for tensor, is_input in self._tensors() if not is_input]

    def bind(self, addresses: Mapping[str, int], stream: int) -> Callable[[], bool]:
        """What puts one inference on the stream, with each tensor where it lies on the card."""
        if self.surface.names_tensors:
            for name, address in addresses.items():
                if not self.context.set_tensor_address(name, address):
                    raise ConvertError(
                        f'{self.surface.library} does not take an address for "{name}"', "use --runtime onnxruntime"
                    )
            execute = self.context.execute_async_v3
            return lambda: bool(execute(stream))
        bindings = [addresses[tensor.name] for tensor, _ in self._tensors()]
        execute_bindings = self.context.execute_async_v2
        return lambda: bool(execute_bindings(bindings, stream))

    def device_bytes(self) -> int:
        """Activations and scratch, as the engine tells."""
        return self.surface.device_bytes(self.engine)

    def information(self) -> str:
        """What the plan tells of its layers, as JSON."""
        inspector = self.engine.create_engine_inspector()
        return str(inspector.get_engine_information(self.surface.trt.LayerInformationFormat.JSON))

    def precisions(self) -> Dict[str, int]:
        """How many layers hand on what in the plan as it was built; empty where it does not tell."""
        return precisions_told(self.information())

    def _tensors(self) -> List[Tuple[Tensor, bool]]:
        engine, context = self.engine, self.context
        if self.surface.names_tensors:
            given = self.surface.trt.TensorIOMode.INPUT
            names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
            return [
                (
                    _tensor(name, context.get_tensor_shape(name), engine.get_tensor_dtype(name)),
                    engine.get_tensor_mode(name) == given,
                )
                for name in names
            ]
        return [
            (
                _tensor(engine.get_binding_name(i), context.get_binding_shape(i), engine.get_binding_dtype(i)),
                bool(engine.binding_is_input(i)),
            )
            for i in range(engine.num_bindings)
        ]


def load_plan(
    surface: Surface, content: bytes, log: BuildLog, inputs: Sequence[Tensor], dla: Optional[int] = None
) -> Optional[Loaded]:
    """None where the plan is not for this library or card; the log has why. MemoryError where it does not fit."""
    runtime = surface.trt.Runtime(logger_to(log, surface.trt))
    if dla is not None:
        runtime.DLA_core = dla
    engine = runtime.deserialize_cuda_engine(content)
    if engine is None:
        if NO_MEMORY.search("\n".join(log.errors)):
            raise MemoryError(f"does not fit: a plan of {len(content)} bytes; {log.last}")
        return None
    context = engine.create_execution_context()
    if context is None:
        raise MemoryError(f"does not fit: the plan wants {surface.device_bytes(engine)} bytes; {log.last}")
    for tensor in inputs:
        _set_shape(surface, engine, context, tensor)
    return Loaded(surface, runtime, engine, context)


def _set_shape(surface: Surface, engine: Any, context: Any, tensor: Tensor) -> None:
    """Of an input whose shape the plan leaves open."""
    if surface.names_tensors:
        if -1 in tuple(engine.get_tensor_shape(tensor.name)):
            context.set_input_shape(tensor.name, tensor.shape)
    elif -1 in tuple(engine.get_binding_shape(tensor.name)):
        context.set_binding_shape(engine.get_binding_index(tensor.name), tensor.shape)


def precisions_told(words: str) -> Dict[str, int]:
    """From the inspector's JSON: the types of the layers' outputs, where the plan was built to tell them."""
    found: Counter[str] = Counter()
    for layer in layers_told(words):
        for output in layer.get("Outputs", []):
            precision = precision_in(str(output.get("Format/Datatype", "")))
            if precision:
                found[precision] += 1
    return dict(found)


def layers_told(words: str) -> List[Dict[str, Any]]:
    """The layers of the inspector's JSON; none of a plan that was built without details, which gives names alone."""
    try:
        layers = json.loads(words).get("Layers", [])
    except (ValueError, AttributeError):
        return []
    return [layer for layer in layers if isinstance(layer, dict)]


def precision_in(words: str) -> Optional[str]:
    """In a tensor's format and type: fp16 of `Channel major FP16 format where channel % 8 == 0`."""
    match = _DATATYPE.search(words)
    return _PRECISIONS.get(match.group(1)) if match else None


def _tensor(name: str, shape: Any, dtype: Any) -> Tensor:
    lengths = tuple(int(length) for length in shape)
    if -1 in lengths:
        raise ConvertError(
            f'"{name}" has no fixed shape in the plan: {lengths}', "bind it with --shape, or use --runtime onnxruntime"
        )
    return Tensor(str(name), lengths, numpy_type(dtype))
