"""A user's own torch model as what gives its feature maps, by the methods that models for it have by custom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edgeprof.convert.skeleton import map_names
from edgeprof.core.errors import ConfigError

_SEVERAL, _ONE = "forward_intermediates", "forward_features"  # timm's names, which others have taken over


def feature_maps(name: str, model: Any) -> Any:
    """The maps of every stage where the model gives them, else the last one alone."""
    import torch

    if not hasattr(model, _SEVERAL) and not hasattr(model, _ONE):
        raise ConfigError(
            f'"{name}" returns a {type(model).__name__}, which has neither {_SEVERAL} nor {_ONE}',
            "leave it out, and have its forward return the feature maps",
            where="--features",
        )

    class Maps(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, image: Any) -> Any:
            if hasattr(self.inner, _SEVERAL):
                return self.inner.forward_intermediates(image, intermediates_only=True)
            return self.inner.forward_features(image)

    return Maps().eval()


def names_of(model: Any) -> tuple[str, ...]:
    """By how much smaller than the image they are, as far as the model tells."""
    if not hasattr(model, _SEVERAL):
        return ("features",)
    told = getattr(model, "feature_info", ())
    told = getattr(told, "info", told)
    reductions = [_reduction(each) for each in told] if isinstance(told, Sequence) else []
    known = [reduction for reduction in reductions if reduction is not None]
    return map_names(known) if len(known) == len(reductions) else ()


def _reduction(told: Any) -> int | None:
    found = told.get("reduction") if isinstance(told, Mapping) else None
    return found if isinstance(found, int) else None
