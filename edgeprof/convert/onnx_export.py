"""torch's two ONNX exporters: which one is asked, what it wrote, and what happens where it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edgeprof.convert.feed import random_feed
from edgeprof.convert.open_batch import example_inputs, open_axes, torch_shapes
from edgeprof.convert.opset import NEWER, OLDER, opset_of
from edgeprof.convert.ort import first_line, plain_session
from edgeprof.convert.packing import Packed, fits_one_file, merge, write, write_apart
from edgeprof.convert.passes import UNTIDIED, passes_for_card, tidy, unread_for_card
from edgeprof.convert.subject import Subject
from edgeprof.core.errors import ConvertError

Say = Callable[[str], None]

_NAMES = {NEWER: "torch.onnx dynamo", OLDER: "torch.onnx torchscript"}


@dataclass(frozen=True)
class Exported:
    packed: Packed
    card: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def export_onnx(
    subject: Subject, module: Callable[[], Any], names: Sequence[str], folder: Path, opset: int, say: Say
) -> Exported:
    """`module` gives a fresh one at each call, its tensors in a tuple. Where the newer exporter fails, or writes what
    cannot be loaded, the older one is asked, and that is said.
    """
    by = partial(_by, subject=subject, module=module, names=names, folder=folder, say=say)
    try:
        return by(opset)
    except _Failed as failed:
        first = failed
    if opset == OLDER:
        raise ConvertError(first.message, "leave --opset out, or give the model as an .onnx file")
    say("exporting again, by the older exporter")
    try:
        made = by(OLDER)
    except _Failed as older:
        raise ConvertError(
            f"{first.message}; the older exporter fails too: {older.why}",
            "--runtime torch needs no such file; or give the model as an .onnx file",
        ) from older
    note = f"exported by the older exporter at opset {OLDER}, since the newer one fails ({first.why})"
    return replace(made, notes=(note, "what branches on values is kept as it went for the example"))


class _Failed(Exception):
    """What another exporter may do better; `why` in the words of whoever failed."""

    def __init__(self, message: str, why: str) -> None:
        super().__init__(message)
        self.message, self.why = message, why


def _by(
    opset: int, subject: Subject, module: Callable[[], Any], names: Sequence[str], folder: Path, say: Say
) -> Exported:
    import onnx

    with TemporaryDirectory(dir=folder) as scratch:
        path = Path(scratch) / "exported.onnx"
        _written(opset, subject, module(), names, path)
        say("checking the file")
        model = onnx.load(path, load_external_data=False)
        expect_opset(opset, model)
        try:
            packed, passes = _packed(model, path.parent, folder)
            plain_session(packed.path)
        except ConvertError as error:
            words = f"{subject.name} is exported to what cannot be loaded: {error.message}"
            raise _Failed(words, error.message) from error
    card = {
        "opset": str(opset),
        "ir": str(model.ir_version),
        "exporter": _NAMES[opset],
        "onnx": onnx.__version__,
        "nodes": str(len(model.graph.node)),
        **unread_for_card(model),
    }
    return Exported(packed, {**card, **passes})


def _packed(model: Any, source: Path, folder: Path) -> tuple[Packed, dict[str, str]]:
    if not fits_one_file(model, source):
        return write_apart(model, source, folder), {"passes": UNTIDIED}
    merge(model, source)
    passes = passes_for_card(tidy(model))
    return write(model, folder), passes


def _written(opset: int, subject: Subject, module: Any, names: Sequence[str], path: Path) -> None:
    import torch

    given = {"input_names": [tensor.name for tensor in subject.inputs], "output_names": list(names)}
    try:
        if opset == NEWER:
            shapes = torch_shapes(subject.inputs) if subject.is_dynamic else None
            program = torch.onnx.export(
                module,
                example_of(subject),
                None,
                opset_version=opset,
                dynamo=True,
                dynamic_shapes=shapes,
                verbose=False,
                **given,
            )
            _restore_lost(program)
            program.save(str(path))  # with the weights in a second file, where one cannot hold them
        else:
            axes = open_axes([*given["input_names"], *names]) if subject.is_dynamic else None
            with torch.no_grad():
                torch.onnx.export(
                    module,
                    example_of(subject),
                    str(path),
                    opset_version=opset,
                    dynamo=False,
                    dynamic_axes=axes,
                    verbose=False,
                    **given,
                )
    except (MemoryError, OSError):
        raise
    except Exception as error:
        why = why_of(error)
        raise _Failed(f"{subject.name} cannot be exported: {why}", why) from error


def _restore_lost(program: Any) -> None:
    """onnxscript fuses clamps into clips whose limits it names after the tensor: of a second clamp of the same tensor
    (gemma4_vit) the limits take the first's place in the graph, which then names what it does not have.
    """
    graph = program.model.graph
    for node in graph:
        for value in node.inputs:
            if value is not None and value.producer() is None and value.const_value is not None:
                graph.initializers.setdefault(value.name, value)


def expect_opset(opset: int, model: Any) -> None:
    """What was written, and not what was asked for, is what a device has to read."""
    written = opset_of(model)
    if written != opset:
        raise ConvertError(f"the exporter wrote opset {written}, {opset} was asked for", "upgrade torch")


def example_of(subject: Subject) -> tuple[Any, ...]:
    import torch

    inputs = example_inputs(subject.inputs) if subject.is_dynamic else subject.inputs
    arrays = random_feed(inputs)
    return tuple(torch.from_numpy(arrays[tensor.name]) for tensor in inputs)


def why_of(error: Exception) -> str:
    """torch wraps what failed in advice on how to report it."""
    if "allocate memory" in str(error):
        raise error
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return f"{type(cause).__name__}: {first_line(cause)}"
