"""Constants that no node reads, taken out: what the other passes replace would stay in the file, and in the memory of
whoever loads it.
"""

from __future__ import annotations

from typing import Any

from edgeprof.convert.passes.step import Pass, every_node, keep_constants


def _apply(model: Any) -> int:
    graph = model.graph
    read = {name for node in every_node(graph) for name in node.input}
    # An output may be a constant, of the graphs within too; an input's may be its default.
    read.update(_named(graph))
    kept = [tensor for tensor in graph.initializer if tensor.name in read]
    gone = len(graph.initializer) - len(kept)
    if gone:
        keep_constants(graph, kept)
    return gone


def _named(graph: Any) -> set[str]:
    names = {value.name for value in [*graph.input, *graph.output]}
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs]:
                names |= _named(inner)
    return names


PASS = Pass("unused", "a file holds every constant, and a process that loads it does too, read or not", _apply)
