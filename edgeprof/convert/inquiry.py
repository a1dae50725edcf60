"""Why parity failed, asked of the converting process: a runtime that crashes on the way takes nothing down with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from edgeprof.convert import process
from edgeprof.core.artefact import Artefact
from edgeprof.core.codec import plain, restore

if TYPE_CHECKING:
    from edgeprof.convert.localise import Explanation


def explained(
    artefact: Artefact,
    runtime: str,
    precision: str,
    say: Callable[[str], None],
    disabled: Sequence[str] = (),
    made_from: Artefact | None = None,
) -> Explanation:
    from edgeprof.convert.localise import Explanation  # here, since parity seldom fails

    say(f"looking for the node at which {runtime} {precision} leaves the model")
    task = {
        "order": "explain",
        "artefact": plain(artefact),
        "runtime": runtime,
        "precision": precision,
        "disabled": list(disabled),
        "made_from": plain(made_from),
    }
    return restore(Explanation, process.ask(task, say)["explanation"])


def remedied(artefact: Artefact, say: Callable[[str], None]) -> tuple[str, ...]:
    """The graph optimisers that onnxruntime has to go without; none where that would not help."""
    say("looking for what onnxruntime changes in the graph")
    return tuple(process.ask({"order": "remedy", "artefact": plain(artefact)}, say)["optimizers"])


def answered(task: Mapping[str, Any]) -> dict[str, Any]:
    """The worker's side of both."""
    from edgeprof.convert import localise

    artefact = restore(Artefact, task["artefact"])
    if task["order"] == "remedy":
        return {"optimizers": list(localise.remedy(artefact))}
    made_from = None if task["made_from"] is None else restore(Artefact, task["made_from"])
    seen = localise.explain(artefact, task["runtime"], task["precision"], tuple(task["disabled"]), made_from)
    return {"explanation": plain(seen)}
