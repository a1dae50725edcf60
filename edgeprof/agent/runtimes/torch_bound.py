"""A module of torch's with its tensors where they lie on a card, and a look at where its operators ran."""

from __future__ import annotations

from typing import Any, Callable, List, Mapping, Optional, Sequence, Tuple

from edgeprof.agent.cuda.session import CardSession
from edgeprof.agent.cuda.switches import Switches
from edgeprof.core.errors import RuntimeUnavailable
from edgeprof.core.job import Tensor

_SMALL = 64  # whole numbers: shapes belong on the host, and so do single numbers


class TorchBound:
    """The module with its inputs where they lie on the card, and its outputs copied to where they are awaited."""

    def __init__(self, torch: Any, module: Any, inputs: Sequence[Tensor], outputs: Sequence[Any]) -> None:
        self.torch, self._module = torch, module
        self.inputs = list(inputs)
        named = ((f"output{i}", tuple(each.shape), str(each.dtype)) for i, each in enumerate(outputs))
        self.outputs = [Tensor(name, shape, kind.rpartition(".")[2]) for name, shape, kind in named]

    def bind(self, addresses: Mapping[str, int], stream: int) -> Callable[[], Any]:
        def at(tensor: Tensor) -> Any:
            return self.torch.as_tensor(_Lying(tensor, addresses[tensor.name]), device="cuda")

        given, awaited, module = [at(each) for each in self.inputs], [at(each) for each in self.outputs], self._module

        def run() -> None:
            for place, each in zip(awaited, _listed(module(*given))):
                place.copy_(each)

        return run


class _Lying:
    """A tensor's memory as torch takes it over."""

    def __init__(self, tensor: Tensor, address: int) -> None:
        import numpy as np

        kind = np.dtype(tensor.dtype).str
        self.__cuda_array_interface__ = {
            "shape": tensor.shape,
            "typestr": kind,
            "data": (address, False),
            "version": 3,
        }


class TorchOnCardSession(CardSession):
    precision = "fp32"
    loaded: TorchBound

    def __init__(self, loaded: TorchBound, card: Any, switches: Switches, arrays: Mapping[str, Any]) -> None:
        super().__init__(loaded, card, switches)
        self.aside = "compiled" if switches.compile else "eager"
        self.stage(arrays)

    def device_bytes(self) -> Optional[int]:
        return int(self.loaded.torch.cuda.max_memory_allocated()) + self._tensors_bytes

    def _captured(self) -> str:
        """By torch, whose own memory has to stay where the graph found it."""
        if not self._switches.graph:
            return "no CUDA graph"
        torch = self.loaded.torch
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
                self._enqueue()
        except RuntimeError as error:
            return f"no CUDA graph (refused: {str(error).partition(chr(10))[0]})"
        self._compute = graph.replay
        return "one CUDA graph"


def watched(torch: Any, run: Callable[[], Any]) -> List[Any]:
    """The outputs of one run; RuntimeUnavailable where any operator of it computed on the cpu."""
    from torch.utils._python_dispatch import TorchDispatchMode

    strays: List[str] = []

    class Watch(TorchDispatchMode):  # type: ignore[misc,unused-ignore]
        def __torch_dispatch__(self, func: Any, types: Any, args: Tuple[Any, ...] = (), kwargs: Any = None) -> Any:
            made = func(*args, **(kwargs or {}))
            for each in _listed(made):
                if isinstance(each, torch.Tensor) and each.device.type != "cuda" and not _may_stay(each):
                    strays.append(str(func))
            return made

    with Watch():
        outputs = _listed(run())
    if strays:
        names = list(dict.fromkeys(strays))
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise RuntimeUnavailable(
            f"the card was asked for, and torch ran on the cpu: {', '.join(names[:3])}{more}", "use --runtime tensorrt"
        )
    return outputs


def _may_stay(tensor: Any) -> bool:
    most = 1 if tensor.is_floating_point() or tensor.is_complex() else _SMALL
    return bool(tensor.numel() <= most)


def _listed(made: Any) -> List[Any]:
    return list(made) if isinstance(made, (list, tuple)) else [made]
