"""`edgeprof models`."""

from __future__ import annotations

from typing import Annotated

import typer


def models(
    pattern: Annotated[str, typer.Argument(metavar="[PATTERN]", help="Such as 'resnet*' or mobilenet.")] = "*",
) -> None:
    """List the timm models that can be asked for, and the shorter names that edgeprof knows for some."""
    from edgeprof.convert.cache import Cache
    from edgeprof.core.errors import ConfigError
    from edgeprof.workflow.models import list_models

    names = list(list_models(pattern, Cache.default()))
    if not names:
        raise ConfigError(f'no model matches "{pattern}"', "write a part of its name, or a pattern such as 'resnet*'")
    for name in names:
        print(name)
