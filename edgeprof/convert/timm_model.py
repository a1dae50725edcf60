"""A timm model with its weights, at its own size and at the one asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from edgeprof.convert.checkpoint import read_checkpoint, refused
from edgeprof.convert.fit import Fit, Wish, fitted
from edgeprof.convert.framed import framed
from edgeprof.convert.framing import near_framing
from edgeprof.convert.harden import hardened
from edgeprof.convert.ort import first_line
from edgeprof.convert.preprocess import described
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.skeleton import feature_names, gives_channels_last, own_size
from edgeprof.convert.subject import Subject
from edgeprof.core.errors import ConfigError, ConvertError
from edgeprof.core.job import Tensor

INPUT = "input"
_CALIBRATION_ROWS = 8
_LAYOUT = "the feature maps are NHWC, as this model gives them"


def subject(name: str, recipe: Recipe) -> Subject:
    import timm

    if not timm.is_model(name):
        raise ConfigError(f'timm has no model "{name}"', "list what there is: edgeprof models")
    if recipe.shapes:
        raise ConfigError("a timm model has one input", "use --res and --batch", where="--shape")
    own = own_size(name)
    names = feature_names(name) if recipe.features else ()
    height, width = recipe.resolution.height or own.height, recipe.resolution.width or own.width
    fit = fitted(Wish(name, own, (height, width), recipe.rows, recipe.fit, recipe.features))
    options, load = _weights(name, recipe.weights, features=recipe.features)
    make = _maker(name, fit, options, load)
    shape = (recipe.rows, own.channels, *fit.size)
    layout = (_LAYOUT,) if names and gives_channels_last(name, fit.options, shape) else ()
    native = Fit("own size", near_framing((own.height, own.width), (own.height, own.width), recipe.fit))
    # Without options a network is the same at every size.
    make_own = _maker(name, native, options, load) if fit.options else make

    def fresh(*, fused: bool = True) -> Any:
        model = make(fused=fused)
        return framed(model, fit.framing) if fit.framing.changes else model

    return Subject(
        name=name,
        source="timm",
        fresh=fresh,
        # Fused attention with a mask, or in 5-D, does not export; unfused it is the same arithmetic, but slow in eager.
        fresh_for_onnx=partial(fresh, fused=False),
        inputs=(Tensor(INPUT, (recipe.rows, own.channels, height, width), "float32"),),
        fresh_own_size=make_own,
        own_inputs=(Tensor(INPUT, (1, own.channels, own.height, own.width), "float32"),),
        notes=(*fit.notes(), *layout),
        outputs=names,
        is_dynamic=recipe.is_dynamic,
        card={**fit.card(), **_maps(names), "weights": recipe.weights, **_preprocessing(name)},
    )


def _maps(names: Sequence[str]) -> dict[str, str]:
    return {"features": ", ".join(names)} if names else {}


def _preprocessing(name: str) -> dict[str, str]:
    """What the model was, or is meant to be, trained on."""
    import timm

    cfg = timm.get_pretrained_cfg(name)
    return described(cfg.mean, cfg.std, cfg.interpolation) if cfg else {}


def _maker(name: str, fit: Fit, options: Mapping[str, Any], load: Callable[..., Any]) -> Callable[..., Any]:
    """Make the weights once, on an instance that is then thrown away, and fresh instances with them at will."""
    made: dict[str, Any] = {}

    def make(*, fused: bool = True) -> Any:
        import timm
        import torch

        if not made:
            torch.manual_seed(0)
            made.update(load(fit).state_dict())
        timm.layers.set_fused_attn(fused)
        model = timm.create_model(name, **options, **fit.options)
        model.load_state_dict(made)
        return model.eval()

    return make


def _weights(name: str, weights: str, *, features: bool) -> tuple[dict[str, Any], Callable[[Fit], Any]]:
    """Options that every instance needs, and how to make the instance that has the weights."""
    pyramid: dict[str, Any] = {"features_only": True} if features else {}
    if weights == "random":
        return pyramid, partial(_random, name, pyramid)
    if weights == "pretrained":
        return pyramid, partial(_pretrained, name, pyramid)
    import timm

    state = read_checkpoint(weights)
    cfg = timm.get_pretrained_cfg(name)
    classes = _classes(cfg, state)
    options = {**pyramid, **({} if classes is None else {"num_classes": classes})}
    return options, partial(_from_checkpoint, name, options, state, weights)


def _random(name: str, options: Mapping[str, Any], fit: Fit) -> Any:
    import timm

    model = timm.create_model(name, **options, **fit.options)
    cfg = model.pretrained_cfg
    (height, width), rows = fit.size, 2
    if not fit.options:  # any size gives the same statistics, and the model's own is cheap
        (_, height, width), rows = cfg["input_size"], _CALIBRATION_ROWS
    return hardened(model, (rows, cfg["input_size"][0], height, width))


def _pretrained(name: str, options: Mapping[str, Any], fit: Fit) -> Any:
    import timm

    try:
        return timm.create_model(name, pretrained=True, **options, **fit.options)
    except Exception as error:
        raise ConvertError(
            f"the pretrained weights of {name} cannot be had: {first_line(error)}",
            "download them elsewhere and use --weights FILE, or --weights random",
        ) from error


def _from_checkpoint(name: str, options: Mapping[str, Any], state: Mapping[str, Any], weights: str, fit: Fit) -> Any:
    """Through timm's own loading, which renames old keys and resamples position embeddings to the size."""
    import timm

    classes = {key: value for key, value in options.items() if key == "num_classes"}
    overlay = {"state_dict": dict(state), "label_offset": 0, **classes}
    try:
        return timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay, **options, **fit.options)
    except Exception as error:
        raise refused(weights, name, error) from error


def _classes(cfg: Any, state: Mapping[str, Any]) -> int | None:
    """How many classes the checkpoint's classifier has; None where it cannot be told."""
    named = getattr(cfg, "classifier", None) or ()
    for classifier in (named,) if isinstance(named, str) else named:
        weight = state.get(f"{classifier}.weight")
        if weight is not None and weight.ndim:
            return int(weight.shape[0])
    return None
