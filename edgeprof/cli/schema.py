"""`edgeprof schema`."""

from __future__ import annotations


def schema() -> None:
    """Print the JSON Schema of edgeprof.yaml, for editors that check as one types."""
    import json

    from edgeprof.config.schema import json_schema

    print(json.dumps(json_schema(), indent=2))
