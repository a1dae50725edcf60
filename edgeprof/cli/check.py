"""`edgeprof check`."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import typer

from edgeprof.cli import options


def check(
    models: options.Models = None,
    config: options.Config = None,
    device: options.Device = None,
    host: options.Host = None,
    profile: options.Profile = None,
    python: options.Python = None,
    power_mode: options.PowerMode = None,
    lock_clocks: options.LockClocks = None,
    res: options.Res = None,
    batch: options.Batch = None,
    features: options.Features = None,
    frame: options.Frame = None,
    fit: options.Fit = None,
    bgr: options.Bgr = None,
    shape: options.Shape = None,
    input: options.Input = None,  # noqa: A002 (the flag's name)
    runtime: options.Runtime = None,
    precision: options.Precision = None,
    weights: options.Weights = None,
    calibration: options.Calibration = None,
    threads: options.Threads = None,
    gpu: options.Gpu = None,
    copies: options.Copies = None,
    graph: options.Graph = None,
    wait: options.Wait = None,
    like: options.Like = None,
    dla: options.Dla = None,
    gpu_fallback: options.GpuFallback = None,
    builds: options.Builds = None,
    compile: options.Compile = None,  # noqa: A002 (the flag's name)
    candidates: Annotated[
        Optional[bool], typer.Option("--candidates", help="Check edgeprof.yaml's candidates too.")
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
    processes: options.Processes = None,
    quick: options.Quick = None,
    warmup: options.Warmup = None,
    max_duration: options.MaxDuration = None,
    allow: options.Allow = None,
    accept: options.Accept = None,
    retries: options.Retries = None,
    reuse: options.Reuse = None,
    lock_timeout: options.LockTimeout = None,
    wait_for_device: options.WaitForDevice = None,
    cool_down: options.CoolDown = None,
    verify: options.Verify = False,
    explain: options.Explain = False,
    save_plan: Annotated[
        Optional[str],
        typer.Option("--save-plan", metavar="FILE", help="Write TensorRT's plan, the one that was judged."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show every value with its origin, and run nothing.")
    ] = False,
    json: options.Json = None,
    junit: options.Junit = None,
    markdown: options.Markdown = None,
    quiet: options.Quiet = False,
) -> int:
    """Can it ship? Export, prove, measure, and answer PASS, FAIL or INCONCLUSIVE against the budget.

    Exit codes: 0 pass, 1 over budget, 2 usage, 3 inconclusive, 4 device or environment, 5 conversion or parity.
    """
    flags: dict[str, Any] = dict(locals())
    reports = {name: flags.pop(name) for name in ("json", "junit", "markdown")}
    quiet, dry_run = flags.pop("quiet"), flags.pop("dry_run")
    verify, explain, save_plan = flags.pop("verify"), flags.pop("explain"), flags.pop("save_plan")

    from pathlib import Path

    from edgeprof.cli.reporting import Reporter, print_dry_run
    from edgeprof.cli.request import request_of, workshop_of
    from edgeprof.core.answer import Answer, Refused
    from edgeprof.core.errors import EdgeprofError
    from edgeprof.core.exits import worst
    from edgeprof.workflow.check import check as run
    from edgeprof.workflow.foresee import foresee

    request = request_of(flags)
    workshop = workshop_of(quiet=quiet, verify=verify, explain=explain)
    for note in request.notes:
        workshop.progress.say(note)
    if dry_run:
        print_dry_run(request, *foresee(request, workshop.cache), reports)
        return 0
    reporter = Reporter(reports, quiet=quiet)
    answers: list[Answer] = []
    try:
        for answer in run(request, workshop, Path(save_plan) if save_plan else None):
            workshop.progress.rest()
            answers.append(answer)
            reporter.take(answer)
    except EdgeprofError as error:  # said at the door; whoever reads the documents has to hear it too
        unanswered = request.models[len(answers) :]
        reporter.write([*answers, *(Refused(name, error.message, error.hint, error.exit) for name in unanswered)])
        raise
    reporter.finish(answers)
    return worst(answer.exit for answer in answers)
