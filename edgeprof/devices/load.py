"""Profiles from YAML files: one file a kind of device, its name the file's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from edgeprof.agent.runtimes import RUNTIMES
from edgeprof.core.errors import ConfigError
from edgeprof.core.metric import MIB
from edgeprof.core.profile import KINDS, SCOPES, Profile
from edgeprof.devices.figures import FIGURES, PEAKS, figures_of, peaks_of, power_modes_of, sources_of
from edgeprof.devices.values import count_of, number_of, pair_of, text_of, texts_of, word_of
from edgeprof.documents import Node, read_document

FOLDER = "device_profiles"
PRECISIONS = ("fp32", "bf16", "fp16", "int8")
KNOWN_RUNTIMES = tuple(dict.fromkeys(("tensorrt", "tensorrt_rtx", *RUNTIMES)))  # those still to come as well
_NEEDED = ("title", "kind", "runtimes", "precision", "memory_scope")
_KEYS = (
    *_NEEDED,
    *("families", "identity", "python", "software", "notes", "estimate_only"),
    *("confirmed", "unconfirmed", "figures", "power_modes"),
)
_IDENTITY = ("modules", "chip", "tpcs", "dla", "gpus", "total_memory_mib")


def built_in_folder() -> Path:
    """In an installed package beside its modules; in a checkout at the repository's top."""
    package = Path(__file__).resolve().parent.parent
    inside = package / FOLDER
    return inside if inside.is_dir() else package.parent / FOLDER


def folders(own: Path | None, project: Path | None) -> tuple[Path, ...]:
    """Where profiles lie, the first to be believed: the project's, the user's, those that come with edgeprof.

    `own` is the user's folder of settings, `project` the one that edgeprof.yaml stands in.
    """
    places = (project / FOLDER if project else None, own / "profiles" if own else None, built_in_folder())
    found: dict[Path, Path] = {}
    for place in places:
        if place is not None and place.is_dir():
            found.setdefault(place.resolve(), place)
    return tuple(found.values())


def profiles(places: Iterable[Path]) -> dict[str, Profile]:
    """Every profile by its name; of two with the same name the one from the first place, which says what it hides."""
    files: dict[str, list[Path]] = {}
    for place in places:
        for path in sorted(place.glob("*.yaml")):
            files.setdefault(path.stem, []).append(path)
    return {name: _first(files[name]) for name in sorted(files)}


def profile_named(name: str, places: Iterable[Path]) -> Profile | None:
    """The same for one name, without reading the others."""
    # os.path, because a name that is too long for a file is no error here
    paths = [place / f"{name}.yaml" for place in places if os.path.isfile(place / f"{name}.yaml")]
    return _first(paths) if paths else None


def read_profile(path: Path, shown: str = "") -> Profile:
    """The profile that a file holds; `shown` is what messages call the file."""
    document = read_document(path, shown or str(path))
    document.refuse_unknown(_KEYS)
    members = document.members()
    for key in _NEEDED:
        if key not in members:
            raise ConfigError(
                f"{key} is missing",
                f"add {key}: as the profiles that come with edgeprof have it",
                where=f"{document.file}:1",
            )
    if not members["runtimes"].items():
        raise members["runtimes"].misfit("at least one runtime")
    sources = sources_of(members)
    figures = members["figures"].members() if "figures" in members else {}
    if "figures" in members:
        members["figures"].refuse_unknown((*PEAKS, *FIGURES))
    profile = Profile(
        name=path.stem,
        title=text_of(members["title"]),
        families=texts_of(members.get("families")),
        runtimes=tuple(word_of(item, KNOWN_RUNTIMES) for item in members["runtimes"].items()),
        precision=word_of(members["precision"], PRECISIONS),
        memory_scope=word_of(members["memory_scope"], SCOPES),
        kind=word_of(members["kind"], KINDS),
        peaks=peaks_of(figures, sources),
        power_modes=power_modes_of(members.get("power_modes"), sources),
        python=text_of(members["python"]) if "python" in members else "python3",
        software=_software(members.get("software")),
        notes=texts_of(members.get("notes")),
        estimate_only=text_of(members["estimate_only"]) if "estimate_only" in members else None,
        origin=str(path),
        **figures_of(figures, sources),  # type: ignore[arg-type]
    )
    return _identified(profile, members.get("identity"))


def _first(paths: list[Path]) -> Profile:
    profile = read_profile(paths[0])
    return replace(profile, hides=str(paths[1])) if len(paths) > 1 else profile


def _identified(profile: Profile, node: Node | None) -> Profile:
    """With what tells a machine of this kind from others."""
    if node is None:
        return profile
    node.refuse_unknown(_IDENTITY)
    members = node.members()
    return replace(
        profile,
        modules=texts_of(members.get("modules")),
        chip=text_of(members["chip"]) if "chip" in members else None,
        gpus=texts_of(members.get("gpus")),
        gpu_units=count_of(members.get("tpcs")),
        dla=count_of(members.get("dla")),
        total_memory=_total_memory(members),
    )


def _total_memory(members: Mapping[str, Node]) -> tuple[float, float]:
    if "total_memory_mib" not in members:
        return Profile.total_memory
    least, most = pair_of(members["total_memory_mib"], "the least and the most, such as [60000, 65536]")
    found = number_of(least, MIB), number_of(most, MIB)
    if found[0] > found[1]:
        raise members["total_memory_mib"].misfit("the least first")
    return found


def _software(node: Node | None) -> dict[str, str]:
    return {name: text_of(member) for name, member in node.members().items()} if node else {}
