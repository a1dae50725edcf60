"""`edgeprof device probe`."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from edgeprof.cli import options


def probe(
    device: Annotated[
        Optional[str], typer.Argument(metavar="NAME", help="A device's name, user@host, or local (default).")
    ] = None,
    config: options.Config = None,
    host: options.Host = None,
    profile: options.Profile = None,
    python: options.Python = None,
    json: options.Json = None,
) -> int:
    """Say what a machine is, which profile it fits and how surely, and what it lacks, with the command for it."""
    flags = {"config": config, "device": device or host, "host": host, "profile": profile, "python": python}

    from edgeprof.cli.reporting import expect_place, write_document
    from edgeprof.cli.request import machine_of, where_configured, workshop_of
    from edgeprof.report.board import entry_lines, render_json, topics
    from edgeprof.workflow.probe import probe as run

    if json:
        expect_place(json)
    machine, workshop = machine_of(flags), workshop_of(quiet=json == "-")
    found = run(machine, workshop, where_configured(machine.name, config))
    workshop.progress.rest()
    if json:
        write_document(render_json(found), json)
    if json == "-":
        return 0
    for topic in topics(found):
        print(f"{'!' if topic.remedy else ' '} {topic.name:12} {topic.text}")
        if topic.remedy:
            print(f"  {'':12} {topic.remedy}")
    for line in entry_lines(found):
        print(line)
    return 0
