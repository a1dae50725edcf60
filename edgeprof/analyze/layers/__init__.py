"""What runtimes tell of their layers, each in its own words, as rows of one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from edgeprof.analyze.graph import Graph
from edgeprof.analyze.layers import fake, onnxruntime, openvino, tensorrt
from edgeprof.core.codec import plain, restore
from edgeprof.core.errors import AgentError
from edgeprof.core.layers import Layer, ToldLayer

_READERS: Mapping[str, Callable[[ToldLayer, Graph], Layer]] = {
    "onnxruntime": onnxruntime.layer_of,
    "openvino": openvino.layer_of,
    "tensorrt": tensorrt.layer_of,
    "fake": fake.layer_of,
}


def layers_of(runtime: str, told: Sequence[ToldLayer], graph: Graph) -> tuple[Layer, ...]:
    """In the same order, each of its parts looked at: a device may tell anything."""
    try:
        return tuple(restore(Layer, plain(_READERS[runtime](each, graph)), "layer") for each in told)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, RecursionError) as error:
        raise AgentError(f"{runtime} tells of its layers in no way we know: {error!r}", cause="garbled") from error
