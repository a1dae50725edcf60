"""Which node of a graph feeds which: what a search through it walks along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeprof.core.errors import ConvertError


@dataclass(frozen=True)
class Wiring:
    """Nodes by their place in the graph's own order, which is topological; of them only those that read an input."""

    makers: Mapping[str, int]  # the node that makes each tensor
    read: Sequence[tuple[str, ...]]  # the tensors that each node reads
    made: Sequence[tuple[str, ...]]  # the tensors that each node makes and that can be compared

    @classmethod
    def of(cls, model: Any, other: Any) -> Wiring:
        """The wiring of `model`; only tensors that `other` has too can be compared."""
        shared = {name for node in other.graph.node for name in node.output}
        constants = {tensor.name for tensor in model.graph.initializer}
        live = {value.name for value in model.graph.input} - constants
        makers: dict[str, int] = {}
        read, made = [], []
        for place, node in enumerate(model.graph.node):
            reads = tuple(_reads(node))
            read.append(reads)
            if not live.intersection(reads):
                made.append(())
                continue
            live.update(name for name in node.output if name)
            makers.update({name: place for name in node.output if name})
            is_tensor = not node.op_type.startswith(("Sequence", "Optional", "SplitToSequence"))
            made.append(tuple(name for name in node.output if name in shared) if is_tensor else ())
        return cls(makers, read, made)

    def maker(self, tensor: str) -> int:
        if tensor not in self.makers:
            raise ConvertError(f'output "{tensor}" does not depend on any input', "there is nothing to explain")
        return self.makers[tensor]

    def outputs(self, node: int) -> tuple[str, ...]:
        return self.made[node]

    def feeders(self, node: int) -> list[int]:
        """The nodes whose tensors this one reads, in order; past those that cannot be compared, to what feeds them."""
        found: set[int] = set()
        for name in self.read[node]:
            maker = self.makers.get(name)
            if maker is not None:
                found.update([maker] if self.made[maker] else self.feeders(maker))
        return sorted(found)

    def path_to(self, last: int) -> list[int]:
        """This node and all that lead to it and can be compared, in order."""
        found = {last}
        waiting = [last]
        while waiting:
            fresh = set(self.feeders(waiting.pop())) - found
            found |= fresh
            waiting += fresh
        return sorted(found)


def _reads(node: Any) -> Iterator[str]:
    """What the node reads, and what the graphs inside it read from around them."""
    yield from (name for name in node.input if name)
    for attribute in node.attribute:
        for inner in [attribute.g, *attribute.graphs]:
            for within in inner.node:
                yield from _reads(within)
