"""From a command's flags to the request, the machine, the cache and the folder that its workflow takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from edgeprof.config import Request
    from edgeprof.config.places import Places
    from edgeprof.config.terms import Terms
    from edgeprof.core.machine import Machine
    from edgeprof.core.profile import Found, Profile
    from edgeprof.workflow.workshop import Workshop


def request_of(flags: Mapping[str, Any], *, is_run: bool = True) -> Request:
    """The request that these flags, the environment and the nearest edgeprof.yaml make."""
    from edgeprof.config import load_request

    given = {key: tuple(value) if isinstance(value, list) else value for key, value in flags.items()}
    return load_request(given, cwd=Path.cwd(), environ=os.environ, profiles=look_up_profile, is_run=is_run)


def terms_of(parameters: Mapping[str, Any], budget: Optional[str]) -> Terms:
    """The limits, and what may pass, among a command's parameters; a file of limits besides."""
    from edgeprof.config import load_terms
    from edgeprof.config.limit import FLAGS

    flags = {name: parameters.get(name) for name in (*FLAGS, "limit", "allow", "accept")}
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in flags.items()}
    return load_terms(given, Path(budget) if budget else None, cwd=Path.cwd())


def machine_of(flags: Mapping[str, Any]) -> Machine:
    """The machine alone."""
    from edgeprof.config import load_machine

    return load_machine(flags, cwd=Path.cwd(), environ=os.environ, profiles=look_up_profile)


def places_of(config: Optional[str] = None) -> Places:
    """What the files and the environment describe."""
    from edgeprof.config.places import read_places

    return read_places({"config": config}, cwd=Path.cwd(), environ=os.environ)


def where_configured(name: str, config: Optional[str]) -> Optional[str]:
    """File, line and key of a machine's entry; None where no file describes it."""
    from edgeprof.config.places import configured_devices

    return next((each.where for each in configured_devices(places_of(config)) if each.name == name), None)


def asked_runtime(flags: Mapping[str, Any]) -> str:
    """The runtime that edgeprof.yaml, its device or the environment names, else auto."""
    from edgeprof.config import load_asked_runtime

    return load_asked_runtime(flags, cwd=Path.cwd(), environ=os.environ)


def look_up_profile(word: str, base: str, project: Optional[str]) -> Found:
    """What a word means among the project's profiles, the user's and edgeprof's own."""
    from edgeprof.devices.name import find

    return find(word, base, _places(project))


def all_profiles(project: Optional[str]) -> Mapping[str, Profile]:
    """Every profile by its name."""
    from edgeprof.devices.load import profiles

    return profiles(_places(project))


def _places(project: Optional[str]) -> tuple[Path, ...]:
    from edgeprof.config.own import own_folder
    from edgeprof.devices.load import folders

    return folders(own_folder(os.environ), Path(project) if project else None)


def workshop_of(*, quiet: bool = False, verify: bool = False, explain: bool = False) -> Workshop:
    """The user's cache and measurements, and a terminal that listens."""
    from edgeprof.cli.terminal import Terminal
    from edgeprof.convert.cache import Cache
    from edgeprof.store.measurements import default_folder
    from edgeprof.workflow.workshop import Workshop

    return Workshop(Cache.default(verify=verify), default_folder(os.environ), Terminal(quiet=quiet), explain)


def mib_of(text: str, flag: str) -> float:
    """A size from a flag; a bare number is MiB."""
    from edgeprof.config.quantity import amount_of
    from edgeprof.core.errors import ConfigError

    try:
        size = amount_of(text, "MiB")
        if size < 0:
            raise ValueError("below 0")
        return size
    except ValueError as error:
        raise ConfigError(f'{flag} is "{text}", expected a size', "write 900MiB or 20GiB") from error
