"""`edgeprof layers`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from edgeprof.cli import options

_MOST_FRAMES = 10_000  # the agent has room for them before the first, and a profiler for about as many


def layers(
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
    runtime: Annotated[
        str | None,
        typer.Option(
            "--runtime",
            metavar="NAME",
            help="auto (race those installed), onnxruntime, openvino; on a card tensorrt. Others tell no layers.",
        ),
    ] = None,
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
    top: Annotated[int, typer.Option("--top", metavar="N", help="The slowest so many; 0 is all.")] = 20,
    by: Annotated[str, typer.Option("--by", metavar="layer|type", help="A row for each, or totals.")] = "layer",
    frames: Annotated[
        int, typer.Option("--frames", metavar="N", help="So many with the profiler, 10000 at most, and in 30 s.")
    ] = 100,
    duration: Annotated[
        str, typer.Option("--duration", metavar="TIME", help="The measuring without the profiler.")
    ] = "5s",
    warmup: options.Warmup = None,
    lock_timeout: options.LockTimeout = None,
    wait_for_device: options.WaitForDevice = None,
    cool_down: options.CoolDown = None,
    verify: options.Verify = False,
    explain: options.Explain = False,
    json: options.Json = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the table.")] = False,
) -> int:
    """What each layer takes, by the runtime's own profiler, held against the latency without it.

    The latency is measured first, in a process without the profiler. No verdict.
    """
    flags: dict[str, Any] = dict(locals())
    for name in ("top", "by", "frames", "json", "quiet", "verify", "explain"):
        del flags[name]
    flags["processes"] = 1

    from edgeprof.cli.reporting import expect_place, print_layers
    from edgeprof.cli.request import request_of, workshop_of
    from edgeprof.core.errors import ConfigError
    from edgeprof.workflow.layers import layers as run

    if by not in ("layer", "type"):
        raise ConfigError(f'there are no rows by "{by}"', "write layer or type", where="--by")
    for flag, value, least in (("--top", top, 0), ("--frames", frames, 1)):
        if value < least:
            raise ConfigError(f"{value} is too few", f"{least} or more", where=flag)
    if frames > _MOST_FRAMES:
        raise ConfigError(f"{frames} is too many", f"{_MOST_FRAMES} or fewer", where="--frames")
    request = request_of(flags)
    if json is not None:
        expect_place(json)
        if len(request.models) > 1:
            raise ConfigError(f"--json takes one model, {len(request.models)} are named", "look at them one by one")
    workshop = workshop_of(quiet=quiet, verify=verify, explain=explain)
    return print_layers(run(request, workshop, frames), json, by_type=by == "type", top=top, quiet=quiet)
