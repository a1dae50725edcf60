"""`edgeprof device clean`."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import typer

from edgeprof.cli import options


def clean(
    device: Annotated[Optional[str], typer.Argument(metavar="NAME", help="A device's name, or user@host.")] = None,
    older_than: Annotated[
        Optional[str], typer.Option("--older-than", metavar="TIME", help="Only what was not used for so long: 30d.")
    ] = None,
    config: options.Config = None,
    host: options.Host = None,
    python: options.Python = None,
) -> int:
    """Remove what edgeprof keeps on a device: agents, artefacts, inputs, and what broken transfers left."""
    flags: dict[str, Any] = {"config": config, "device": device or host, "host": host, "python": python}

    from edgeprof.cli.request import machine_of, workshop_of
    from edgeprof.workflow.clean import clean as run

    older_than_s = 0.0 if older_than is None else _age_of(older_than)
    machine, workshop = machine_of(flags), workshop_of()
    cleaned = run(machine, workshop.progress, older_than_s)
    workshop.progress.rest()
    print(f"removed {cleaned.files} files from {machine.name}, {cleaned.bytes / 2**20:.1f} MiB")
    if cleaned.left:
        print(f"left {cleaned.left} files, used within the last hour, to another session that is on it now")
    if machine.host is None:
        print("nothing is placed on this machine itself; what it keeps: edgeprof cache ls")
    return 0


def _age_of(text: str) -> float:
    """As every duration, and in days."""
    from edgeprof.config import seconds_of

    words = text.strip()
    return 86400.0 * seconds_of(words[:-1]) if words.endswith("d") and words[:-1].isdigit() else seconds_of(words)
