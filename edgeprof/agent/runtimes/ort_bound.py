"""A session of onnxruntime's with its tensors where they lie on a card, and a look at where its operators ran."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional

from edgeprof.agent.cuda.session import CardSession
from edgeprof.agent.runtimes.ort_trace import Rows
from edgeprof.core.errors import ConvertError, RuntimeUnavailable
from edgeprof.core.job import Tensor

CPU = "CPUExecutionProvider"
HINT = "use --runtime tensorrt, or look at the versions of CUDA and cuDNN that it wants"
_SHAPE_BYTES = 512  # what computes no more than this, in whole numbers, computes shapes, which belong on the host
_WHOLE = ("int64", "int32", "bool")
_TYPES = {"float": "float32", "double": "float64"}  # numpy's names of others are onnxruntime's


class OrtBound:
    """A session with its tensors where they lie on the card."""

    def __init__(self, session: Any, number: int, kind: str = "cuda") -> None:
        self._session, self._place = session, (kind, number)
        self.inputs = [_tensor(told) for told in session.get_inputs()]
        self.outputs = [_tensor(told) for told in session.get_outputs()]

    def bind(self, addresses: Mapping[str, int], stream: int) -> Callable[[], Any]:
        import numpy as np

        binding = self._session.io_binding()
        for tensors, bind in ((self.inputs, binding.bind_input), (self.outputs, binding.bind_output)):
            for each in tensors:
                address = addresses[each.name]
                bind(each.name, *self._place, np.dtype(each.dtype).type, list(each.shape), address)
        run = self._session.run_with_iobinding
        return lambda: run(binding)


class OrtOnCardSession(CardSession):
    precision = ""
    loaded: Any

    def free(self) -> None:
        self.loaded = self._enqueue = self._compute = None  # type: ignore[assignment]

    def device_bytes(self) -> Optional[int]:
        return None

    def _captured(self) -> str:
        return "no CUDA graph"  # onnxruntime takes memory as it runs, which a capture refuses


def expect_on(provider: str, rows: Rows) -> str:
    """Which provider ran how many operators; RuntimeUnavailable where one computed on the cpu, or none where asked."""
    counts: Dict[str, int] = {}
    strays = []
    for name, _, told in rows:
        where = str(told.get("provider"))
        counts[where] = counts.get(where, 0) + 1
        if where == CPU and not _is_of_shapes(told):
            strays.append(f"{told.get('op_name')} {name}")
    if strays:
        more = f" and {len(strays) - 3} more" if len(strays) > 3 else ""
        raise RuntimeUnavailable(
            f"{provider} was asked for, and onnxruntime ran on the cpu: {', '.join(strays[:3])}{more}", HINT
        )
    if provider not in counts:
        raise RuntimeUnavailable(f"no operator ran on {provider}, but on {', '.join(counts) or 'none'}", HINT)
    return ", ".join(f"{count} operators on {where}" for where, count in counts.items())


def _is_of_shapes(told: Mapping[str, Any]) -> bool:
    """Told as [{"int64": [4]}]."""
    types = [kind for each in told.get("output_type_shape") or [{"": []}] for kind in each]
    return all(kind in _WHOLE for kind in types) and int(told.get("output_size", _SHAPE_BYTES + 1)) <= _SHAPE_BYTES


def _tensor(told: Any) -> Tensor:
    """Of onnxruntime's description: its type is tensor(float16)."""
    kind = str(told.type)[len("tensor(") : -1]
    if not all(isinstance(size, int) for size in told.shape):
        raise ConvertError(f'"{told.name}" varies in its shape: {told.shape}', "use --runtime onnxruntime")
    return Tensor(told.name, tuple(told.shape), _TYPES.get(kind, kind))
