"""`edgeprof device`."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote
from typing import Annotated, Any, Optional

import typer

from edgeprof.cli import device_clean, device_probe, options

app = typer.Typer(
    help="The machines that edgeprof knows, and the profiles of kinds of devices.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
app.command("probe")(device_probe.probe)
app.command("clean")(device_clean.clean)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="A word such as orin; --device takes it from then on.")]
_Shown = Annotated[str, typer.Argument(metavar="NAME", help="A profile's name or file, or a configured device's.")]
_Host = Annotated[
    str, typer.Option("--host", metavar="HOST", help="As ssh takes it: user@address, or a Host of yours.")
]
_Replace = Annotated[bool, typer.Option("--replace", help="Write it anew where it is there already.")]


@app.command("list")
def list_devices(config: options.Config = None) -> None:
    """List the configured devices, then the profiles that a device can have."""
    import os
    import sys

    from edgeprof.cli.reporting import page_width, print_lines
    from edgeprof.cli.request import all_profiles, places_of
    from edgeprof.config.places import configured_devices
    from edgeprof.report import profile as report

    places = places_of(config)
    machines = [(each.name, each.host or "", each.profile or "") for each in configured_devices(places)]
    known = all_profiles(os.fspath(places.file.folder) if places.file.folder else None)
    print_lines(report.render_list(machines, known.values(), width=page_width()), sys.stdout)


@app.command("show")
def show(name: _Shown, config: options.Config = None) -> None:
    """Print a profile: its figures, where each comes from, and whether somebody checked it."""
    import os
    import sys
    from pathlib import Path

    from edgeprof.cli.reporting import page_width, print_lines
    from edgeprof.cli.request import look_up_profile
    from edgeprof.config import load_profile
    from edgeprof.report import profile as report

    flags = {"config": config}
    found = load_profile(name, flags, cwd=Path.cwd(), environ=os.environ, profiles=look_up_profile)
    print_lines(report.render(found, width=page_width()), sys.stdout)


@app.command("add")
def add(
    name: _Name,
    host: _Host,
    profile: options.Profile = None,
    python: options.Python = None,
    config: options.Config = None,
    replace: _Replace = False,
) -> None:
    """Add a machine to your own devices, ~/.config/edgeprof/devices.yaml."""
    import os

    from edgeprof.cli.request import machine_of
    from edgeprof.config.own import add_own_device, check_name

    check_name(name)
    if not replace:
        _expect_no_address(name, config)
    flags: dict[str, Any] = {"config": config, "device": host, "host": host, "profile": profile, "python": python}
    machine = machine_of(flags)  # refuses a host that is none and a profile that is unknown
    given = {"host": machine.host, "profile": _lasting(profile), "python": python}
    keys = {key: value for key, value in given.items() if value is not None}
    shown = add_own_device(name, keys, os.environ, replace=replace)
    print(f"{name} is in {shown}")
    if machine.profile and machine.profile.estimate_only:
        print(f"note: nothing can be measured on a {machine.profile.title}: {machine.profile.estimate_only}")
    print(f"see what it is: edgeprof device probe {name}")


@app.command("remove")
def remove(name: Annotated[str, typer.Argument(metavar="NAME", help="As it was added.")]) -> None:
    """Take a machine out of your own devices, ~/.config/edgeprof/devices.yaml; nothing is removed from the machine."""
    import os

    from edgeprof.cli.request import places_of
    from edgeprof.config.own import remove_own_device
    from edgeprof.config.places import where_described

    places = places_of()
    project = where_described(name, places.file.devices)
    own = places.own.get(name)
    shown = remove_own_device(name, os.environ)
    if own is None or shown is None:
        raise _not_there(name, project, tuple(places.own))
    print(f"{name} is no more in {shown}")
    if project:
        print(f"note: {project} describes it too, and still does")
    if "host" in own.values:
        python = f" --python {quote(own.values['python'].value)}" if "python" in own.values else ""
        host = quote(own.values["host"].value)
        print(f"what it keeps of edgeprof stays on it: edgeprof device clean --host {host}{python}")


def _not_there(name: str, project: Optional[str], known: Sequence[str]) -> Exception:
    from edgeprof.core.errors import ConfigError

    if project:
        return ConfigError(f'"{name}" is not among your own devices', f"it is the project's: {project}; edit that file")
    hint = f"your own are {', '.join(known)}" if known else "you have none of your own"
    return ConfigError(f'there is no device "{name}"', hint)


def _expect_no_address(name: str, config: Optional[str]) -> None:
    """One that the project's file sends elsewhere would be added and never reached."""
    from edgeprof.cli.request import places_of
    from edgeprof.core.errors import ConfigError

    layer = places_of(config).file.devices.get(name)
    if layer and "host" in layer.values:
        hint = "change it there, choose another name, or add it with --replace: the project's keys still come first"
        raise ConfigError(f'"{name}" has a host there already', hint, where=layer.values["host"].where)


def _lasting(profile: Optional[str]) -> Optional[str]:
    """A path that holds wherever edgeprof is started."""
    import os

    from edgeprof.devices.name import is_path

    return os.path.abspath(os.path.expanduser(profile)) if profile and is_path(profile) else profile
