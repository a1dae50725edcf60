"""The range of every float tensor of a graph over given inputs, as onnxruntime computes it without optimising."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from edgeprof.convert.ort import first_line
from edgeprof.core.errors import ConvertError, EdgeprofError

METHOD = "minmax"


def measured(path: Path, feeds: Iterable[Mapping[str, Any]], work: Path, operators: Sequence[str] = ()) -> Any:
    """onnxruntime's own record of lowest and highest values; of what these operators read and make, or of everything.

    One feed is asked for at a time, and of a tensor only its extremes outlive the inference.
    """
    from onnxruntime.quantization.calibrate import MinMaxCalibrater

    calibrator = MinMaxCalibrater(path, list(operators) or None, str(work / "measured.onnx"))
    try:
        calibrator.augment_graph()
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
