"""The commands, put together. Bodies import what they use, so that --help loads next to nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Optional

import typer

from edgeprof import __version__

_COMMANDS = {
    "check": "check",
    "measure": "measure",
    "layers": "layers",
    "convert": "convert",
    "judge": "judge",
    "import": "importing",
    "models": "models",
    "doctor": "doctor",
    "schema": "schema",
}
_FUNCTIONS = {"import": "import_"}
_GROUPS = ("device", "cache")


def app_for(name: str | None = None) -> typer.Typer:
    """All commands; only the one of that name where there is one, since all together take longer than one's imports."""
    # Rich help doubles the time of --help; pretty exceptions would hide our own door's codes.
    app = typer.Typer(
        name="edgeprof",
        help="Can this backbone ship on that board? p99 latency, memory and fps against a budget, before training.",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    is_known = name in _COMMANDS or name in _GROUPS
    for command, module in _COMMANDS.items():
        if command == name or not is_known:
            body = getattr(import_module(f"edgeprof.cli.{module}"), _FUNCTIONS.get(command, command))
            app.command(command)(body)
    for group in _GROUPS:
        if group == name or not is_known:
            app.add_typer(import_module(f"edgeprof.cli.{group}").app, name=group)
    app.callback()(_options)
    return app


def _say_version(asked: bool) -> None:
    if asked:
        print(f"edgeprof {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        Optional[bool], typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and end.")
    ] = None,
) -> None:
    pass
