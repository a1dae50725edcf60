"""`edgeprof schema`."""

from __future__ import annotations

from typing import Annotated

import typer


def schema(
    of: Annotated[
        str,
        typer.Argument(
            metavar="[request|dry-run|layers]", help="edgeprof.yaml, or what check --dry-run or layers write as JSON."
        ),
    ] = "request",
) -> None:
    """Print the JSON Schema of edgeprof.yaml, for editors that check as one types, or of another JSON document."""
    import json

    from edgeprof.config.schema import json_schema
    from edgeprof.core.errors import ConfigError
    from edgeprof.report import dry_run, layers_json

    schemas = {"request": json_schema, "dry-run": dry_run.json_schema, "layers": layers_json.json_schema}
    if of not in schemas:
        raise ConfigError(f'there is no schema of "{of}"', f"one of {', '.join(schemas)}")
    print(json.dumps(schemas[of](), indent=2))
