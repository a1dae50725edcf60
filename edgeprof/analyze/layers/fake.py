"""A layer as the fake declares it."""

from __future__ import annotations

from edgeprof.analyze.graph import Graph
from edgeprof.core.layers import Layer, ToldLayer


def layer_of(each: ToldLayer, graph: Graph) -> Layer:
    told = each.told
    return Layer(
        name=each.name,
        type=str(told.get("type", "Fake")),
        seconds=each.seconds,
        precision=told.get("precision"),
        memory_bytes=told.get("bytes"),
        mark=told.get("mark"),
    )
