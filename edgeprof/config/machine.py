"""From a device's name to the machine that it means; a name that means none is never taken for this one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from shlex import quote
from typing import Any

from edgeprof.config.layer import Given, merged
from edgeprof.config.places import BUILT_IN, Places, read_places, settle
from edgeprof.config.setting import HOST
from edgeprof.core.errors import ConfigError, TargetError
from edgeprof.core.machine import HERE, Machine, card_of
from edgeprof.core.profile import Found, Lookup, Profile, no_profiles
from edgeprof.documents import quoted

_EVERY_NAME = (
    "`edgeprof device list` has all names; user@address needs no set-up, and --host ALIAS alone takes an alias of ssh's"
)


@dataclass(frozen=True)
class Named:
    """The machine, and where each of its parts was said."""

    machine: Machine
    origins: Mapping[str, str] = field(default_factory=dict)


def load_machine(
    flags: Mapping[str, Any], *, cwd: Path, environ: Mapping[str, str], profiles: Lookup = no_profiles
) -> Machine:
    """The machine alone: for commands that need no model."""
    places = read_places(flags, cwd=cwd, environ=environ)
    return machine_of(places, settle(places), profiles).machine


def load_asked_runtime(flags: Mapping[str, Any], *, cwd: Path, environ: Mapping[str, str]) -> str:
    """The runtime that a check would take there: a name, or auto."""
    asked: str = settle(read_places(flags, cwd=cwd, environ=environ))["runtime"].value
    return asked


def load_profile(
    name: str, flags: Mapping[str, Any], *, cwd: Path, environ: Mapping[str, str], profiles: Lookup
) -> Profile:
    """The profile that this is the name of, or that a machine of this name is configured with."""
    places = read_places({**flags, "device": name}, cwd=cwd, environ=environ)
    device = Given(name, "", places.cwd)
    asked = _asked_profile(settle(places)["profile"], places, profiles) if name in places.configured else None
    found = _find(device, places, profiles)
    profile = asked or found.profile
    if profile:
        return profile
    if name in places.configured:
        raise ConfigError(
            f"device {quoted(name)} is configured without a profile",
            f"`edgeprof device probe {name}` tells which fits it",
        )
    if found.family:
        names = [profile.name for profile in found.family]
        raise ConfigError(f"{quoted(name)} fits {', '.join(names)}", f"edgeprof device show {names[0]}")
    raise ConfigError(f"unknown device {quoted(name)}", _or_else(_near(found, name, places), _EVERY_NAME))


def machine_of(places: Places, settled: Mapping[str, Given], lookup: Lookup) -> Named:
    """The name, its host and its profile settled; TargetError where it is known but cannot be reached."""
    device, host = settled["device"], settled["host"]
    profile = _asked_profile(settled["profile"], places, lookup)
    name = device.value
    if name in HERE or (card_of(name) is not None and name not in places.configured):
        _expect_here(device, host)
    elif name in places.configured:
        host = _address(device, host)
        profile = profile or _of_that_name(_find(device, places, lookup), name)
    elif _is_address(name):
        host = host if host.value else _host_of(device)
    elif not (host.value and (profile or name == host.value)):
        only = _only(_find(device, places, lookup), device, places)
        if not host.value:
            raise _no_address(only, name)
        profile, name = profile or only, only.name
    required = merged(layer.required for layer in places.layers)
    machine = Machine(
        name=name,
        host=host.value,
        profile=profile,
        python=settled["python"].value,
        require={key: given.value for key, given in required.items()},
        power_mode=settled["power_mode"].value,
        lock_clocks=settled["lock_clocks"].value,
    )
    return Named(machine, _origins(settled, host, required, named_by_device=bool(profile)))


def _origins(
    settled: Mapping[str, Given], host: Given, required: Mapping[str, Given], *, named_by_device: bool
) -> dict[str, str]:
    profile, device = settled["profile"], settled["device"]
    return {
        "host": host.origin,
        "profile": device.origin if named_by_device and not profile.value else profile.origin,
        **({f"require.{key}": given.origin for key, given in required.items()} or {"require": BUILT_IN}),
    }


def _find(word: Given, places: Places, lookup: Lookup) -> Found:
    project = places.file.folder
    return lookup(word.value, os.fspath(word.folder), os.fspath(project) if project else None)


def _of_that_name(found: Found, name: str) -> Profile | None:
    """Who calls a machine as a profile is called means that it is one."""
    return found.profile if found.profile and found.profile.name == name else None


def _asked_profile(asked: Given, places: Places, lookup: Lookup) -> Profile | None:
    """What `profile:` or --profile names: one of them, not a family."""
    if not asked.value:
        return None
    found = _find(asked, places, lookup)
    if found.profile:
        return found.profile
    if found.family:
        names = ", ".join(profile.name for profile in found.family)
        raise ConfigError(f"profile {quoted(asked.value)} fits {names}", "name one of them", where=asked.where)
    raise ConfigError(
        f"unknown profile {quoted(asked.value)}",
        _or_else(found.near, "`edgeprof device list` has all profiles, and a path names a file of your own"),
        where=asked.where,
    )


def _expect_here(device: Given, host: Given) -> None:
    if host.value:
        raise ConfigError(
            f"device {quoted(device.value)} is this machine, and host is {quoted(host.value)}",
            "leave one of the two out",
            where=device.where if device.origin != BUILT_IN else host.where,
        )


def _address(device: Given, host: Given) -> Given:
    """A configured machine's host; its name where that is an address itself."""
    if host.value:
        return host
    if _is_address(device.value):
        return _host_of(device)
    raise TargetError(
        f"device {quoted(device.value)} is configured without a host",
        f"add host: user@address under {device.value}, or give --host user@address",
    )


def _is_address(name: str) -> bool:
    return name.startswith("ssh://") or ("@" in name and "/" not in name)


def _host_of(device: Given) -> Given:
    host = HOST.read_text(device.value, "device", device.where)
    return Given(host, device.origin, device.folder, device.rank)


def _only(found: Found, device: Given, places: Places) -> Profile:
    """The one profile that the name means; several, or none, are told."""
    if found.profile:
        return found.profile
    name = device.value
    if found.family:
        count, names = len(found.family), ", ".join(profile.name for profile in found.family)
        raise TargetError(
            f"device {quoted(name)} is not configured, and fits {count} profile{'s' * (count > 1)}: {names}",
            f"edgeprof device add {name} --host user@address --profile {'ONE_OF_THEM' if count > 1 else names}",
        )
    raise ConfigError(
        f"unknown device {quoted(name)}", _or_else(_near(found, name, places), _EVERY_NAME), where=device.where
    )


def _near(found: Found, name: str, places: Places) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*get_close_matches(name, places.configured, n=3), *found.near)))


def _no_address(profile: Profile, name: str) -> TargetError:
    short = profile.families[0] if profile.families and profile.kind != "gpu" else "NAME"
    return TargetError(
        f"device {quoted(name)} is a kind of device, and no machine of that kind is configured",
        f"edgeprof device add {short} --host user@address --profile {quote(name)}; "
        "for one command give --host user@address",
    )


def _or_else(near: tuple[str, ...], every: str) -> str:
    return f"did you mean {' or '.join(map(quoted, near))}?" if near else every
