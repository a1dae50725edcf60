"""`edgeprof device`."""

from __future__ import annotations

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
    from pathlib import Path

    from edgeprof.cli.reporting import page_width, print_lines
    from edgeprof.cli.request import all_profiles
    from edgeprof.config.places import configured_devices, read_places
    from edgeprof.report import profile as report

    places = read_places({"config": config}, cwd=Path.cwd(), environ=os.environ)
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
    flags: dict[str, Any] = {"config": config, "device": host, "host": host, "profile": profile, "python": python}
    machine = machine_of(flags)  # refuses a host that is none and a profile that is unknown
    given = {"host": machine.host, "profile": _lasting(profile), "python": python}
    keys = {key: value for key, value in given.items() if value is not None}
    shown = add_own_device(name, keys, os.environ, replace=replace)
    print(f"{name} is in {shown}")
    if machine.profile and machine.profile.estimate_only:
        print(f"note: nothing can be measured on a {machine.profile.title}: {machine.profile.estimate_only}")
    print(f"see what it is: edgeprof device probe {name}")


def _lasting(profile: Optional[str]) -> Optional[str]:
    """A path that holds wherever edgeprof is started."""
    import os

    from edgeprof.devices.name import is_path

    return os.path.abspath(os.path.expanduser(profile)) if profile and is_path(profile) else profile
