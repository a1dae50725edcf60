"""A float32 graph becomes a float16 one, but for the operators whose numbers float16 does not hold."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from edgeprof.convert.casts import named, tidied
from edgeprof.convert.ort import first_line
from edgeprof.convert.packing import is_external
from edgeprof.core.errors import ConvertError

LARGEST = 65504.0
SMALLEST_NORMAL = 2.0**-14
# The ranges are those of a few inputs, and another image may go further: two doublings are left free.
HEADROOM = 4.0
# Of the library's list without these two: every runtime that takes float16 has both, and casts around them cost.
_HAVE_KERNELS = {"Min", "Max"}
_SCALING = {"Mul", "Div", "Pow"}
_GUARDING = {"Add", "Max", "Clip"}
# What lies between the sum of a normalisation and its division.
_TOWARDS_DIVISION = {"Sqrt", "Reciprocal", "Pow", "Div", "Log", "Expand", "Reshape", "Unsqueeze"}
_WITHIN_NORMALISATION = _GUARDING | {"Sqrt", "Pow", "Mul", "Abs", "Expand", "Unsqueeze", "Reshape"}
_REDUCTIONS = {"ReduceMean", "ReduceSum", "ReduceL2", "ReduceSumSquare", "ReduceL1"}
_BEFORE_SUM = _REDUCTIONS | {"Pow", "Mul", "Abs"}
_STEPS = 4  # so many operators lie between a sum and its division at most; a longer chain is another thing

Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Kept:
    """An operator that stays in float32."""

    node: str
    operator: str
    why: str


@dataclass(frozen=True)
class Half:
    model: Any
    kept: tuple[Kept, ...]
    casts: int


def halved(model: Any, ranges: Ranges, apart: Ranges = MappingProxyType({}), *, knows_shapes: bool = False) -> Half:
    """The graph in float16 with float32 inputs and outputs; `ranges` are those of the activations, and `apart` those of
    the constants that it has only a stand-in for.
    """
    from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16

    named(model.graph)
    constants = {**_constants(model.graph), **apart}
    unsuited = set(DEFAULT_OP_BLOCK_LIST) - _HAVE_KERNELS
    kept = _kept(model.graph, {**ranges, **constants}, constants, unsuited)
    own = {node.name for node in model.graph.node}
    try:
        half = convert_float_to_float16(
            model,
            keep_io_types=True,
            disable_shape_infer=knows_shapes,
            op_block_list=[],
            node_block_list=[each.node for each in kept],
        )
    except (MemoryError, OSError):
        raise
    except Exception as error:  # protobuf's, onnx's and its own assertions
        raise ConvertError(
            f"the graph cannot be converted to fp16: {first_line(error)}", "use --precision fp32"
        ) from error
    tidied(half.graph, own)
    del half.graph.value_info[:]  # of the float32 graph
    casts = sum(node.op_type == "Cast" and node.name not in own for node in half.graph.node)
    return Half(half, tuple(kept), casts)


def refuse_overflow(half: Any, model: Any, ranges: Ranges, apart: Ranges = MappingProxyType({})) -> None:
    """Every float16 tensor of the graph must hold what the float32 graph was seen to have in it.

    A CPU computes float16 graphs in float32 and shows no overflow, so this is the part of parity that it cannot do.
    """
    known = {**ranges, **_constants(model.graph), **apart}
    for name, of in _float16_tensors(half, model):
        if of not in known:
            raise ConvertError(
                f'the range of "{name}" is not known, so fp16 may overflow there', "use --precision fp32"
            )
        most = _most(known[of])
        if math.isfinite(most) and most > LARGEST:
            raise ConvertError(f'"{name}" reaches {most:.3g}, and fp16 ends at {LARGEST:.0f}', "use --precision fp32")


def _kept(graph: Any, seen: Ranges, constants: Ranges, unsuited: set[str]) -> list[Kept]:
    found: dict[str, Kept] = {}
    makers = {name: node for node in graph.node for name in node.output if name}
    readers: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)

    def keep(node: Any, why: str) -> None:
        found.setdefault(node.name, Kept(node.name, node.op_type, why))

    for node in graph.node:
        why = "no fp16 kernel" if node.op_type in unsuited else _outside(node, seen, constants)
        if why:
            keep(node, why)
        guard = _guard(node, seen, constants)
        if guard:
            for each in (node, *_behind(node, makers), *_ahead(node, readers)):
                keep(each, guard)
    return [found[node.name] for node in graph.node if node.name in found]


def _outside(node: Any, seen: Ranges, constants: Ranges) -> str:
    """Why float16 cannot hold what the operator reads or makes; empty where it can."""
    reach = {name: _most(seen[name]) for name in (*node.input, *node.output) if name in seen}
    largest = max((name for name in reach if math.isfinite(reach[name])), key=lambda name: reach[name], default="")
    if largest and reach[largest] > LARGEST / HEADROOM:
        return f"|{largest}| reaches {reach[largest]:.3g}"
    for name, most in reach.items():
        # A small bias beside a large sum loses nothing; a small factor loses its digits.
        if 0 < most < SMALLEST_NORMAL and (name not in constants or node.op_type in _SCALING):
            return f"|{name}| is {most:.3g} at most"
    if node.op_type == "ReduceL2" and _most(seen.get(node.output[0], (0.0, 0.0))) ** 2 > LARGEST / HEADROOM:
        return f"the sum of squares in {node.output[0]} goes beyond fp16"
    return ""


def _guard(node: Any, seen: Ranges, constants: Ranges) -> str:
    """Whether the operator keeps a division from zero with a number that float16 cannot tell from zero."""
    if node.op_type in _GUARDING:
        for name in node.input:
            lowest, highest = constants.get(name, (0.0, 0.0))
            if 0 < lowest == highest < SMALLEST_NORMAL:
                return f"its epsilon {lowest:.3g} is below fp16's normal numbers"
    divisor = {"Div": 1, "Reciprocal": 0, "Log": 0}.get(node.op_type)
    if divisor is not None and node.input[divisor] in seen:
        lowest, highest = seen[node.input[divisor]]
        least = min(abs(lowest), abs(highest)) if lowest * highest > 0 else 0.0
        if 0 < least < SMALLEST_NORMAL:
            return f"it divides by {least:.3g}, below fp16's normal numbers"
    return ""


def _behind(node: Any, makers: Mapping[str, Any], steps: int = _STEPS) -> Iterator[Any]:
    """What makes the guarded number: the sum of squares and whatever comes after it."""
    for name in node.input if node.op_type != "Div" else node.input[1:]:
        maker = makers.get(name)
        if maker is None or not steps:
            continue
        if maker.op_type in _REDUCTIONS:
            yield maker
            inner = makers.get(maker.input[0])
            if inner is not None and inner.op_type in _BEFORE_SUM:
                yield inner
        elif maker.op_type in _WITHIN_NORMALISATION:
            yield maker
            yield from _behind(maker, makers, steps - 1)


def _ahead(node: Any, readers: Mapping[str, Sequence[Any]]) -> Iterator[Any]:
    """What carries the guarded number into its division, and the division."""
    if node.op_type in ("Div", "Reciprocal", "Log"):
        return
    for reader in readers.get(node.output[0], ()):
        if reader.op_type in _TOWARDS_DIVISION and (reader.op_type != "Div" or reader.input[1] == node.output[0]):
            yield reader
            yield from _ahead(reader, readers)


def _most(seen: tuple[float, float]) -> float:
    return max(abs(seen[0]), abs(seen[1]))


def _constants(graph: Any) -> dict[str, tuple[float, float]]:
    """The ranges of the float32 tensors that are part of the graph; infinities, as masks have, are no matter."""
    import numpy as np
    from onnx import TensorProto, numpy_helper

    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            tensors[node.output[0]] = node.attribute[0].t
    found = {}
    for name, tensor in tensors.items():
        if tensor.data_type == TensorProto.FLOAT and not is_external(tensor):
            array = numpy_helper.to_array(tensor)
            finite = array[np.isfinite(array)]
            found[name] = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return found


def _float16_tensors(half: Any, model: Any) -> Iterator[tuple[str, str]]:
    """Each tensor that is, or may be, float16: its name, and its name in the float32 graph."""
    from onnx import TensorProto, shape_inference

    inferred = shape_inference.infer_shapes(half).graph
    types = {v.name: v.type.tensor_type.elem_type for v in (*inferred.value_info, *inferred.output, *inferred.input)}
    types.update({tensor.name: tensor.data_type for tensor in inferred.initializer})
    renamed = {f"graph_input_cast_{place}": value.name for place, value in enumerate(model.graph.input)}
    renamed.update({f"graph_output_cast_{place}": value.name for place, value in enumerate(model.graph.output)})
    made = [name for node in half.graph.node for name in node.output if name]
    for name in (*made, *(tensor.name for tensor in half.graph.initializer)):
        if types.get(name, TensorProto.FLOAT16) == TensorProto.FLOAT16:
            yield name, renamed.get(name, name)
