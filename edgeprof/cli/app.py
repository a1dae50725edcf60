"""The commands, put together. Bodies import what they use, so that --help loads next to nothing."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from edgeprof import __version__
from edgeprof.cli import cache, check, convert, device, doctor, importing, judge, layers, measure, models, schema

# Rich help doubles the time of --help; pretty exceptions would hide our own door's codes.
app = typer.Typer(
    name="edgeprof",
    help="Can this backbone ship on that board? p99 latency, memory and fps against a budget, before training.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("check")(check.check)
app.command("measure")(measure.measure)
app.command("layers")(layers.layers)
app.command("convert")(convert.convert)
app.command("judge")(judge.judge)
app.command("import")(importing.import_)
app.command("models")(models.models)
app.command("doctor")(doctor.doctor)
app.command("schema")(schema.schema)
app.add_typer(device.app, name="device")
app.add_typer(cache.app, name="cache")


def _say_version(asked: bool) -> None:
    if asked:
        print(f"edgeprof {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        Optional[bool], typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = None,
) -> None:
    pass
