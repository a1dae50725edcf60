"""From a recipe to an artefact: out of the cache where it is there, else made by the worker and kept."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from edgeprof.convert import process
from edgeprof.convert.cache import Cache
from edgeprof.convert.images import digests_of, find
from edgeprof.convert.ingredients import first_parts, key_of, parts_key, rounding_key
from edgeprof.convert.int8 import quantisation_of
from edgeprof.convert.opset import OPSETS
from edgeprof.convert.recipe import UNREAD, Recipe
from edgeprof.convert.sources import Source, known_names, resolve, timm_names, unknown_model
from edgeprof.convert.stamps import digest_by_stamp
from edgeprof.core.artefact import Artefact
from edgeprof.core.codec import plain, restore
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.files import digest_of_file, digest_of_json
from edgeprof.core.job import Tensor

_CACHE_CAP_BYTES = 20 << 30
_FAKE_SIDE = 224
_PRECISIONS = ("fp32", "fp16", "int8")


def produce(recipe: Recipe, cache: Cache, say: Callable[[str], None]) -> Artefact:
    """The artefact of the recipe; `say` hears what is being done in a few words, and nothing on a cache hit."""
    source = resolve(recipe.model)
    _refuse_means_nothing(recipe, source)
    if _may_be_unread(recipe, source):
        recipe = _for_reader(recipe, _obtained(recipe.as_given, source, cache, say))
    return _told(_obtained(recipe, source, cache, say), recipe, source)


def known(recipe: Recipe, cache: Cache) -> Artefact | None:
    """The artefact if it is there already; nothing is made."""
    source = resolve(recipe.model)
    if _may_be_unread(recipe, source):
        given = _known(recipe.as_given, source, cache, _unheard)
        if given is None:
            return None
        recipe = _for_reader(recipe, given)
    return _known(recipe, source, cache, _unheard)


def _unheard(words: str) -> None:
    """What is only looked for has nothing to say."""


def _may_be_unread(recipe: Recipe, source: Source) -> bool:
    return bool(recipe.reader) and source.kind != "fake"


def _for_reader(recipe: Recipe, given: Artefact) -> Recipe:
    """Hardly any graph has anything in it that its reader does not know: all others are everybody's."""
    return recipe if UNREAD in given.card else replace(recipe, reader="")


def _obtained(recipe: Recipe, source: Source, cache: Cache, say: Callable[[str], None]) -> Artefact:
    return _known(recipe, source, cache, say) or _make(recipe, source, cache, say)


def _known(recipe: Recipe, source: Source, cache: Cache, say: Callable[[str], None]) -> Artefact | None:
    if source.kind == "fake":
        if recipe.frame:
            raise ConfigError("a fake model takes no frames", "leave it out", where="--frame")
        return _fake(source, recipe)
    _refuse_derivation(recipe)
    if source.kind == "timm":
        _refuse_unknown(source.name, known_names(cache))
    parts = _known_parts(source, cache)
    return cache.find(_key(recipe, source, parts, cache), say) if parts is not None else None


def _make(recipe: Recipe, source: Source, cache: Cache, say: Callable[[str], None]) -> Artefact:
    _key(recipe, source, first_parts(source), cache)  # a missing file or library is said before anything is loaded
    with cache.alone(digest_of_json([plain(source), plain(recipe), os.getcwd()]), say):
        there = _known(recipe, source, cache, say)  # another may have made it while we waited
        if there:
            return there
        made = (_derive if recipe.is_derived else _export)(recipe, source, cache, say)
    cache.gc(_CACHE_CAP_BYTES, keep=made.path)
    return made


def _derive(recipe: Recipe, source: Source, cache: Cache, say: Callable[[str], None]) -> Artefact:
    """What it is made from first, out of the cache where it is there, then what is asked for out of its file."""
    before = recipe.made_from
    made_from = _obtained(before, source, cache, say)
    parts = _known_parts(source, cache) or first_parts(source)
    with cache.workspace() as folder:
        task = {"order": "derive", "recipe": plain(recipe), "artefact": plain(made_from), "folder": str(folder)}
        begin = time.monotonic()
        derived = _timed(restore(Artefact, process.ask(task, say)["artefact"]), begin)
        return cache.keep(_key(recipe, source, parts, cache), folder, derived, say)


def _export(recipe: Recipe, source: Source, cache: Cache, say: Callable[[str], None]) -> Artefact:
    remembered = rounding_key(recipe, source, partial(digest_by_stamp, cache))
    rounding = (cache.recall(remembered) or {}).get("rounding") if remembered else None
    with cache.workspace() as folder:
        task = {
            "order": "convert",
            "source": plain(source),
            "recipe": plain(recipe),
            "folder": str(folder),
            "rounding": rounding,
        }
        begin = time.monotonic()
        try:
            done = process.ask(task, say)
        except ConfigError:
            if source.kind == "timm":
                _refuse_unknown(source.name, tuple(timm_names(cache)))
            raise
        artefact = _timed(restore(Artefact, done["artefact"]), begin)
        if remembered and "rounding" in artefact.card:
            cache.remember(remembered, {"rounding": float(artefact.card["rounding"])})
        parts = done["parts"]
        cache.remember(parts_key(source), {"parts": parts})
        return cache.keep(_key(recipe, source, parts, cache), folder, artefact, say)


def _key(recipe: Recipe, source: Source, parts: Sequence[str], cache: Cache) -> str:
    return key_of(recipe, source, parts, _images(recipe, cache), partial(digest_by_stamp, cache))


def _timed(artefact: Artefact, begin: float) -> Artefact:
    return replace(artefact, card={**artefact.card, "seconds": f"{time.monotonic() - begin:.1f}"})


def _refuse_means_nothing(recipe: Recipe, source: Source) -> None:
    """What a file cannot be asked for, and what only an image of another size can be."""
    if recipe.features and source.kind in ("onnx", "fake"):
        raise ConfigError(
            f"{source.name} is a file, so its outputs are what they are",
            "export it with the feature maps as outputs",
            where="--features",
        )
    if source.kind != "timm" and recipe.fit != "pad" and recipe.frame is None and recipe.resolution.is_native:
        raise ConfigError(
            f"{source.name} gets its own size, so nothing has to fit", "name a --res, or leave it out", where="--fit"
        )


def _refuse_derivation(recipe: Recipe) -> None:
    """What the recipe says of its frame and its precision and cannot mean."""
    if recipe.opset not in OPSETS:
        known = " or ".join(map(str, sorted(OPSETS)))
        raise ConfigError(f"opset {recipe.opset} is not exported", f"name {known}", where="--opset")
    if recipe.frame and recipe.form != "onnx":
        raise ConfigError("the torch runtime takes no frames", "name another --runtime", where="--frame")
    if recipe.precision not in _PRECISIONS:
        raise ConfigError(
            f'there is no graph of precision "{recipe.precision}"',
            f"one of {', '.join(_PRECISIONS)}",
            where="--precision",
        )
    if recipe.precision == "fp32":
        return
    if recipe.form != "onnx":
        raise ConfigError(
            f"the torch runtime takes no {recipe.precision} graph", "use --precision fp32, or another --runtime"
        )
    if recipe.precision == "int8":
        quantisation_of(recipe.quantisation)


def _images(recipe: Recipe, cache: Cache) -> list[str]:
    """Digests of what it is calibrated on; files that look unchanged are not read again."""
    if not recipe.calibration:
        return []
    place = digest_of_json(["images", os.path.abspath(recipe.calibration)])
    known = cache.recall(place) or {}
    before = dict(known)
    digests = digests_of(find(recipe.calibration), known)
    if known != before:
        cache.remember(place, known)
    return digests


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


def _told(artefact: Artefact, recipe: Recipe, source: Source) -> Artefact:
    """With what belongs to this order and not to the artefact: how its model and its images were named."""
    notes = (source.note, *artefact.notes) if source.note else artefact.notes
    folder = {"calibration_folder": recipe.calibration} if recipe.calibration else {}
    return replace(artefact, notes=notes, card={**artefact.card, **folder})
