"""`edgeprof cache`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edgeprof.convert.cache import Entry

app = typer.Typer(help="What edgeprof keeps: exported artefacts.", rich_markup_mode=None, no_args_is_help=True)


@app.command("ls")
def ls() -> None:
    """List the artefacts, the least recently used first."""
    from datetime import datetime

    from edgeprof.convert.cache import Cache

    cache = Cache.default()
    entries = cache.entries()
    for entry in entries:
        used = datetime.fromtimestamp(entry.last_used).strftime("%Y-%m-%d %H:%M")
        print(f"{used}  {entry.size_bytes / 2**20:9.1f} MiB  {entry.form:4}  {entry.model}")
    total = sum(entry.size_bytes for entry in entries)
    print(f"{len(entries)} artefacts, {total / 2**20:.1f} MiB in {cache.root}")


@app.command("gc")
def gc(
    cap: Annotated[str, typer.Option("--cap", metavar="SIZE", help="Keep at most so much.")] = "20GiB",
) -> None:
    """Remove the least recently used until the rest fits."""
    from edgeprof.cli.request import mib_of
    from edgeprof.convert.cache import Cache

    _tell(Cache.default().gc(int(mib_of(cap, "--cap") * 2**20)))


@app.command("clear")
def clear() -> None:
    """Remove everything: artefacts, remembered parities, the list of names."""
    from edgeprof.convert.cache import Cache

    _tell(Cache.default().clear())


def _tell(removed: list[Entry]) -> None:
    total = sum(entry.size_bytes for entry in removed)
    print(f"removed {len(removed)} artefacts, {total / 2**20:.1f} MiB")
