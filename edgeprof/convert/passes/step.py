"""What a pass is: a change to a graph that leaves what it computes as it is, and the reason it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count
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


def names_in(graph: Any) -> set[str]:
    """Of its tensors and nodes, and of those of the graphs inside it."""
    taken = {value.name for value in (*graph.input, *graph.output, *graph.initializer)}
    for node in graph.node:
        taken.update((node.name, *node.output))
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs]:
                taken |= names_in(inner)
    return taken


def fresh(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where it is taken; from now on it is."""
    other = next(each for each in chain([name], (f"{name}_{n}" for n in count(2))) if each not in taken)
    taken.add(other)
    return other


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
