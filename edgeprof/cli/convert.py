"""`edgeprof convert`."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import typer

from edgeprof.cli import options

_OF_THE_PLAN = ("compute_capability", "workspace", "optimization_level", "tf32")
_To = Annotated[
    str,
    typer.Option("--to", metavar="LIST", help="onnx, openvino (its own two files), tensorrt (a plan); with commas."),
]
_Output = Annotated[
    Optional[str], typer.Option("--output", "-o", metavar="PATH", help="Write there too: a file, or a folder.")
]
_Precision = Annotated[Optional[str], typer.Option("--precision", metavar="NAME", help="fp32 (default), fp16 or int8.")]
_Opset = Annotated[
    Optional[int],
    typer.Option("--opset", metavar="N", help="20, or 17 by the older exporter: what TensorRT 8 reads."),
]
_Capability = Annotated[
    Optional[str],
    typer.Option("--compute-capability", metavar="SM", help="Build the plan for a card that is not here: 8.9, sm_87."),
]
_Workspace = Annotated[
    Optional[str], typer.Option("--workspace", metavar="MIB", help="The most memory a plan's builder may use.")
]
_Level = Annotated[
    Optional[int], typer.Option("--optimization-level", metavar="N", help="TensorRT's, 0 to 5: time spent on kernels.")
]


def convert(
    models: options.Models = None,
    config: options.Config = None,
    res: options.Res = None,
    batch: options.Batch = None,
    features: options.Features = None,
    frame: options.Frame = None,
    fit: options.Fit = None,
    bgr: options.Bgr = None,
    shape: options.Shape = None,
    input: options.Input = None,  # noqa: A002 (the flag's name)
    precision: _Precision = None,
    weights: options.Weights = None,
    calibration: options.Calibration = None,
    to: _To = "onnx",
    opset: _Opset = None,
    compute_capability: _Capability = None,
    workspace: _Workspace = None,
    optimization_level: _Level = None,
    tf32: Annotated[bool, typer.Option("--tf32", help="A plan may multiply fp32 in tf32.")] = False,
    output: _Output = None,
    lock_timeout: options.LockTimeout = None,
    verify: options.Verify = False,
    explain: options.Explain = False,
    json: options.Json = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only what was made.")] = False,
) -> int:
    """Make a model into a file for its runtime, prove that it computes the same, and print its card.

    Exit codes: 0 made and proved, 2 usage, 4 a library is missing, 5 conversion or parity.
    """
    flags: dict[str, Any] = dict(locals())
    for name in ("to", "opset", *_OF_THE_PLAN, "output", "verify", "explain", "json", "quiet"):
        del flags[name]

    import sys
    from pathlib import Path

    from edgeprof import __version__
    from edgeprof.agent.trt.order import BuildOrder, capability_of
    from edgeprof.cli.reporting import expect_place, page_width, print_lines, write_document
    from edgeprof.cli.request import mib_of, request_of, workshop_of
    from edgeprof.core.errors import ConfigError
    from edgeprof.core.exits import Exit, worst
    from edgeprof.core.metric import MIB
    from edgeprof.report import card, console
    from edgeprof.workflow.convert import NotMade, forms_of
    from edgeprof.workflow.convert import convert as run

    if json is not None:
        expect_place(json)
    if output == "-":
        raise ConfigError("files cannot go to stdout", "name a file or a folder", where="--output")
    forms = forms_of(to)
    for name, given in zip(_OF_THE_PLAN, (compute_capability, workspace, optimization_level, tf32), strict=True):
        if given is not None and given is not False and "tensorrt" not in forms:
            raise ConfigError(
                f"it is for a plan, and {to} has none", "add --to tensorrt", where=f"--{name.replace('_', '-')}"
            )
    plan = BuildOrder(
        "fp32",
        compute_capability=capability_of(compute_capability) if compute_capability else None,
        workspace_bytes=int(mib_of(workspace, "--workspace") * MIB) if workspace else None,
        optimization_level=optimization_level,
        tf32=tf32,
    )
    request = request_of(flags, is_run=False)
    workshop = workshop_of(quiet=quiet, verify=verify, explain=explain)
    people = sys.stderr if json == "-" else sys.stdout
    entries, exits = [], [Exit.PASS]
    done: list[str] = []
    failed: list[str] = []
    for made in run(request, forms, plan, Path(output) if output else None, workshop, opset):
        workshop.progress.rest()
        if isinstance(made, NotMade):
            print_lines(console.error_lines(made, page_width()), people)
            entries.append(card.refusal(made, made.form))
            failed.append(f"{made.asked} as {made.form}")
            exits.append(made.exit)
            continue
        told = (made.asked, made.form, made.artefact, made.parity, made.files)
        lines = (
            card.render_brief(made.artefact, made.parity, made.files)
            if quiet
            else card.render(*told, width=page_width(), made=made.made)
        )
        print_lines(lines, people)
        entries.append(card.entry(*told))
        done.append(f"{made.asked} as {made.form}")
    print_lines(card.render_count(done, failed, width=page_width()), people)
    if json is not None:
        write_document(card.document(entries, __version__), json)
    return worst(exits)
