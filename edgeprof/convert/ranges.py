"""The range of every float tensor of a graph over given inputs, as onnxruntime computes it without optimising."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from edgeprof.convert.ort import first_line
from edgeprof.convert.packing import is_external
from edgeprof.core.errors import ConvertError, EdgeprofError

METHOD = "minmax"


def measured(
    path: Path,
    feeds: Iterable[Mapping[str, Any]],
    work: Path,
    operators: Sequence[str] = (),
    *,
    has_weights_apart: bool = False,
) -> Any:
    """onnxruntime's own record of lowest and highest values; of what these operators read and make, or of everything.

    One feed is asked for at a time, and of a tensor only its extremes outlive the inference. Weights that lie in a file
    of their own, beside the graph in `work`, are not loaded.
    """
    from onnxruntime.quantization.calibrate import MinMaxCalibrater

    weights = _put_aside(path, work / "aside.onnx") if has_weights_apart else []
    source = work / "aside.onnx" if has_weights_apart else path
    calibrator = MinMaxCalibrater(source, list(operators) or None, str(work / "measured.onnx"))
    try:
        calibrator.augment_graph()
        _put_back(work / "measured.onnx", weights)
        calibrator.infer_session = _session(work / "measured.onnx")
        for feed in feeds:
            with warnings.catch_warnings():  # numpy's, of tensors that are NaN all over: said by name later
                warnings.simplefilter("ignore", RuntimeWarning)
                calibrator.collect_data(_Once(feed))
    except (MemoryError, OSError, EdgeprofError):
        raise
    except Exception as error:  # onnxruntime's own, which share no class
        raise ConvertError(f"the ranges of the graph cannot be measured: {first_line(error)}") from error
    return calibrator.compute_data()


def ranges_from(data: Any) -> dict[str, tuple[float, float]]:
    """Lowest and highest by the tensor's name."""
    import math

    ranges = {name: (float(seen.lowest.item()), float(seen.highest.item())) for name, seen in data.items()}
    for name, (lowest, highest) in sorted(ranges.items()):
        if math.isnan(lowest) or math.isnan(highest):
            raise ConvertError(f'"{name}" of the graph is NaN', "give it a real input: --input NAME=FILE.npy")
    return ranges


def _put_aside(path: Path, made: Path) -> list[Any]:
    """Make inputs of the weights that lie outside, since onnxruntime's tools would load and write all of them."""
    import onnx

    model = onnx.load(path, load_external_data=False)
    aside = [_copy(tensor) for tensor in model.graph.initializer if is_external(tensor)]
    names = {tensor.name for tensor in aside}
    kept = [_copy(tensor) for tensor in model.graph.initializer if tensor.name not in names]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    for tensor in aside:
        if not any(value.name == tensor.name for value in model.graph.input):
            value = onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            model.graph.input.append(value)
    onnx.save(model, made)
    return aside


def _put_back(path: Path, aside: Sequence[Any]) -> None:
    """They are constants again, which nobody feeds, and nobody asks for their extremes."""
    import onnx

    if not aside:
        return
    model = onnx.load(path, load_external_data=False)
    names = {tensor.name for tensor in aside}
    asked = {f"{name}_{what}" for name in names for what in ("ReduceMin", "ReduceMax")}
    for values, gone in ((model.graph.input, names), (model.graph.output, asked)):
        kept = [_copy(value) for value in values if value.name not in gone]
        del values[:]
        values.extend(kept)
    nodes = [_copy(node) for node in model.graph.node if not {node.name.removesuffix("_Reshape")} & asked]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(aside)
    onnx.save(model, path)


def _copy(each: Any) -> Any:
    copied = type(each)()
    copied.CopyFrom(each)
    return copied


class _Once:
    """A reader of one feed, in the form that onnxruntime asks for."""

    def __init__(self, feed: Mapping[str, Any]) -> None:
        self._feed: Optional[Mapping[str, Any]] = feed

    def get_next(self) -> Optional[Mapping[str, Any]]:
        feed, self._feed = self._feed, None
        return feed


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # In the file's own order a tensor's extremes are taken as soon as it is there. The default order comes to them
    # last, and keeps every activation of the network until then.
    options.execution_order = onnxruntime.ExecutionOrder.PRIORITY_BASED
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
