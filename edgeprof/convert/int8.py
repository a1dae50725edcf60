"""A float32 graph becomes one with Q/DQ nodes, by a recipe that its runtime computes quickly and nearly right."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeprof.convert.casts import named
from edgeprof.convert.ort import first_line
from edgeprof.convert.ranges import measured, ranges_from
from edgeprof.core.errors import ConfigError, ConvertError

_WEIGHTED = ("Conv", "Gemm", "MatMul")
_SUMS_WIDE = {"avx512_vnni", "avx_vnni", "amx_int8"}
_X86 = ("x86_64", "amd64", "i686")
# It folds a Pad of zeros into a MaxPool, which pads with -infinity (onnxruntime 1.31).
_WRONG_OPTIMISERS = ("Pad_Fusion",)


@dataclass(frozen=True)
class Quantisation:
    """Weights are int8, one scale a channel; what differs is which runtime's kernels the activations fit."""

    name: str
    unsigned: bool  # uint8 activations with a zero point, else int8 around zero
    seven_bits: bool  # of the weights, where sums of products saturate at 16 bits
    biases: bool  # int32 biases
    outputs: bool  # Q/DQ behind the operators too, without which onnxruntime computes them in float
    operators: tuple[str, ...] = _WEIGHTED


QUANTISATIONS = {
    each.name: each
    for each in (
        Quantisation("u8s8", unsigned=True, seven_bits=False, biases=True, outputs=True),
        Quantisation("u8s7", unsigned=True, seven_bits=True, biases=True, outputs=True),
        Quantisation("s8s8", unsigned=False, seven_bits=False, biases=True, outputs=True),
        # OpenVINO and TensorRT fuse an activation into the operator in front of it, unless a Q lies between the two.
        Quantisation("u8s8-in", unsigned=True, seven_bits=False, biases=False, outputs=False),
        Quantisation("u8s7-in", unsigned=True, seven_bits=True, biases=False, outputs=False),
        # TensorRT's parser refuses int32 biases and zero points.
        Quantisation("s8s8-in", unsigned=False, seven_bits=False, biases=False, outputs=False),
    )
}


@dataclass(frozen=True)
class Quantised:
    ranges: Mapping[str, tuple[float, float]]
    operators: Mapping[str, int]  # how many of each kind compute in int8
    excluded: tuple[str, ...]  # nodes left in float32, by name


def quantisation_for(runtime: str, machine: str, cpu_flags: Sequence[str]) -> str:
    """The recipe for a runtime on a processor: its machine type and its flags as the kernel names them."""
    if runtime in ("tensorrt", "tensorrt_rtx", "onnxruntime-tensorrt"):
        return "s8s8-in"
    is_x86 = machine.lower() in _X86
    if runtime == "onnxruntime" and not is_x86:
        return "s8s8"
    # Without these instructions two products of 8 bits each are added in 16, and 255 * 127 * 2 does not fit.
    bits = "u8s7" if is_x86 and not _SUMS_WIDE.intersection(cpu_flags) else "u8s8"
    return bits if runtime == "onnxruntime" else f"{bits}-in"


def quantisation_of(name: str) -> Quantisation:
    if name not in QUANTISATIONS:
        raise ConfigError(f'there is no int8 recipe "{name}"', f"one of {', '.join(QUANTISATIONS)}")
    return QUANTISATIONS[name]


def quantised(source: Path, feeds: Iterable[Mapping[str, Any]], how: Quantisation, work: Path, made: Path) -> Quantised:
    """Write the graph with Q/DQ; every float range that it is made from is handed back for the record."""
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.calibrate import save_tensors_data

    prepared = work / "prepared.onnx"
    _prepare(source, prepared)
    excluded = _excluded(onnx.load(prepared))
    seen = measured(prepared, feeds, work, how.operators)
    ranges = ranges_from(seen)
    _refuse_infinite(ranges)
    save_tensors_data(seen, work / "ranges.json")
    try:
        quantize_static(
            prepared,
            made,
            None,
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(how.operators),
            nodes_to_exclude=list(excluded),
            per_channel=True,
            reduce_range=how.seven_bits,
            activation_type=QuantType.QUInt8 if how.unsigned else QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            calibration_cache_path=work / "ranges.json",
            extra_options={
                "ActivationSymmetric": not how.unsigned,
                "WeightSymmetric": True,
                "QuantizeBias": how.biases,
                "OpTypesToExcludeOutputQuantization": [] if how.outputs else list(how.operators),
            },
        )
    except (MemoryError, OSError):
        raise
    except Exception as error:  # onnxruntime's own, which share no class
        raise ConvertError(f"the graph cannot be quantised: {first_line(error)}", "use --precision fp32") from error
    operators = quantised_operators(onnx.load(made))
    if not operators:
        raise ConvertError(f"the graph has no {', '.join(how.operators)} to quantise", "use --precision fp32")
    return Quantised(ranges, operators, excluded)


def quantised_operators(model: Any) -> dict[str, int]:
    """How many operators of each kind read their input and their weight through a DequantizeLinear."""
    dequantised = {node.output[0] for node in model.graph.node if node.op_type == "DequantizeLinear"}
    found: dict[str, int] = {}
    for node in model.graph.node:
        if node.op_type in _WEIGHTED and set(node.input[:2]) <= dequantised:
            found[node.op_type] = found.get(node.op_type, 0) + 1
    return found


def _prepare(source: Path, prepared: Path) -> None:
    """What onnxruntime's quant_pre_process does, folding and shapes, but for the optimiser that is wrong in it."""
    import onnx
    import onnxruntime
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(prepared)
    options.log_severity_level = 4
    try:
        onnxruntime.InferenceSession(
            str(source), options, providers=["CPUExecutionProvider"], disabled_optimizers=list(_WRONG_OPTIMISERS)
        )
    except Exception as error:
        raise ConvertError(f"onnxruntime does not prepare the graph: {first_line(error)}") from error
    onnx.shape_inference.infer_shapes_path(str(prepared), str(prepared))
    model = onnx.load(prepared)
    named(model.graph)  # nodes are excluded by name
    add_pre_process_metadata(model)
    onnx.save(model, prepared)


def _excluded(model: Any) -> tuple[str, ...]:
    """Products of two activations, as in attention: neither has a scale a channel, and a softmax has a long tail."""
    constants = {tensor.name for tensor in model.graph.initializer}
    return tuple(
        node.name
        for node in model.graph.node
        if node.op_type in ("MatMul", "Gemm") and not constants.intersection(node.input[:2])
    )


def _refuse_infinite(ranges: Mapping[str, tuple[float, float]]) -> None:
    for name, ends in sorted(ranges.items()):
        if not all(math.isfinite(end) for end in ends):
            raise ConvertError(
                f'"{name}" of the graph is infinite, and int8 has no such number', "use --precision fp32"
            )
