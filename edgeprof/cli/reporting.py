"""Where reports go: the console, files, and GitHub where its variables say so."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from edgeprof import __version__
from edgeprof.core.answer import Answer, Refused
from edgeprof.core.ending import ending_of
from edgeprof.core.errors import ConfigError
from edgeprof.core.exits import Exit, worst
from edgeprof.core.files import write_atomically
from edgeprof.core.measurement import Measurement
from edgeprof.report import console
from edgeprof.report.lines import BLANK, Line, plain, styled

if TYPE_CHECKING:
    from edgeprof.config import Request
    from edgeprof.core.layers import Profiled

_WIDEST = 100


class Reporter:
    """Takes answers as they come, and writes the documents once all are there."""

    def __init__(self, wanted: Mapping[str, str | None], *, quiet: bool) -> None:
        self._wanted = {name: path for name, path in wanted.items() if path is not None}
        self._quiet = quiet
        if list(self._wanted.values()).count("-") > 1:
            raise ConfigError("stdout is asked for by two reports", "write one of them to a file")
        for path in self._wanted.values():
            expect_place(path)
        # A document on stdout stays parseable: the report for people moves over.
        self._people = sys.stderr if "-" in self._wanted.values() else sys.stdout

    def take(self, answer: Answer) -> None:
        print_lines(console.render(answer, width=page_width(), quiet=self._quiet), self._people)
        if _on_github():
            from edgeprof.report import github

            for line in github.annotations(answer):
                print(line, file=self._people, flush=True)

    def finish(self, answers: Sequence[Answer]) -> None:
        if len(answers) > 1 and not self._quiet:  # all of them once more, a line each
            overview = [line for answer in answers for line in console.render(answer, width=page_width(), quiet=True)]
            print_lines([BLANK, *overview], self._people)
        self.write(answers)

    def write(self, answers: Sequence[Answer]) -> None:
        for name, path in self._wanted.items():
            write_document(_FORMATS[name](answers), path)
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if _on_github() and summary:
            _append(_markdown(answers), summary)


def _json(answers: Sequence[Answer]) -> str:
    from edgeprof.report import json_report

    return json_report.render(answers, __version__)


def _markdown(answers: Sequence[Answer]) -> str:
    from edgeprof.report import markdown

    return markdown.render(answers)


def _junit(answers: Sequence[Answer]) -> str:
    from edgeprof.report import junit  # here, because few ask for it and its XML library takes 5 ms

    return junit.render(answers)


# Each is imported where it is asked for: most checks tell people alone.
_FORMATS = {"json": _json, "junit": _junit, "markdown": _markdown}


def print_figures(
    found: Iterable[tuple[Measurement, Path | None] | Refused], percents: str, json: str | None, *, quiet: bool
) -> Exit:
    """`measure`'s numbers as they come; 0 when every process ran to its end."""
    from edgeprof.report import figures, json_report

    wanted = _percents(percents)
    if json is not None:
        expect_place(json)
    codes = []
    for each in found:
        if isinstance(each, Refused):
            print_lines(console.error_lines(each, page_width()), sys.stderr if json == "-" else sys.stdout)
            codes.append(each.exit)
            continue
        measurement, path = each
        codes.append(_code_of(measurement))
        if json is not None:
            write_document(json_report.render_figures(measurement, __version__, wanted), json)
        if json != "-":
            saved_at = str(path) if path else None
            lines = (
                figures.render_figures_alone(measurement, wanted, width=page_width())
                if quiet
                else figures.render(measurement, wanted, width=page_width(), saved_at=saved_at)
            )
            print_lines(lines, sys.stdout)
    return worst(codes)


def print_layers(
    found: Iterable[Profiled | Refused], json: str | None, *, by_type: bool, top: int, quiet: bool
) -> Exit:
    """`layers`' tables as they come."""
    from edgeprof.report import layers, layers_json

    codes = [Exit.PASS]
    for each in found:
        if isinstance(each, Refused):
            print_lines(console.error_lines(each, page_width()), sys.stderr if json == "-" else sys.stdout)
            codes.append(each.exit)
            continue
        if json is not None:
            write_document(layers_json.document(each, __version__), json)
        if json != "-":
            render = layers.render_rows_alone if quiet else layers.render
            print_lines(render(each, by_type=by_type, top=top, width=page_width()), sys.stdout)
    return worst(codes)


def _code_of(measurement: Measurement) -> Exit:
    broken = [process for process in measurement.processes if not process.ended.is_whole]
    for process in broken:
        message, hint = ending_of("a process", process.ended, process.message)
        print(f"error: {message}" + (f"\nhint: {hint}" if hint else ""), file=sys.stderr)
    return Exit.ENVIRONMENT if broken else Exit.PASS


def print_lines(lines: Sequence[Line], stream: TextIO) -> None:
    """In colour on a terminal, the same words without it everywhere else."""
    encoding = stream.encoding or "ascii"
    if stream.isatty() and "NO_COLOR" not in os.environ:
        from rich.console import Console

        Console(file=stream, highlight=False, soft_wrap=True).print(styled(lines, encoding))
    else:
        stream.write(plain(lines, encoding))
    stream.flush()


def print_dry_run(
    request: Request, tensors: Sequence[str], estimated_s: float | None, wanted: Mapping[str, str | None]
) -> None:
    """For people, and as JSON where that is `wanted`; the other reports have no answer to tell of."""
    for name in ("junit", "markdown"):
        if wanted[name] is not None:
            raise ConfigError("a dry run has no answer to write", "--json takes its values", where=f"--{name}")
    from edgeprof.report import dry_run

    path, lines = wanted["json"], request.lines()
    if path is not None:
        expect_place(path)
        write_document(dry_run.document(lines, tensors, estimated_s, __version__), path)
    people = sys.stderr if path == "-" else sys.stdout
    print_lines(dry_run.render(lines, tensors, estimated_s, width=page_width()), people)


def expect_place(path: str) -> None:
    """Before anything is measured, so that nothing measured is lost."""
    if path.startswith("-") and path != "-":  # --json -q
        raise ConfigError(
            f'"{path}" looks like an option, not like a file', f"name a file, or - for stdout; or ./{path}"
        )
    if path != "-" and not (Path(path).absolute().parent.is_dir() and not Path(path).is_dir()):
        raise ConfigError(f'cannot write a report to "{path}"', "name a file in a folder that is there")


def write_document(text: str, path: str) -> None:
    if path == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write((text if text.endswith("\n") else text + "\n").encode())  # whatever the terminal's is
        sys.stdout.flush()
    else:
        try:
            if _is_special(Path(path)):
                Path(path).write_text(text, encoding="utf-8")
            else:
                write_atomically(Path(path), text)
        except OSError as error:
            raise ConfigError(f'the report "{path}" cannot be written: {error.strerror}') from error


def _is_special(path: Path) -> bool:
    """/dev/stdout, a named pipe, a link: written through, where a rename would put a plain file in its place."""
    return path.is_symlink() or (path.exists() and not path.is_file())


def _append(text: str, path: str) -> None:
    """Nobody asked for the step summary by name, so a runner that has no place for it loses only that."""
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        print(f'warning: the step summary "{path}" cannot be written: {error.strerror}', file=sys.stderr)


def _percents(text: str) -> list[float]:
    try:
        percents = [float(word) for word in text.split(",")]
    except ValueError:
        percents = []
    if not percents or not all(0 < percent < 100 for percent in percents):
        raise ConfigError(f'--percentile is "{text}", expected numbers between 0 and 100', "write 50,90,95,99")
    return percents


def _on_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def page_width() -> int:
    return min(_WIDEST, shutil.get_terminal_size((80, 24)).columns)
