"""The clean-up of a graph: small passes, each kept for what it was seen to change (docs/decisions/0011)."""

from __future__ import annotations

from typing import Any

from edgeprof.convert.passes import constants, duplicates, planes, pools, scales, unused, windows
from edgeprof.convert.passes.step import Pass
from edgeprof.convert.recipe import UNREAD

# The last of them clears away what the others leave behind.
PASSES: tuple[Pass, ...] = (constants.PASS, scales.PASS, pools.PASS, planes.PASS, duplicates.PASS, unused.PASS)
# What TensorRT's parser does not know: no other reader is given what they write.
FOR_TENSORRT: tuple[Pass, ...] = (windows.PASS,)
# They read the weights, and some have them copied: of a model whose weights have a file of their own that is too much.
UNTIDIED = "none: the weights have a file of their own"


def tidy(model: Any) -> dict[str, int]:
    """Apply them to the model; how much each one changed, for the card."""
    return {each.name: each.apply(model) for each in PASSES}


def passes_for_card(changed: dict[str, int]) -> dict[str, str]:
    """What there is to say of them: nothing where none changed anything."""
    said = ", ".join(f"{name} {count}" for name, count in changed.items() if count)
    return {"passes": said} if said else {}


def unread_for_card(model: Any) -> dict[str, str]:
    """What TensorRT has to have written otherwise, so that nobody reads the graph again to know it."""
    count = windows.count(model)
    return {UNREAD: f"Col2Im {count}"} if count else {}


def rewritten(model: Any) -> dict[str, str]:
    """Write the model as TensorRT reads it; what was done, for the card."""
    changed = {each.name: each.apply(model) for each in FOR_TENSORRT}
    return {"written for tensorrt": passes_for_card(changed).get("passes", "nothing")}
