"""A user's `package.module:factory`: imported from the working directory, called, and taken as it is."""

from __future__ import annotations

import copy
import importlib
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgeprof.convert.checkpoint import read_checkpoint, refused
from edgeprof.convert.feature_maps import feature_maps, names_of
from edgeprof.convert.fit import Fit, Wish, fitted
from edgeprof.convert.footprint import footprint, short_of
from edgeprof.convert.framed import framed
from edgeprof.convert.ort import first_line
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.skeleton import OBJECTIONS, OwnSize
from edgeprof.convert.subject import Subject
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.job import Tensor

_STRIDE = 32  # of nearly every network: what an image is brought to where it does not suit


def subject(name: str, recipe: Recipe) -> Subject:
    import torch

    if recipe.weights == "pretrained":
        raise ConfigError("a factory brings its own weights", "leave it out, or name a file", where="--weights")
    make = _factory(name)
    first = _made(name, make)
    if recipe.weights != "random":
        state = read_checkpoint(recipe.weights)
        try:
            first.load_state_dict(state)
        except RuntimeError as error:
            raise refused(recipe.weights, name, error) from error
    weights = {key: value.detach().clone() for key, value in first.state_dict().items()}
    inputs = _inputs(name, first, recipe)
    network = feature_maps(name, first) if recipe.features else first
    names = names_of(first) if recipe.features else ()
    fit = _fit(name, network, _own_size(first), inputs, recipe)

    def fresh() -> Any:
        torch.manual_seed(0)
        module = _made(name, make)
        try:
            module.load_state_dict(weights)
        except RuntimeError as error:
            raise ConvertError(f'"{name}" returns another model at each call: {first_line(error)}') from error
        return feature_maps(name, module.eval()) if recipe.features else module.eval()

    def fitted_to_image() -> Any:
        return framed(fresh(), fit.framing) if fit and fit.framing.changes else fresh()

    own_inputs = tuple(replace(tensor, shape=(*tensor.shape[:2], *fit.size)) for tensor in inputs) if fit else inputs
    kept = "as the factory made them" if recipe.weights == "random" else recipe.weights
    return Subject(
        name=name,
        source="callable",
        fresh=fitted_to_image,
        fresh_for_onnx=fitted_to_image,
        inputs=inputs,
        fresh_own_size=fresh,
        own_inputs=own_inputs,
        notes=fit.notes() if fit else (),
        outputs=names,
        is_dynamic=recipe.is_dynamic,
        card={**(fit.card() if fit else {}), **({"features": ", ".join(names)} if names else {}), "weights": kept},
        parts=_own_files(),
    )


def _factory(name: str) -> Callable[[], Any]:
    module_name, _, attribute = name.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise ConfigError(f'there is no module "{module_name}"', "run from the folder that holds it") from error
        raise ConvertError(f'"{module_name}" cannot be imported: {first_line(error)}') from error
    except Exception as error:
        raise ConvertError(
            f'"{module_name}" cannot be imported: {type(error).__name__}: {first_line(error)}'
        ) from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            names = ", ".join(n for n in dir(found) if not n.startswith("_") and callable(getattr(found, n)))[:200]
            raise ConfigError(f'"{module_name}" has no "{attribute}"', f"it has {names}" if names else None)
        found = getattr(found, part)
    if isinstance(found, type) or callable(found):
        return found  # type: ignore[no-any-return]
    raise ConvertError(f'"{name}" is a {type(found).__name__}, which cannot be called', "name a function or a class")


def _made(name: str, make: Callable[[], Any]) -> Any:
    import torch

    try:
        module = make()
    except Exception as error:
        raise ConvertError(f'"{name}" raised {type(error).__name__}: {first_line(error)}') from error
    if not isinstance(module, torch.nn.Module):
        raise ConvertError(f'"{name}" returned a {type(module).__name__}, expected a torch.nn.Module')
    return module.eval()


def _inputs(name: str, module: Any, recipe: Recipe) -> tuple[Tensor, ...]:
    names = list(inspect.signature(module.forward).parameters)
    if recipe.shapes:
        shapes = dict(recipe.shapes)
        for given in shapes:
            if given not in names:
                raise ConfigError(f'there is no input "{given}"', f"the inputs are {', '.join(names)}", where="--shape")
        return tuple(Tensor(n, shapes[n], "float32") for n in names if n in shapes)
    channels, height, width = _own_size(module) or (3, None, None)
    height, width = recipe.resolution.height or height, recipe.resolution.width or width
    if height is None or width is None or not names:
        raise ConfigError(
            f'"{name}" does not say what size it takes',
            f"add --res 224, or --shape {names[0] if names else 'input'}:1x3x224x224",
        )
    return (Tensor(names[0], (recipe.rows, channels, height, width), "float32"),)


def _fit(
    name: str, module: Any, own: tuple[int, int, int] | None, inputs: Sequence[Tensor], recipe: Recipe
) -> Fit | None:
    """How the image comes to the network; None where no size was asked for, or only it can tell what it takes."""
    if recipe.resolution.is_native or recipe.shapes:
        _foresee(name, module, inputs)
        return None
    rows, channels, *size = inputs[0].shape
    _, height, width = own or (channels, 0, 0)
    without_data = copy.deepcopy(module).to("meta")
    try:
        footprint(without_data, inputs[0].shape)
    except OBJECTIONS:
        if _takes(module, inputs[0]):
            return None  # it computes with values, which only the real forward has
    known = OwnSize(channels, height, width, _STRIDE, takes_size=False, is_fixed=False)
    asked = (size[0], size[1])
    fit = fitted(Wish(f'"{name}"', known, asked, rows, recipe.fit, network=lambda *_: copy.deepcopy(without_data)))
    if asked == (height, width):
        _foresee(name, module, inputs)
    return fit


def _takes(module: Any, tensor: Tensor) -> bool:
    import torch

    try:
        with torch.no_grad():
            copy.deepcopy(module)(torch.zeros(tensor.shape))
    except OBJECTIONS:
        return False
    return True


def _foresee(name: str, module: Any, inputs: Sequence[Tensor]) -> None:
    """Refuse what this machine has no memory for. Of a copy, since a factory may return one module each time."""
    if len(inputs) > 1:
        return
    try:
        taken = footprint(copy.deepcopy(module).to("meta"), inputs[0].shape)
    except OBJECTIONS:
        return  # it computes with values, which only the real forward has
    short = short_of(taken.needed_bytes)
    if short:
        raise ConvertError(f'"{name}" on {inputs[0]} {short}', "use a lower --res or --batch")


def _own_size(module: Any) -> tuple[int, int, int] | None:
    """From timm's habit of a default_cfg, or a plain attribute."""
    cfg = getattr(module, "default_cfg", None)
    size = (cfg.get("input_size") if isinstance(cfg, dict) else None) or getattr(module, "input_size", None)
    try:
        sides = [int(side) for side in size] if size is not None else []
    except (TypeError, ValueError):
        return None
    if len(sides) == 2:
        sides = [3, *sides]
    return (sides[0], sides[1], sides[2]) if len(sides) == 3 else None


def _own_files() -> tuple[str, ...]:
    """The user's own modules that were imported: when one changes, so may the model."""
    here, libraries = Path.cwd(), Path(sys.prefix)
    files = {
        Path(path).resolve() for module in list(sys.modules.values()) if (path := getattr(module, "__file__", None))
    }
    ours = Path(__file__).resolve().parents[1]
    mine = [
        f for f in files if f.is_relative_to(here) and not f.is_relative_to(libraries) and not f.is_relative_to(ours)
    ]
    return tuple(sorted(str(file) for file in mine if file.is_file()))
