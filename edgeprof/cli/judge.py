"""`edgeprof judge`."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from edgeprof.cli import options


def judge(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Measurements that edgeprof saved.")],
    budget: Annotated[
        Optional[str], typer.Option("--budget", metavar="FILE", help="A YAML file with a budget. Default: as measured.")
    ] = None,
    p99: options.P99 = None,
    p95: options.P95 = None,
    p90: options.P90 = None,
    p50: options.P50 = None,
    fps: options.Fps = None,
    memory: options.Memory = None,
    load: options.Load = None,
    size: options.Size = None,
    limit: options.Limit = None,
    allow: options.Allow = None,
    accept: options.Accept = None,
    json: options.Json = None,
    junit: options.Junit = None,
    markdown: options.Markdown = None,
    quiet: options.Quiet = False,
) -> int:
    """Judge saved measurements again, by their own budget or another. Needs no device and no torch."""
    parameters = dict(locals())

    from pathlib import Path

    from edgeprof.cli.reporting import Reporter
    from edgeprof.cli.request import terms_of
    from edgeprof.core.exits import worst
    from edgeprof.workflow.judge import judge_files

    terms = terms_of(parameters, budget)
    reporter = Reporter({"json": json, "junit": junit, "markdown": markdown}, quiet=quiet)
    answers = []
    for answer in judge_files([Path(file) for file in files], terms.budget, terms.allow, terms.accept):
        answers.append(answer)
        reporter.take(answer)
    reporter.finish(answers)
    return worst(answer.exit for answer in answers)
