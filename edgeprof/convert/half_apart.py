"""The float16 graph of a model whose weights lie in a file of their own, of which a piece is in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edgeprof.convert.half import Half, halved
from edgeprof.convert.packing import is_external, place_of, set_place, tensors_of
from edgeprof.core.errors import ConvertError

_NAME = "half.weights"
_PIECE_BYTES = 16 << 20
_FLOAT, _FLOAT16 = 1, 10  # TensorProto's numbers

Place = tuple[str, int, int]
Ranges = Mapping[str, tuple[float, float]]


def constants_apart(model: Any, folder: Path) -> dict[str, tuple[float, float]]:
    """The ranges of the float32 weights that lie in files of `folder`; infinities are left out."""
    import numpy as np

    found = {}
    for tensor in _weights(model).values():
        if tensor.data_type != _FLOAT:
            continue
        lowest, highest = np.inf, -np.inf
        for piece in _pieces(place_of(tensor), folder):
            numbers = piece.view("<f4")
            finite = numbers[np.isfinite(numbers)]
            if finite.size:
                lowest, highest = min(lowest, float(finite.min())), max(highest, float(finite.max()))
        found[tensor.name] = (lowest, highest) if lowest <= highest else (0.0, 0.0)
    return found


def halved_apart(model: Any, ranges: Ranges, constants: Ranges, folder: Path) -> Half:
    """As `halved`; the weights as they are then go to a file of their own in `folder`, where they were before."""
    import onnx

    weights = _weights(model)
    described = onnx.shape_inference.infer_shapes(model)  # now: with what stands in for the weights it would go wrong
    for tensor in described.graph.initializer:
        if tensor.name in weights and tensor.data_type == _FLOAT:
            tensor.CopyFrom(_stand_in(tensor.name))
    half = halved(described, ranges, constants, knows_shapes=True)
    known: dict[tuple[Place, bool], tuple[int, int]] = {}  # what shares a place goes on doing so
    with (folder / _NAME).open("wb") as file:
        for tensor in half.model.graph.initializer:
            if tensor.name not in weights:
                continue
            was = weights[tensor.name]
            is_narrower = tensor.data_type == _FLOAT16 != was.data_type
            tensor.CopyFrom(was)
            tensor.data_type = _FLOAT16 if is_narrower else was.data_type
            key = place_of(was), is_narrower
            if key not in known:
                start = file.tell()
                file.writelines(_narrowed(piece) if is_narrower else piece for piece in _pieces(key[0], folder))
                known[key] = start, file.tell() - start
            set_place(tensor, _NAME, *known[key])
    return half


def _weights(model: Any) -> dict[str, Any]:
    """The constants that lie outside of the graph's file, by name."""
    import onnx

    found = {}
    for tensor in filter(is_external, model.graph.initializer):
        found[tensor.name] = onnx.TensorProto()
        found[tensor.name].CopyFrom(tensor)
    if len(list(filter(is_external, tensors_of(model.graph)))) > len(found):
        raise ConvertError("the model has weights in its nodes that lie in another file", "use --precision fp32")
    return found


def _stand_in(name: str) -> Any:
    """onnxruntime's converter wants the numbers of every weight, only to know how many there are."""
    import numpy as np
    from onnx import numpy_helper

    return numpy_helper.from_array(np.zeros(1, np.float32), name)


def _pieces(place: Place, folder: Path) -> Iterator[Any]:
    """The bytes at a place, as numpy's."""
    import numpy as np

    location, offset, length = place
    end = offset + (length or (folder / location).stat().st_size - offset)
    for start in range(offset, end, _PIECE_BYTES):
        yield np.fromfile(folder / location, np.uint8, min(_PIECE_BYTES, end - start), offset=start)


def _narrowed(piece: Any) -> bytes:
    """As onnxruntime's converter does it: what float16 does not hold goes to its ends, and no small number to zero."""
    from onnxruntime.transformers.float16 import convert_np_to_float16

    return bytes(convert_np_to_float16(piece.view("<f4")).astype("<f2").tobytes())
