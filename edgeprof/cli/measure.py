"""`edgeprof measure`."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import typer

from edgeprof.cli import options


def measure(
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
    duration: Annotated[Optional[str], typer.Option("--duration", metavar="TIME", help="So long. Default 10s.")] = None,
    iterations: Annotated[Optional[int], typer.Option("--iterations", metavar="N", help="So many samples.")] = None,
    processes: Annotated[Optional[int], typer.Option("--processes", metavar="N", help="Default 1.")] = None,
    warmup: options.Warmup = None,
    percentile: Annotated[str, typer.Option("--percentile", metavar="LIST", help="Which to print.")] = "50,90,95,99",
    lock_timeout: options.LockTimeout = None,
    wait_for_device: options.WaitForDevice = None,
    cool_down: options.CoolDown = None,
    verify: options.Verify = False,
    explain: options.Explain = False,
    json: options.Json = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the figures.")] = False,
) -> int:
    """Numbers without a verdict: sample for a time or a number of inferences, and print the percentiles."""
    flags: dict[str, Any] = dict(locals())
    percents, json = flags.pop("percentile"), flags.pop("json")
    quiet, verify, explain = (flags.pop(name) for name in ("quiet", "verify", "explain"))
    flags["processes"] = 1 if processes is None else processes
    if duration is None and iterations is None:
        flags["duration"] = "10s"

    from edgeprof.cli.reporting import print_figures
    from edgeprof.cli.request import request_of, workshop_of
    from edgeprof.core.errors import ConfigError
    from edgeprof.workflow.measure import measure as run

    request = request_of(flags)
    if duration is not None and iterations is not None:
        raise ConfigError("--duration and --iterations are both given", "leave one of the two out")
    if json is not None and len(request.models) > 1:
        raise ConfigError(f"--json takes one model, {len(request.models)} are named", "measure them one by one")
    workshop = workshop_of(quiet=quiet, verify=verify, explain=explain)
    return print_figures(run(request, workshop), percents, json, quiet=quiet)
