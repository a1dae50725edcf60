"""The arrays a session is fed: from files where the user named some, else random from a fixed seed."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from edgeprof.core.errors import ConvertError
from edgeprof.core.job import Job, Tensor

_SEED = 0


def staged(job: Job, files: Mapping[str, str]) -> Dict[str, Any]:
    """One numpy array for each of the job's inputs, contiguous and of the type the graph wants."""
    import numpy as np

    random = np.random.default_rng(_SEED)
    arrays = {}
    for tensor in job.inputs:
        if tensor.name in files:
            array = np.load(files[tensor.name], allow_pickle=False)
            if array.shape != tensor.shape or str(array.dtype) != tensor.dtype:
                raise ConvertError(f"input {tensor.name} is {array.dtype} {array.shape}, expected {tensor}")
        else:
            array = _random(random, tensor.shape, tensor.dtype)
        arrays[tensor.name] = np.ascontiguousarray(array)
    return arrays


def taken_as(tensor: Tensor, arrays: Mapping[str, Any]) -> Any:
    """The array of that name in the type that a plan takes: builders narrow int64 to int32."""
    array = arrays.get(tensor.name)
    if array is None:
        raise ConvertError(f"the plan wants {tensor}, which the job has not", "use --runtime onnxruntime")
    if str(array.dtype) == tensor.dtype:
        return array
    cast = array.astype(tensor.dtype)
    if array.dtype.kind in "iu" and cast.dtype.kind in "iu" and (cast == array).all():
        return cast
    raise ConvertError(
        f"the plan wants {tensor}, and the job has {array.dtype}",
        f"give values that fit with --input {tensor.name}=FILE.npy, or use --runtime onnxruntime",
    )


def _random(random: Any, shape: Any, dtype: str) -> Any:
    if dtype.startswith("float"):
        return random.standard_normal(shape, dtype="float32").astype(dtype, copy=False)
    if dtype == "bool":
        return random.integers(0, 2, shape).astype(dtype)
    # Pixels take their whole range; other integers may be indices, of which only 0 and 1 are surely valid.
    return random.integers(0, 256 if dtype == "uint8" else 2, shape).astype(dtype)
