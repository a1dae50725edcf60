"""Which torch model a source stands for: torch is imported here, and its absence said."""

from __future__ import annotations

from edgeprof.convert.recipe import Recipe
from edgeprof.convert.sources import Source
from edgeprof.convert.subject import Subject
from edgeprof.convert.versions import INSTALL_EXPORT
from edgeprof.core.errors import RuntimeUnavailable


def subject_of(source: Source, recipe: Recipe) -> Subject:
    try:
        import torch

        if source.kind == "timm":
            import timm  # noqa: F401
    except ImportError as error:
        raise RuntimeUnavailable(f"the exporter cannot be loaded: {error}", INSTALL_EXPORT) from error
    torch.manual_seed(0)
    if source.kind == "timm":
        from edgeprof.convert import timm_model

        return timm_model.subject(source.name, recipe)
    from edgeprof.convert import factory

    return factory.subject(source.name, recipe)
