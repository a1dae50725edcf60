"""`edgeprof import`."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from edgeprof.cli import options


def import_(
    tool: Annotated[
        str,
        typer.Argument(metavar="trtexec|ort|benchmark_app", help="Which tool wrote it; ort: onnxruntime_perf_test."),
    ],
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="What it wrote, a file for each process.")],
    model: Annotated[
        Optional[str], typer.Option("--model", metavar="NAME", help="What was measured; of a file its size is known.")
    ] = None,
    budget: Annotated[
        Optional[str], typer.Option("--budget", metavar="FILE", help="A YAML file with a budget. Default: no verdict.")
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
    processes: Annotated[
        Optional[int], typer.Option("--processes", metavar="N", help="Needed before it can PASS. Default 3.")
    ] = None,
    quick: options.Quick = None,
    accept: options.Accept = None,
    output: Annotated[
        Optional[str], typer.Option("-o", "--output", metavar="FILE", help="The measurement, for edgeprof judge.")
    ] = None,
    json: options.Json = None,
    junit: options.Junit = None,
    markdown: options.Markdown = None,
    quiet: options.Quiet = False,
) -> int:
    """Judge what trtexec, onnxruntime_perf_test or benchmark_app measured. What they did not see stays not known."""
    parameters = dict(locals())

    import os
    from pathlib import Path

    from edgeprof.cli.reporting import Reporter, expect_place, print_figures
    from edgeprof.cli.request import terms_of
    from edgeprof.core.errors import ConfigError
    from edgeprof.core.measurement import Plan
    from edgeprof.store.measurements import default_folder
    from edgeprof.workflow.importing import import_files, judged, save

    terms = terms_of(parameters, budget)
    if processes is not None and not 0 < processes <= 100:
        raise ConfigError(f'--processes is "{processes}", expected 1 to 100')
    if terms.budget is None and (junit is not None or markdown is not None):
        raise ConfigError("without a budget there is no verdict to report", "add --p99 33ms or --budget FILE")
    if output is not None:
        expect_place(output)
    plan = Plan(processes=processes or (1 if quick else 3), quick=bool(quick))
    reporter = Reporter({"json": json, "junit": junit, "markdown": markdown}, quiet=quiet)
    measurement = import_files(tool, [Path(file) for file in files], plan, model, terms.budget)
    saved = save(measurement, default_folder(os.environ), Path(output) if output else None)
    if terms.budget is None:
        return print_figures([(measurement, saved)], "50,90,95,99", json, quiet=quiet)
    answer = judged(measurement, terms.budget, terms.accept, saved)
    reporter.take(answer)
    reporter.finish([answer])
    return answer.exit
