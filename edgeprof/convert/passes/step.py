"""What a pass is: a change to a graph that leaves what it computes as it is, and the reason it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Pass:
    name: str
    reason: str
    apply: Callable[[Any], int]  # changes the model in place; how many nodes or tensors went


def every_node(graph: Any) -> Iterator[Any]:
    """The nodes of the graph, and those of the graphs inside them."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs]:
                yield from every_node(inner)


def read_instead(graph: Any, other: Mapping[str, str]) -> None:
    """Have every node read the other tensor where it read one of these."""
    for node in every_node(graph):
        for place, name in enumerate(node.input):
            if name in other:
                node.input[place] = other[name]


def keep_nodes(graph: Any, nodes: list[Any]) -> None:
    del graph.node[:]
    graph.node.extend(nodes)


def keep_constants(graph: Any, constants: list[Any]) -> None:
    del graph.initializer[:]
    graph.initializer.extend(constants)
