"""Read a Dockerfile and say what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

KNOWN = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)


@dataclass(frozen=True)
class Instruction:
    name: str
    value: str
    line: int

    @property
    def words(self) -> list[str]:
        """The value's words without `--options`."""
        return [word for word in self.value.split() if not word.startswith("--")]


def instructions(text: str) -> list[Instruction]:
    """One for each, continued lines joined, comments left out."""
    found: list[Instruction] = []
    held, begun = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        begun = begun if held else number
        held += line.rstrip()
        if held.endswith("\\"):
            held = held[:-1] + " "
            continue
        name, _, value = held.strip().partition(" ")
        found.append(Instruction(name.upper(), value.strip(), begun))
        held = ""
    if held:
        found.append(Instruction("", held, begun))  # the file ends in a backslash
    return found


def of(name: str, found: list[Instruction]) -> list[Instruction]:
    return [instruction for instruction in found if instruction.name == name]


def exec_form(instruction: Instruction) -> list[str] | None:
    """The words of `["a", "b"]`; None where it is a line for a shell."""
    try:
        words = json.loads(instruction.value)
    except ValueError:
        return None
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def unknown_instruction(found: list[Instruction], _: Path) -> Iterator[str]:
    for instruction in found:
        if instruction.name not in KNOWN:
            yield f"line {instruction.line}: {instruction.name or 'an unfinished line'} is no instruction"


def does_not_begin_with_from(found: list[Instruction], _: Path) -> Iterator[str]:
    first = next((i for i in found if i.name != "ARG"), None)
    if first is None or first.name != "FROM":
        yield "nothing but ARG may come before FROM"


def base_is_not_pinned(found: list[Instruction], _: Path) -> Iterator[str]:
    """A tag that moves builds something else tomorrow: a version has a digit in it, `latest` and `slim` have none."""
    for instruction in of("FROM", found):
        image = instruction.words[0]
        tag = image.rpartition("/")[2].partition(":")[2]
        if "@sha256:" not in image and not re.search(r"\d", tag):
            yield f"line {instruction.line}: {image} names no version"


def adds_from_elsewhere(found: list[Instruction], _: Path) -> Iterator[str]:
    for instruction in of("ADD", found):
        yield f"line {instruction.line}: ADD fetches and unpacks by itself; COPY does neither"
    for instruction in of("RUN", found):
        if re.search(r"\b(curl|wget)\b|https?://", instruction.value):
            yield f"line {instruction.line}: RUN fetches from a host of its own"


def source_is_missing(found: list[Instruction], context: Path) -> Iterator[str]:
    for instruction in of("COPY", found):
        if "--from=" in instruction.value:
            continue
        for source in instruction.words[:-1]:
            if not list(context.glob(source.lstrip("/"))):
                yield f"line {instruction.line}: {source} is not there"


def many_sources_to_no_folder(found: list[Instruction], _: Path) -> Iterator[str]:
    for instruction in of("COPY", found):
        if len(instruction.words) > 2 and not instruction.words[-1].endswith("/"):
            yield f"line {instruction.line}: several sources need a folder, {instruction.words[-1]}/"


def runs_what_was_not_copied(found: list[Instruction], _: Path) -> Iterator[str]:
    """`RUN sh /src/docker/x/install.sh` needs a COPY that brought it."""
    brought: list[str] = []
    for instruction in found:
        if instruction.name == "COPY":
            *sources, target = instruction.words
            brought += [target + Path(s).name if target.endswith("/") else target for s in sources]
        if instruction.name == "RUN":
            for path in re.findall(r"/src/\S+", instruction.value):
                if path not in brought:
                    yield f"line {instruction.line}: nothing copied {path}"


def leaves_package_lists(found: list[Instruction], _: Path) -> Iterator[str]:
    for instruction in of("RUN", found):
        if "apt-get update" in instruction.value and "rm -rf /var/lib/apt/lists/" not in instruction.value:
            yield f"line {instruction.line}: the lists of apt stay in the image"


def runs_as_root(found: list[Instruction], _: Path) -> Iterator[str]:
    users = of("USER", found)
    if not users or users[-1].value.split(":")[0] in ("root", "0"):
        yield "the image runs as root"


def user_is_a_name(found: list[Instruction], _: Path) -> Iterator[str]:
    """The base may call user 1000 something else."""
    for instruction in of("USER", found):
        if not re.fullmatch(r"\d+:\d+", instruction.value):
            yield f"line {instruction.line}: USER {instruction.value} is no number"


def starts_through_a_shell(found: list[Instruction], _: Path) -> Iterator[str]:
    """A shell in between keeps signals to itself, so `docker stop` would wait and then kill."""
    if not of("ENTRYPOINT", found):
        yield "no ENTRYPOINT"
    for instruction in of("ENTRYPOINT", found) + of("CMD", found):
        if exec_form(instruction) is None:
            yield f'line {instruction.line}: {instruction.name} is not of the form ["program", "argument"]'


def works_in_a_relative_folder(found: list[Instruction], _: Path) -> Iterator[str]:
    for instruction in of("WORKDIR", found):
        if not instruction.value.startswith("/"):
            yield f"line {instruction.line}: WORKDIR {instruction.value} depends on the base's"


Rule = Callable[[list[Instruction], Path], Iterator[str]]
RULES: tuple[Rule, ...] = (
    unknown_instruction,
    does_not_begin_with_from,
    base_is_not_pinned,
    adds_from_elsewhere,
    source_is_missing,
    many_sources_to_no_folder,
    runs_what_was_not_copied,
    leaves_package_lists,
    runs_as_root,
    user_is_a_name,
    starts_through_a_shell,
    works_in_a_relative_folder,
)
