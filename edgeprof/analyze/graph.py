"""An ONNX graph by the names that runtimes call its parts by: its nodes, and the tensors that they make."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

_SCOPES = "pkg.torch.onnx.name_scopes"  # the exporter's: "['', 'inner', 'inner.blocks', 'inner.blocks.0', 'relu']"
_WRAPPER = "inner."  # around the model while it is exported
_WEIGHT = ".weight"
_FAR = 4  # nodes that a runtime fuses behind a convolution: an addition, an activation of two


@dataclass(frozen=True)
class Node:
    name: str  # else that of a tensor that it makes
    type: str
    inputs: tuple[str, ...]
    module: Optional[str] = None
    groups: int = 1


@dataclass(frozen=True)
class Graph:
    nodes: Mapping[str, Node] = field(default_factory=dict)
    makers: Mapping[str, Node] = field(default_factory=dict)  # by the tensors that they make
    is_named: bool = True  # each node has a name of its own, so that what runs by another is none of them

    def named(self, *names: str) -> tuple[Node, ...]:
        """Those of that name, or that make a tensor of that name: of an output's maker some tell the output's name."""
        found = (self.nodes.get(name) or self.makers.get(name) for name in names)
        return tuple(dict.fromkeys(node for node in found if node))

    def fused_into(self, tensor: str, kind: str) -> tuple[Node, ...]:
        """The nodes from the nearest of that type up to the one that makes this tensor; only that one without."""
        last = self.makers.get(tensor)
        if last is None:
            return ()
        paths: list[tuple[Node, ...]] = [(last,)]
        for _ in range(_FAR):
            found = next((path for path in paths if path[0].type == kind), None)
            if found:
                return found
            paths = [(before, *path) for path in paths for before in self._before(path[0])]
        return (last,)

    def _before(self, node: Node) -> Iterator[Node]:
        return (self.makers[tensor] for tensor in node.inputs if tensor in self.makers)


def graph_of(path: Path) -> Graph:
    """Of an ONNX file, without its weights."""
    import onnx

    model = onnx.load(str(path), load_external_data=False)
    nodes, makers = {}, {}
    for proto in model.graph.node:
        made = [name for name in proto.output if name]  # one that is optional, and left out, has none
        name = proto.name or next(iter(made), "")
        node = Node(name, proto.op_type, tuple(proto.input), _module(proto), _groups(proto))
        if proto.name:
            nodes[proto.name] = node
        makers.update(dict.fromkeys(made, node))
    return Graph(nodes, makers, all(proto.name for proto in model.graph.node))


def _groups(proto: Any) -> int:
    return next((int(attribute.i) for attribute in proto.attribute if attribute.name == "group"), 1)


def _module(proto: Any) -> Optional[str]:
    """By its weights, whose name says more than the scope it was traced in: folding moves a layer into the next."""
    weight: Optional[str] = next((name for name in proto.input if name.endswith(_WEIGHT)), None)
    if weight:
        return weight.removesuffix(_WEIGHT).removeprefix(_WRAPPER)
    said = next((prop.value for prop in proto.metadata_props if prop.key == _SCOPES), "")
    try:
        scopes = ast.literal_eval(said)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):  # whoever wrote the file wrote that too
        return None
    if not isinstance(scopes, list) or len(scopes) < 2 or not isinstance(scopes[-2], str):
        return None
    return scopes[-2].removeprefix(_WRAPPER) or None
