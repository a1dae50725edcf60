"""From a recipe to an artefact: out of the cache where it is there, else made by the worker and kept."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgeprof.convert import process
from edgeprof.convert.cache import Cache
from edgeprof.convert.ingredients import first_parts, key_of, parts_key, rounding_key
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.sources import Source, known_names, resolve, timm_names, unknown_model
from edgeprof.core.artefact import Artefact
from edgeprof.core.codec import plain, restore
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Tensor

_CACHE_CAP_BYTES = 20 << 30
_FAKE_SIDE = 224


def produce(recipe: Recipe, cache: Cache, say: Callable[[str], None]) -> Artefact:
    """The artefact of the recipe; `say` hears what is being done in a few words, and nothing on a cache hit."""
    source = resolve(recipe.model)
    return _with_note(_known(recipe, source, cache, say) or _make(recipe, source, cache, say), source)


def known(recipe: Recipe, cache: Cache) -> Artefact | None:
    """The artefact if it is there already; nothing is made."""
    return _known(recipe, resolve(recipe.model), cache, lambda words: None)


def _known(recipe: Recipe, source: Source, cache: Cache, say: Callable[[str], None]) -> Artefact | None:
    if source.kind == "fake":
        return _fake(source, recipe)
    if source.kind == "timm":
        _refuse_unknown(source.name, known_names(cache))
    parts = _known_parts(source, cache)
    return cache.find(key_of(recipe, source, parts), say) if parts is not None else None


def _make(recipe: Recipe, source: Source, cache: Cache, say: Callable[[str], None]) -> Artefact:
    key_of(recipe, source, first_parts(source))  # a missing file or library is said before anything is loaded
    remembered = rounding_key(recipe, source)
    rounding = (cache.recall(remembered) or {}).get("rounding") if remembered else None
    with cache.workspace() as folder:
        task = {
            "order": "convert",
            "source": plain(source),
            "recipe": plain(recipe),
            "folder": str(folder),
            "rounding": rounding,
        }
        try:
            done = process.ask(task, say)
        except ConfigError:
            if source.kind == "timm":
                _refuse_unknown(source.name, tuple(timm_names(cache)))
            raise
        artefact = restore(Artefact, done["artefact"])
        if remembered and "rounding" in artefact.card:
            cache.remember(remembered, {"rounding": float(artefact.card["rounding"])})
        parts = done["parts"]
        cache.remember(parts_key(source), {"parts": parts})
        kept = cache.keep(key_of(recipe, source, parts), folder, artefact, say)
    cache.gc(_CACHE_CAP_BYTES, keep=kept.path)
    return kept


def _known_parts(source: Source, cache: Cache) -> list[str] | None:
    """The files the source is made of, as its last conversion saw them; None where there was none or one is gone."""
    if source.kind == "timm":
        return []
    remembered = cache.recall(parts_key(source))
    parts = [str(part) for part in remembered["parts"]] if remembered else None
    return parts if parts and all(os.path.isfile(part) for part in parts) else None


def _refuse_unknown(name: str, names: tuple[str, ...] | None) -> None:
    if names is not None and name.split(".", maxsplit=1)[0] not in names:
        raise unknown_model(name, names)


def _fake(source: Source, recipe: Recipe) -> Artefact:
    path = Path(source.name).resolve()
    try:
        declared: Any = json.loads(path.read_bytes())
        given = declared.get("inputs")
        inputs = tuple(restore(Tensor, tensor) for tensor in given) if given else None
    except (ValueError, AttributeError, TypeError) as error:
        raise ConvertError(f'"{source.name}" is not a fake model: {error}', 'write {"latency_ms": 20}') from error
    height, width = recipe.resolution.height or _FAKE_SIDE, recipe.resolution.width or _FAKE_SIDE
    return Artefact(
        model=source.name,
        source="fake",
        form="fake",
        path=str(path),
        digest=digest_of_file(path),
        size_bytes=path.stat().st_size,
        precision="fp32",
        inputs=inputs or (Tensor("input", (recipe.rows, 3, height, width), "float32"),),
        outputs=(),
    )


def _with_note(artefact: Artefact, source: Source) -> Artefact:
    return replace(artefact, notes=(source.note, *artefact.notes)) if source.note else artefact
