"""A timm model without data: what size it has and can have, and which feature maps it gives."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeprof.convert.footprint import footprint
from edgeprof.convert.ort import first_line
from edgeprof.core.errors import ConvertError

# What networks raise when a size does not suit them.
OBJECTIONS = (
    RuntimeError,
    ValueError,
    TypeError,
    AssertionError,
    IndexError,
    KeyError,
    AttributeError,
    ZeroDivisionError,
)


@dataclass(frozen=True)
class OwnSize:
    channels: int
    height: int
    width: int
    stride: int  # of the deepest feature map, or the patch
    takes_size: bool  # its constructor has img_size
    is_fixed: bool  # it refuses any size that it was not made for


def own_size(name: str) -> OwnSize:
    model = skeleton(name)
    cfg = model.pretrained_cfg
    channels, height, width = cfg["input_size"]
    features = getattr(model, "feature_info", [])
    features = features if isinstance(features, list) else getattr(features, "info", [])
    stride = max((int(f["reduction"]) for f in features if "reduction" in f), default=32)
    takes = any("img_size" in inspect.signature(kind).parameters for kind in type(model).__mro__[:-1])
    # crossvit, which takes a size, declares 17 for a network of two scales; convmixer's odd strides are its patches'.
    stride = 32 if stride % 2 and takes else stride
    return OwnSize(channels, height, width, stride, takes, bool(cfg.get("fixed_input_size")))


def skeleton(name: str, options: Mapping[str, Any] | None = None) -> Any:
    """Without data, where the model's code allows that; attention as the exporter sees it."""
    import timm
    import torch

    timm.layers.set_fused_attn(False)
    try:
        with torch.device("meta"):
            return timm.create_model(name, **(options or {})).eval()
    except (NotImplementedError, RuntimeError):
        return timm.create_model(name, **(options or {})).eval()


def feature_names(name: str) -> tuple[str, ...]:
    """The maps of the pyramid by how much smaller than the image they are: feature_8, or feature_16_1 and on."""
    try:
        reductions = list(skeleton(name, {"features_only": True}).feature_info.reduction())
    except OBJECTIONS as error:
        raise ConvertError(
            f"{name} gives no feature maps: {first_line(error)}",
            "leave --features out, or name a model that does, such as resnet50, convnext_tiny or vit_small",
        ) from error
    return map_names(reductions)


def map_names(reductions: Sequence[int]) -> tuple[str, ...]:
    """Of feature maps, by how much smaller than the image they are."""
    names = []
    for place, reduction in enumerate(reductions):
        number = f"_{reductions[: place + 1].count(reduction)}" if reductions.count(reduction) > 1 else ""
        names.append(f"feature_{reduction}{number}")
    return tuple(names)


def gives_channels_last(name: str, options: Mapping[str, Any], shape: Sequence[int]) -> bool:
    """Whether the feature maps are NHWC: swin and a few others give them as they compute them."""
    model = skeleton(name, {"features_only": True, **options})
    try:
        outputs = footprint(model, shape).outputs
    except OBJECTIONS:
        return False  # it does not run without data
    pairs = zip(model.feature_info.channels(), outputs, strict=False)
    return any(len(output) == 4 and output[1] != channels == output[3] for channels, output in pairs)


def tables_bytes(model: Any) -> int:
    """Relative attention has a bias for each head and each pair of positions, which the export folds into the file."""
    return sum(
        module.relative_position_index.numel() * module.relative_position_bias_table.shape[-1] * 4
        for module in model.modules()
        if hasattr(module, "relative_position_index") and hasattr(module, "relative_position_bias_table")
    )
