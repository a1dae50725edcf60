"""An ONNX file as TensorRT's own parser reads it: its layers, and in what precision each computes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from edgeprof.agent.trt.log import BuildLog
from edgeprof.agent.trt.order import Layer
from edgeprof.agent.trt.refusal import complaints, parse_refusal
from edgeprof.agent.trt.surface import Surface
from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Tensor

# TensorRT's names for types: ours, and numpy's.
_TYPES = {
    "FLOAT": ("fp32", "float32"),
    "HALF": ("fp16", "float16"),
    "BF16": ("bf16", "bfloat16"),
    "FP8": ("fp8", "float8_e4m3fn"),
    "FP4": ("fp4", "float4_e2m1fn"),
    "INT8": (None, "int8"),
    "INT4": (None, "int4"),
    "UINT8": (None, "uint8"),
    "INT32": (None, "int32"),
    "INT64": (None, "int64"),
    "BOOL": (None, "bool"),
}
# Where the time goes, and what a precision is asked for.
WEIGHTED = ("convolution", "deconvolution", "fully_connected", "matrix_multiply", "einsum", "attention")
_PASS_ON = ("shuffle", "identity", "cast")
_STORE = ("constant", "quantize", "dequantize", "cast", "identity", "shape")


@dataclass(frozen=True)
class Parsed:
    """A network, and what has to live as long as it does: the parser holds its weights."""

    network: Any
    parser: Any


def parse(builder: Any, logger: Any, path: str, surface: Surface, log: BuildLog) -> Parsed:
    network = builder.create_network(surface.network_flags)
    parser = surface.trt.OnnxParser(network, logger)
    if not parser.parse_from_file(path):
        raise parse_refusal(surface.library, complaints(parser, surface, log), log)
    if not network.num_outputs:
        raise ConvertError("the file holds an empty graph", "export the model again")
    return Parsed(network, parser)


def layers_of(network: Any) -> Tuple[Layer, ...]:
    found = [network.get_layer(index) for index in range(network.num_layers)]
    makers = {out.name: layer for layer in found for out in _outputs(layer)}
    return tuple(_layer(layer, makers) for layer in found)


def inputs_of(network: Any) -> Tuple[Tensor, ...]:
    return tuple(_tensor(network.get_input(index)) for index in range(network.num_inputs))


def outputs_of(network: Any) -> Tuple[Tensor, ...]:
    return tuple(_tensor(network.get_output(index)) for index in range(network.num_outputs))


def precisions_of(layers: Sequence[Layer]) -> Mapping[str, int]:
    """How many layers compute in each precision; those that only store, convert or shape are not counted."""
    return dict(Counter(layer.precision for layer in layers if layer.precision and layer.kind not in _STORE))


def expect_reached(precision: str, layers: Sequence[Layer]) -> None:
    """Refuse a graph whose heavy layers all compute in something else than was asked for."""
    heavy = [layer for layer in layers if layer.kind in WEIGHTED] or layers
    reached = precisions_of(heavy)
    wanted = reached.get(precision, 0)
    if reached and (not wanted or (precision == "fp32" and len(reached) > 1)):
        seen = ", ".join(f"{count} in {name}" for name, count in sorted(reached.items()))
        raise ConvertError(
            f"{precision} was asked for, but of the layers that matter there are {seen}",
            f"convert the model again with --precision {precision}",
        )


def _layer(layer: Any, makers: Mapping[str, Any]) -> Layer:
    outputs = [_tensor(out) for out in _outputs(layer)]
    return Layer(layer.name, _kind(layer), _precision(layer, makers), tuple(outputs))


def _precision(layer: Any, makers: Mapping[str, Any]) -> Optional[str]:
    kind = _kind(layer)
    if kind in WEIGHTED and _is_quantized(layer, makers):
        return "int8"
    names = [_TYPES.get(out.dtype.name, (None, ""))[0] for out in _outputs(layer)]
    return next((name for name in names if name), None)


def _is_quantized(layer: Any, makers: Mapping[str, Any]) -> bool:
    """Both operands come out of a DequantizeLinear: the builder computes such a layer on the integers."""
    operands = [tensor for tensor in map(layer.get_input, range(min(2, layer.num_inputs))) if tensor is not None]
    return len(operands) == 2 and all(_origin(tensor, makers) == "dequantize" for tensor in operands)


def _origin(tensor: Any, makers: Mapping[str, Any]) -> str:
    """The kind of layer that a tensor comes from, past those that only hand it on."""
    while tensor is not None and tensor.name in makers:
        maker = makers[tensor.name]
        if _kind(maker) not in _PASS_ON:
            return _kind(maker)
        tensor = maker.get_input(0)
    return "input"


def _outputs(layer: Any) -> List[Any]:
    return [layer.get_output(index) for index in range(layer.num_outputs)]


def numpy_type(dtype: Any) -> str:
    """numpy's name for one of TensorRT's types."""
    name = str(dtype.name)
    return _TYPES.get(name, (None, name.lower()))[1]


def _tensor(tensor: Any) -> Tensor:
    return Tensor(tensor.name, _shape(tensor), numpy_type(tensor.dtype))


def _shape(tensor: Any) -> Tuple[int, ...]:
    try:
        return tuple(int(length) for length in tensor.shape)
    except ValueError:
        return ()  # the rank itself is not known before it runs


def _kind(layer: Any) -> str:
    return str(layer.type.name).lower()


def counts_in_words(precisions: Mapping[str, int]) -> str:
    ordered: Dict[str, int] = dict(sorted(precisions.items(), key=lambda item: (-item[1], item[0])))
    return ", ".join(f"{count} {name}" for name, count in ordered.items())
