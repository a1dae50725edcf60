"""The images' recipes are sound; each rule is shown a recipe that it must refuse."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from docker.dockerfile import (
    RULES,
    adds_from_elsewhere,
    base_is_not_pinned,
    does_not_begin_with_from,
    exec_form,
    instructions,
    leaves_package_lists,
    many_sources_to_no_folder,
    of,
    runs_as_root,
    runs_what_was_not_copied,
    source_is_missing,
    starts_through_a_shell,
    unknown_instruction,
    user_is_a_name,
    works_in_a_relative_folder,
)

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docker"
DOCKERFILES = sorted(FOLDER.glob("*/Dockerfile"))
SCRIPTS = sorted([*FOLDER.rglob("*.sh"), FOLDER / "jetpack5" / "python3", *(ROOT / "tests").rglob("*.sh")])
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def said_by(linter: str, *arguments: object) -> str:
    """They are wheels among the development tools, for the usual platforms."""
    program = Path(sys.executable).with_name(linter)
    if not program.exists():
        pytest.skip(f"no {linter} here")
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True).stdout


def test_there_is_an_image_for_each_kind_of_machine():
    assert {path.parent.name for path in DOCKERFILES} == {"cpu", "cuda", "jetpack5", "jetpack6", "jetpack7"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", DOCKERFILES, ids=name_of)
def test_nothing_is_wrong_with_a_dockerfile(path, rule):
    assert list(rule(instructions(path.read_text(encoding="utf-8")), ROOT)) == []


REFUSED = {
    unknown_instruction: ("FROM a:1\nRUM true", "FROM a:1\nRUN true \\"),
    does_not_begin_with_from: ("RUN true\nFROM a:1", ""),
    base_is_not_pinned: ("FROM a", "FROM a:latest", "FROM host:5000/a", "FROM a:1\nFROM a:slim AS b"),
    adds_from_elsewhere: ("FROM a:1\nADD x.tar /", "FROM a:1\nRUN curl https://example.org/x | sh"),
    source_is_missing: ("FROM a:1\nCOPY no-such-file /src/", "FROM a:1\nCOPY edgeprof no-such-file /src/"),
    many_sources_to_no_folder: ("FROM a:1\nCOPY README.md pyproject.toml /src",),
    runs_what_was_not_copied: ("FROM a:1\nRUN sh /src/install.sh\nCOPY install.sh /src/",),
    leaves_package_lists: ("FROM a:1\nRUN apt-get update && \\\n    apt-get install x",),
    runs_as_root: ("FROM a:1", "FROM a:1\nUSER 1000:1000\nUSER root", "FROM a:1\nUSER 0:0"),
    user_is_a_name: ("FROM a:1\nUSER edgeprof",),
    starts_through_a_shell: ("FROM a:1", "FROM a:1\nENTRYPOINT edgeprof", 'FROM a:1\nENTRYPOINT ["e"]\nCMD --help'),
    works_in_a_relative_folder: ("FROM a:1\nWORKDIR work",),
}


@pytest.mark.parametrize(
    ("rule", "text"), [pytest.param(rule, text, id=rule.__name__) for rule, texts in REFUSED.items() for text in texts]
)
def test_each_rule_refuses_what_it_is_for(rule, text):
    assert list(rule(instructions(text), ROOT)) != []


def test_every_rule_has_a_recipe_that_it_refuses():
    assert set(REFUSED) == set(RULES)


def test_continued_lines_and_comments_are_read_as_docker_reads_them():
    found = instructions('# syntax\nFROM a:1\nRUN one && \\\n# why\n    two\nENTRYPOINT ["x", "y"]\n')
    assert [(i.name, i.line) for i in found] == [("FROM", 2), ("RUN", 3), ("ENTRYPOINT", 6)]
    assert found[1].value.split() == ["one", "&&", "two"]
    assert exec_form(found[2]) == ["x", "y"]


@pytest.mark.parametrize("path", DOCKERFILES, ids=name_of)
def test_an_image_is_made_by_its_own_script(path):
    (run,) = of("RUN", instructions(path.read_text(encoding="utf-8")))
    assert run.value == f"sh /src/docker/{path.parent.name}/install.sh"


@pytest.mark.parametrize("path", DOCKERFILES, ids=name_of)
def test_what_is_copied_is_not_ignored(path):
    """.dockerignore begins with everything and lets these through."""
    ignored, *let_through = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    copied = [s for i in of("COPY", instructions(path.read_text(encoding="utf-8"))) for s in i.words[:-1]]
    assert ignored == "*"
    assert {f"!{source.split('/')[0]}" for source in copied} <= set(let_through)


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_is_for_any_shell_and_stops_at_the_first_failure(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("#!/bin/sh\n# ")
    assert re.search(r"^set -eu$", text, re.MULTILINE)
    assert subprocess.run(["/bin/sh", "-n", path], capture_output=True).stderr == b""
    bashisms = re.findall(r"\[\[|^\s*(?:function|local|source)\b|<\(|\$'|&>|\bpipefail\b", text, re.MULTILINE)
    assert bashisms == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_shellcheck_finds_nothing(path):
    assert said_by("shellcheck", "--shell=sh", path) == ""


@pytest.mark.parametrize("path", [p for p in SCRIPTS if "docker/" in name_of(p)], ids=name_of)
def test_a_script_leaves_no_package_lists_and_no_cache_of_pip(path):
    text = path.read_text(encoding="utf-8")
    assert ("apt-get update" in text) == ("rm -rf /var/lib/apt/lists/*" in text)
    installs = re.findall(r"^.*\bapt-get install\b.*$", text, re.MULTILINE)
    assert all("--yes --no-install-recommends" in line for line in installs)
    assert ("pip install" in text) == ("--no-cache-dir" in text)


@pytest.mark.parametrize("path", DOCKERFILES, ids=name_of)
def test_hadolint_finds_nothing(path):
    assert said_by("hadolint", path) == ""


def test_the_linters_find_what_is_wrong(tmp_path):
    script, recipe = tmp_path / "x.sh", tmp_path / "Dockerfile"
    script.write_text("#!/bin/sh\nrm -rf $1/x\n")
    recipe.write_text("FROM debian\nRUN sudo true\n")
    assert "SC2086" in said_by("shellcheck", "--shell=sh", script)
    assert "DL3006" in said_by("hadolint", recipe)


@pytest.mark.parametrize("path", DOCKERFILES, ids=name_of)
def test_readme_shows_how_an_image_is_built_and_run(path):
    name = path.parent.name
    assert f"docker build -f docker/{name}/Dockerfile -t edgeprof:{name} ." in README
    assert re.search(rf"^ {{4}}\S.*\bedgeprof:{name}\b (?!\.)|python: \S+/docker/{name}/python3", README, re.MULTILINE)
