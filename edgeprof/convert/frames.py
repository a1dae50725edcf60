"""The artefact that takes camera frames, derived from the one that takes tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from edgeprof.convert.camera import Camera, image_of, with_camera_frame
from edgeprof.convert.framing import Framing, Size
from edgeprof.convert.image_references import beside_random, few, photos_of, skipped, too
from edgeprof.convert.open_batch import Infer, expect_open
from edgeprof.convert.ort import plain_session
from edgeprof.convert.packing import write, write_apart
from edgeprof.convert.parity import tolerance_of
from edgeprof.convert.preprocess import OWN, Preprocessing, normalised, resized
from edgeprof.convert.references import reference
from edgeprof.core.artefact import Artefact
from edgeprof.core.errors import ConfigError
from edgeprof.core.job import Tensor


def derive_frames(
    made_from: Artefact,
    how: Preprocessing,
    frame: Size | None,
    fit: str,
    folder: Path,
    say: Callable[[str], None],
    *,
    bgr: bool = False,
    files: Mapping[str, str] | None = None,
    calibration: str = "",
) -> Artefact:
    """Write it into the folder, files named within it. Its references are frames, with what the graph that it was made
    from computes of them once numpy has done the preprocessing.
    """
    import onnx

    if made_from.form != "onnx":
        raise ConfigError(f"a frame cannot be folded into {made_from.form}", "name another --runtime", where="--frame")
    say("putting the frame's preprocessing into the graph")
    graph = onnx.load(made_from.path, load_external_data=False)
    image = image_of(graph).name
    rows = next(tensor.shape[0] for tensor in made_from.inputs if tensor.name == image)
    camera = with_camera_frame(graph, how, frame, fit, bgr=bgr, rows=rows)
    source = Path(made_from.path).parent
    packed = write_apart(camera.model, source, folder) if made_from.data else write(camera.model, folder)
    session = plain_session(packed.path)
    say("computing the reference")
    inputs = tuple(camera.frame if tensor.name == camera.image else tensor for tensor in made_from.inputs)
    names = [output.name for output in made_from.outputs]
    infer = partial(_infer, plain_session(Path(made_from.path)), names, camera, how, bgr)
    photos = beside_random(photos_of(calibration, inputs, how, bgr=bgr))
    seen = reference(inputs, lambda _: names, files or {}, folder, infer, few(photos))
    batch = _open_card(made_from, inputs, infer, lambda arrays: session.run(names, dict(arrays)))
    said = () if how.origin == OWN else (f"the frame's preprocessing is {how.origin}",)
    return replace(
        made_from,
        path=packed.path.name,
        digest=packed.digest,
        size_bytes=packed.size_bytes,
        data=tuple(file.name for file in packed.data),
        inputs=inputs,
        references=seen.references,
        sensitivity=seen.sensitivity,
        notes=(*made_from.notes, *said, *camera.notes, *skipped(photos)),
        card={
            **made_from.card,
            **camera.card,
            **batch,
            "preprocessing": how.origin,
            "nodes": str(len(camera.model.graph.node)),
            "reference": f"numpy's preprocessing, then onnxruntime without optimisation{too(photos)}",
        },
    )


def _open_card(made_from: Artefact, inputs: Sequence[Tensor], expected: Infer, seen: Infer) -> dict[str, str]:
    if not made_from.is_dynamic:
        return {}
    return {"batch": expect_open(made_from.model, inputs, expected, seen, tolerance_of(made_from, "fp32"))}


def network_input(frames: Any, how: Preprocessing, placed: Framing, *, bgr: bool = False) -> Any:
    """float32 of Nx3xHxW from frames of NxHxWx3, as the graph computes it."""
    import numpy as np

    (top, left), (height, width), (below, beside) = placed.start, placed.kept, placed.added
    tensors = []
    for image in frames[..., ::-1] if bgr else frames:
        pixels = resized(image, *placed.resized, how.interpolation, antialias=False)
        tensors.append(normalised(pixels[top : top + height, left : left + width], how))
    return np.pad(np.stack(tensors), ((0, 0), (0, 0), (0, below), (0, beside)))


def _infer(
    session: Any, names: Sequence[str], camera: Camera, how: Preprocessing, bgr: bool, arrays: Mapping[str, Any]
) -> Sequence[Any]:
    fed = dict(arrays)
    fed[camera.image] = network_input(fed.pop(camera.frame.name), how, camera.framing, bgr=bgr)
    given: Sequence[Any] = session.run(names, fed)
    return given
