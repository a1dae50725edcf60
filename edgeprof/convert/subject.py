"""A torch model ready to be exported: how to make it afresh, and what it is fed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from edgeprof.core.job import Tensor


@dataclass(frozen=True)
class Subject:
    """`fresh` gives a new module with the same weights at each call: several architectures cache what they computed
    in their first forward, and would be exported or compared with stale values.
    """

    name: str
    source: str  # timm or callable
    fresh: Callable[[], Any]
    fresh_for_onnx: Callable[[], Any]  # the same, in the form that the exporter can read
    inputs: tuple[Tensor, ...]
    fresh_own_size: Callable[[], Any]  # the same at the model's own size, where its rounding is taken
    own_inputs: tuple[Tensor, ...]
    notes: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()  # their names, where they have any of their own
    is_dynamic: bool = False  # the batch stays open
    card: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
