"""Everything that makes an artefact what it is, as one digest: equal keys may share an artefact."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import PathFinder

from edgeprof.convert.recipe import Recipe
from edgeprof.convert.sources import Source
from edgeprof.convert.versions import version_of, versions_for
from edgeprof.core.errors import ConfigError
from edgeprof.core.files import digest_of_file, digest_of_json

Digest = Callable[[str], str]  # of a file

# Raised by whoever changes what the exporter writes for the same model.
_EXPORTER = 5
# The same for whoever changes what is made of the fp32 graph.
_DERIVER = 1


def key_of(
    recipe: Recipe, source: Source, parts: Sequence[str], images: Sequence[str] = (), digest: Digest = digest_of_file
) -> str:
    """`parts` are the files that an ONNX model or a factory consists of, `images` digests of the calibration's.

    `digest` may know that of a file from before.
    """
    return digest_of_json(
        {
            "exporter": _EXPORTER,
            "opset": recipe.opset,
            "source": [source.kind, source.name],
            "place": os.getcwd() if source.kind == "callable" else None,
            "parts": {part: digest(part) for part in parts},
            "resolution": [recipe.resolution.height, recipe.resolution.width],
            "fit": None if recipe.resolution.is_native else recipe.fit,
            "rows": [recipe.rows, recipe.is_dynamic],
            "features": recipe.features,
            "weights": _weights(recipe, digest),
            "form": recipe.form,
            "shapes": sorted(recipe.shapes),
            "inputs": sorted((name, _digest_of_named(path, f"--input {name}", digest)) for name, path in recipe.inputs),
            "versions": versions_for(source.kind),
            "images": list(images),
            "pillow": version_of("pillow") if images else None,
            **_derived(recipe),
        }
    )


def rounding_key(recipe: Recipe, source: Source, digest: Digest = digest_of_file) -> str | None:
    """Where fp32's distance from fp64 is remembered; None where it belongs to one artefact alone."""
    if source.kind != "timm":
        return None
    versions = versions_for("timm")
    what = [source.name, _weights(recipe, digest), recipe.features]
    return digest_of_json(["rounding", _EXPORTER, *what, versions["torch"], versions["timm"]])


def parts_key(source: Source) -> str:
    return digest_of_json(["parts", source.kind, source.name, os.getcwd()])


def first_parts(source: Source) -> list[str]:
    """The file that is known to take part before anything was loaded."""
    if source.kind == "onnx":
        return [os.path.abspath(source.name)]
    return [_module_file(source.name.split(":")[0])] if source.kind == "callable" else []


def _module_file(module: str) -> str:
    """Where the module lies. Found part by part, since importlib's own search imports the packages above it."""
    search: Sequence[str] = [os.getcwd(), *sys.path]
    spec = None
    for end, part in enumerate(module.split("."), start=1):
        spec = PathFinder.find_spec(".".join(module.split(".")[:end]) if end > 1 else part, list(search))
        if spec is None:
            raise ConfigError(f'no module "{module}" found from "{os.getcwd()}"', "run from the folder that holds it")
        search = list(spec.submodule_search_locations or [])
    if spec is None or not spec.origin:
        raise ConfigError(f'"{module}" is a folder, not a module', "name the module in it that has the factory")
    return spec.origin


def _derived(recipe: Recipe) -> dict[str, object]:
    if not recipe.is_derived:
        return {}
    frame = recipe.frame and [recipe.frame.height, recipe.frame.width, recipe.fit, recipe.bgr]
    return {
        "deriver": _DERIVER,
        "frame": frame,
        "precision": recipe.precision,
        "quantisation": recipe.quantisation,
        "reader": recipe.reader,
    }


def _weights(recipe: Recipe, digest: Digest) -> str:
    if recipe.weights in ("random", "pretrained"):
        return recipe.weights
    return _digest_of_named(recipe.weights, "--weights", digest)


def _digest_of_named(path: str, where: str, digest: Digest) -> str:
    try:
        return digest(path)
    except OSError as error:
        raise ConfigError(f'"{path}" cannot be read: {error.strerror}', "check the path", where=where) from error
