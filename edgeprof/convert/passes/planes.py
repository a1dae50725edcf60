"""A constant over the plane of an image in front of a convolution, written out for each channel: OpenVINO multiplies it
into the convolution's weights where it has the kernel's size by chance, which is another sum (csatv2 weighs 7x7 cells
before a kernel of 7x7). One that is written out it leaves alone.
"""

from __future__ import annotations

from typing import Any

from edgeprof.convert.passes.step import Pass

_IMAGE = 4  # axes: rows, channels and the plane


def _apply(model: Any) -> int:
    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}
    changed = 0
    for node in graph.node:
        weighed = makers.get(node.input[0]) if node.op_type == "Conv" else None
        if weighed is None or weighed.op_type not in ("Mul", "Div") or node.input[1] not in constants:
            continue
        _, inputs, *kernel = constants[node.input[1]].dims
        channels = inputs * next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)
        for place, name in enumerate(weighed.input):
            shape = list(constants[name].dims) if name in constants else []
            if len(kernel) == 2 and _is_plane(shape, kernel) and shape != [1, channels, *kernel]:
                weighed.input[place] = _written_out(graph, constants, name, [1, channels, *kernel])
                changed += 1
    return changed


def _is_plane(shape: list[int], kernel: list[int]) -> bool:
    """Of the kernel's size, and not that of a point, which is a scale like any other."""
    return shape[-2:] == kernel and max(kernel) > 1 and len(shape) <= _IMAGE and shape[:-3] in ([], [1])


def _written_out(graph: Any, constants: dict[str, Any], name: str, shape: list[int]) -> str:
    """The name of the same constant in that shape, made where it is not there."""
    import numpy as np
    from onnx import numpy_helper

    made = f"{name}_of_{'x'.join(map(str, shape))}"
    if made not in constants:
        full = np.broadcast_to(numpy_helper.to_array(constants[name]), shape)
        constants[made] = numpy_helper.from_array(np.ascontiguousarray(full), made)
        graph.initializer.append(constants[made])
    return made


PASS = Pass("planes", "OpenVINO takes a constant of the kernel's size for a scale of the kernel", _apply)
