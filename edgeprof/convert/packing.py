"""A graph on disk: in one file, or with its weights in a second one where one cannot hold them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from edgeprof.convert.ort import first_line
from edgeprof.core.artefact import named
from edgeprof.core.errors import ConvertError
from edgeprof.core.files import digest_of_file

ONE_FILE_BYTES = 2 << 30  # protobuf's limit on one message
_SMALL_BYTES = 1024  # stays in the graph, where shapes and axes are looked for
_ALIGNED_BYTES = 4096  # so that a runtime can map a tensor instead of copying it
_CHUNK_BYTES = 1 << 20
_GRAPH, _WEIGHTS = "model.onnx", "model.weights"


@dataclass(frozen=True)
class Packed:
    """Files in one folder; the graph names the weights by their digest, so that its own digest stands for both."""

    path: Path
    data: tuple[Path, ...] = ()

    @property
    def digest(self) -> str:
        return digest_of_file(self.path)

    @property
    def size_bytes(self) -> int:
        return sum(path.stat().st_size for path in (self.path, *self.data))


def needed_files(model: Any, folder: Path) -> list[Path]:
    """The files beside the model that its weights lie in; one that is missing, too short or elsewhere is refused."""
    needed: dict[Path, int] = {}
    for tensor in _external(model.graph):
        location, offset, length = place_of(tensor)
        if Path(location).is_absolute() or ".." in Path(location).parts:
            raise ConvertError(f'the weights lie in "{location}", outside the model\'s folder', "export it again")
        path = folder / location
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ConvertError(
                f'the weights lie behind the link "{location}", outside the model\'s folder',
                f"put the file itself there: {path}",
            )
        needed[path] = max(offset + length, needed.get(path, 0))
    for path, size in needed.items():
        if not path.is_file():
            raise ConvertError(
                f'the weights lie in "{path.name}", which is not there', f"put it beside the model: {path}"
            )
        if path.stat().st_size < size:
            raise ConvertError(
                f'"{path.name}" has {path.stat().st_size} bytes, the model needs {size}', "copy it again"
            )
    return list(needed)


def fits_one_file(model: Any, folder: Path, most_bytes: int = ONE_FILE_BYTES) -> bool:
    """Whether the model and what lies beside it, in `folder`, go into one file, where tied weights are several."""
    outside = [place_of(tensor) for tensor in _external(model.graph)]
    size = sum(length or (folder / location).stat().st_size - offset for location, offset, length in outside)
    return int(model.ByteSize()) + size < most_bytes


def merge(model: Any, folder: Path) -> None:
    """Load what lies beside the model into it."""
    from onnx.external_data_helper import load_external_data_for_model

    if not any(True for _ in _external(model.graph)):
        return
    try:
        load_external_data_for_model(model, str(folder))
    except Exception as error:
        raise ConvertError(
            f"the external data cannot be read: {first_line(error)}", "export the model again"
        ) from error


def write(model: Any, folder: Path) -> Packed:
    """In one file; what was external must have been merged."""
    path = folder / _GRAPH
    path.write_bytes(model.SerializeToString())
    return Packed(path)


def write_apart(model: Any, source: Path, folder: Path) -> Packed:
    """The graph in one file and its weights in another; `source` is where those lie that are external already.

    The weights go from file to file a piece at a time: they need not fit in memory.
    """
    unnamed = folder / _WEIGHTS
    with unnamed.open("wb") as file:
        out = _Out(file, source)
        moved = [(tensor, *out.put(tensor)) for tensor in _movable(model.graph)]
    data = unnamed.rename(folder / named(out.sha.hexdigest(), _WEIGHTS))
    for tensor, offset, length in moved:
        set_place(tensor, data.name, offset, length)
    path = folder / _GRAPH
    path.write_bytes(model.SerializeToString())
    return Packed(path, (data,))


class _Out:
    """The file of weights as it grows."""

    def __init__(self, file: IO[bytes], source: Path) -> None:
        self.sha = sha256()
        self._file, self._source, self._size = file, source, 0
        self._known: dict[tuple[str, int, int], tuple[int, int]] = {}

    def put(self, tensor: Any) -> tuple[int, int]:
        """Where the tensor's bytes are now, and how many; what shares a place in the source shares one here."""
        place = place_of(tensor) if is_external(tensor) else None
        if place in self._known:
            return self._known[place]
        self._write(bytes(-self._size % _ALIGNED_BYTES))
        start = self._size
        if place is None:
            self._write(tensor.raw_data)
            return start, self._size - start
        self._copy(*place)
        self._known[place] = start, self._size - start
        return self._known[place]

    def _copy(self, location: str, offset: int, length: int) -> None:
        with (self._source / location).open("rb") as file:
            left = length or (self._source / location).stat().st_size - offset
            file.seek(offset)
            while left and (chunk := file.read(min(left, _CHUNK_BYTES))):
                self._write(chunk)
                left -= len(chunk)

    def _write(self, content: bytes) -> None:
        self._file.write(content)
        self.sha.update(content)
        self._size += len(content)


def _movable(graph: Any) -> Iterator[Any]:
    """What is external already, and the larger of the graph's own constants."""
    external = list(_external(graph))
    yield from (t for t in graph.initializer if not is_external(t) and len(t.raw_data) >= _SMALL_BYTES)
    yield from external


def _external(graph: Any) -> Iterator[Any]:
    return (tensor for tensor in tensors_of(graph) if is_external(tensor))


def is_external(tensor: Any) -> bool:
    return bool(tensor.data_location == tensor.EXTERNAL)


def place_of(tensor: Any) -> tuple[str, int, int]:
    """The file, and where in it; a length of 0 is the file's own."""
    where = {entry.key: entry.value for entry in tensor.external_data}
    offset, length = (_count(where.get(key, "0"), key, tensor) for key in ("offset", "length"))
    return where.get("location", ""), offset, length


def set_place(tensor: Any, location: str, offset: int, length: int) -> None:
    tensor.ClearField("raw_data")
    del tensor.external_data[:]
    tensor.data_location = tensor.EXTERNAL
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))


def _count(text: str, key: str, tensor: Any) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ConvertError(f'the weights of "{tensor.name}" have the {key} "{text}"', "export the model again")
    return int(text)


def tensors_of(graph: Any) -> Iterator[Any]:
    """Every tensor of the graph, those in attributes and in branches too."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for inner in [attribute.g, *attribute.graphs]:
                yield from tensors_of(inner)
