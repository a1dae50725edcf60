"""The clean-up of a graph: small passes, each kept for what it was seen to change (docs/decisions/0011)."""

from __future__ import annotations

from typing import Any

from edgeprof.convert.passes import constants, duplicates, planes, pools, scales, unused
from edgeprof.convert.passes.step import Pass

# The last of them clears away what the others leave behind.
PASSES: tuple[Pass, ...] = (constants.PASS, scales.PASS, pools.PASS, planes.PASS, duplicates.PASS, unused.PASS)
# They read the weights, and some have them copied: of a model whose weights have a file of their own that is too much.
UNTIDIED = "none: the weights have a file of their own"


def tidy(model: Any) -> dict[str, int]:
    """Apply them to the model; how much each one changed, for the card."""
    return {each.name: each.apply(model) for each in PASSES}


def passes_for_card(changed: dict[str, int]) -> dict[str, str]:
    """What there is to say of them: nothing where none changed anything."""
    said = ", ".join(f"{name} {count}" for name, count in changed.items() if count)
    return {"passes": said} if said else {}
