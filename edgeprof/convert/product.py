"""What the worker hands back, and how its paths travel: bare names in the worker's folder, absolute once it is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from edgeprof.core.artefact import Artefact, Reference


@dataclass(frozen=True)
class Product:
    artefact: Artefact  # its files named within the folder it was made in
    parts: tuple[str, ...] = ()  # the source's own files, by absolute path: when one changes, the artefact is stale


def located(artefact: Artefact, folder: Path) -> Artefact:
    """The same artefact with absolute paths."""

    def under(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(folder / name) for name in names)

    references = tuple(Reference(under(r.inputs), under(r.outputs)) for r in artefact.references)
    return replace(artefact, path=str(folder / artefact.path), references=references, data=under(artefact.data))
