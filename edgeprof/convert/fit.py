"""How a network is made to take a size that is not its own, without losing a row of the image unsaid."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from edgeprof.convert.footprint import footprint, input_bytes, short_of
from edgeprof.convert.framing import Framing, Size, near_framing, rows_words
from edgeprof.convert.ort import first_line
from edgeprof.convert.skeleton import OBJECTIONS, OwnSize, skeleton, tables_bytes
from edgeprof.core.errors import ConvertError
from edgeprof.core.resolution import size_words

_LARGEST_TABLES_BYTES = 2 << 30
_GIB = 2**30
_DONE = {"pad": "padded", "resize": "resized", "crop": "cropped"}
# Of the side that was asked for: where that does not work, the first of these that does is named.
_SMALLER = (3 / 4, 2 / 3, 1 / 2, 3 / 8, 1 / 3, 1 / 4, 1 / 6, 1 / 8, 1 / 12, 1 / 16, 1 / 32)
_LARGER = (5 / 4, 3 / 2, 2, 3, 4)
_GRID = 32
_PATIENCE_S = 10.0  # with the search for it


@dataclass(frozen=True)
class Wish:
    """One model, and the image that it is to take; an own size of 0 is one that it does not tell."""

    name: str
    own: OwnSize
    size: Size
    rows: int = 1
    fit: str = "pad"
    features: bool = False
    network: Callable[[str, Mapping[str, Any]], Any] = skeleton  # of a name and options, without data

    @property
    def words(self) -> str:
        return f"{size_words(*self.size)} (width x height)"


@dataclass(frozen=True)
class Fit:
    """`options` make the network, and the framing brings the image to it."""

    policy: str
    framing: Framing
    options: Mapping[str, Any] = field(default_factory=dict)
    unread: Size = (0, 0)  # rows and columns that the network itself leaves out

    def card(self) -> dict[str, str]:
        """How the image comes to the network."""
        changed = {"network_size": size_words(*self.size), "framing": "; ".join(self.notes())}
        return {"size_policy": self.policy, **(changed if self.notes() else {})}

    def notes(self) -> tuple[str, ...]:
        left = f"the network does not read the last {rows_words(self.unread)} of what it is given"
        return (*self.framing.notes(), *((left,) if any(self.unread) else ()))

    @property
    def size(self) -> Size:
        return self.framing.size


class _TooLarge(Exception):
    """Whatever the way, this size takes more than there is."""


def fitted(wish: Wish) -> Fit:
    """The first way that works, tried on tensors without data."""
    try:
        return _first_way(wish)
    except _TooLarge as error:
        raise ConvertError(f"{wish.name} at {wish.words} {error}", _way_out(wish, is_large=True)) from error
    except OBJECTIONS as error:
        raise ConvertError(
            f"{wish.name} cannot be made to take {wish.words}: {first_line(error)}", _way_out(wish, is_large=False)
        ) from error


def _first_way(wish: Wish) -> Fit:
    own = wish.own
    _refuse_input(wish)
    if wish.size == (own.height, own.width):
        _foresee_own(wish)
        return Fit("own size", near_framing(wish.size, wish.size, wish.fit))
    refusal: Exception | None = None
    with_gaps: Fit | None = None
    tried: list[Fit] = []
    for fit in _ways(wish):
        if any((fit.size, fit.options) == (other.size, other.options) for other in tried):
            continue
        tried.append(fit)
        try:
            unread = _probe(wish, fit)
        except OBJECTIONS as error:
            refusal = refusal or error
            continue
        if not any(unread):
            return fit
        with_gaps = with_gaps or replace(fit, unread=unread)
    if with_gaps:
        return with_gaps
    raise refusal or ValueError(f"there is no size for it to be {_DONE[wish.fit]} to")


def _ways(wish: Wish) -> Iterator[Fit]:
    """A network made for the size comes at a multiple of its stride, since patches silently ignore what is left over.

    `pad` goes up to that, `crop` down, `resize` to the nearest.
    """
    own, size = wish.own, wish.size
    if not own.is_fixed:
        yield Fit("size as asked", near_framing(size, size, wish.fit))
    for multiple, is_made_for in _multiples(own):
        to = (_rounded(size[0], multiple, wish.fit), _rounded(size[1], multiple, wish.fit))
        if not all(to):
            continue
        made = {"img_size": to} if is_made_for else {}
        words = f"{_DONE[wish.fit]} to a multiple of {multiple}" if to != size else "size as asked"
        yield Fit(words + (", by img_size" if made else ""), near_framing(size, to, wish.fit), made)
    last = (own.height, own.width)
    bounds = [(last[axis] - size[axis]) * {"pad": 1, "crop": -1}.get(wish.fit, 0) for axis in (0, 1)]
    if min(bounds) >= 0 and all(last):
        yield Fit(f"{_DONE[wish.fit]} to its own size", near_framing(size, last, wish.fit))


def _multiples(own: OwnSize) -> Iterator[tuple[int, bool]]:
    """Each with whether the network is made for it."""
    if own.takes_size and own.is_fixed:
        yield from ((multiple, True) for multiple in dict.fromkeys((own.stride, 32, 64)))
    yield from ((multiple, False) for multiple in dict.fromkeys((own.stride, 32)))
    if own.takes_size and not own.is_fixed:
        yield from ((multiple, True) for multiple in (32, 256))


def _rounded(length: int, multiple: int, fit: str) -> int:
    up, down = -(-length // multiple) * multiple, length // multiple * multiple
    if fit == "resize":
        return up if up - length <= length - down or not down else down
    return up if fit == "pad" else down


def _probe(wish: Wish, fit: Fit) -> Size:
    """The rows and columns that it leaves out, where it works."""
    model = wish.network(wish.name, {**fit.options, **_features(wish)})
    tables = tables_bytes(model)
    if tables > _LARGEST_TABLES_BYTES:
        raise _TooLarge(f"needs {tables / _GIB:.1f} GiB of relative position tables")
    taken = footprint(model, (wish.rows, wish.own.channels, *fit.size))
    _expect_room(taken.needed_bytes)
    return taken.unread


def _foresee_own(wish: Wish) -> None:
    """At its own size a network is known to work; only many frames at once are worth a look."""
    if wish.rows == 1:
        return
    try:
        taken = footprint(wish.network(wish.name, _features(wish)), (wish.rows, wish.own.channels, *wish.size))
    except OBJECTIONS:
        return  # it does not run without data
    _expect_room(taken.needed_bytes)


def _refuse_input(wish: Wish) -> None:
    """Before any model is made: some compute with their size as they are made."""
    _expect_room(input_bytes(wish.rows, wish.own.channels, *wish.size))


def _expect_room(needed_bytes: int) -> None:
    short = short_of(needed_bytes)
    if short:
        raise _TooLarge(short)


def _way_out(wish: Wish, *, is_large: bool) -> str:
    """What was seen to work: fewer frames at a time, else a size, as --res takes it."""
    own = wish.own
    fewer = _fewer_rows(wish) if is_large else None
    if fewer:
        return f"--batch {fewer} fits"
    last = (own.height, own.width)
    is_larger = wish.size[0] * wish.size[1] > last[0] * last[1]
    scales = _SMALLER if is_large or is_larger else _LARGER
    sizes = [tuple(max(1, int(side * scale) // _GRID) * _GRID for side in wish.size) for scale in scales]
    begin = time.monotonic()
    for size in sizes if is_large or not all(last) else [*sizes, last]:
        if size != last and time.monotonic() - begin > _PATIENCE_S:
            continue
        try:
            _first_way(replace(wish, size=(size[0], size[1])))
        except (_TooLarge, *OBJECTIONS):
            continue
        return f"the nearest size that works is --res {size_words(size[0], size[1])}{_by_resizing(wish)}"
    return "name a smaller model, or convert on a machine with more memory" if is_large else "name another model"


def _fewer_rows(wish: Wish) -> int | None:
    rows = wish.rows // 2
    while rows:
        with suppress(_TooLarge, *OBJECTIONS):
            _first_way(replace(wish, rows=rows))
            return rows
        rows //= 2
    return None


def _by_resizing(wish: Wish) -> str:
    """Where the frame may stay what it is, if its pixels may not."""
    try:
        way = _first_way(replace(wish, fit="resize")) if wish.fit != "resize" else None
    except (_TooLarge, *OBJECTIONS):
        return ""
    return f"; --fit resize brings the frame to {size_words(*way.size)} inside the graph" if way else ""


def _features(wish: Wish) -> dict[str, bool]:
    return {"features_only": True} if wish.features else {}
