"""The artefact that takes camera frames, derived from the one that takes tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from edgeprof.convert.camera import Camera, with_camera_frame
from edgeprof.convert.framing import Framing, Size
from edgeprof.convert.image_references import beside_random, few, photos_of, skipped, too
from edgeprof.convert.ort import plain_session
from edgeprof.convert.preprocess import OWN, Preprocessing, normalised, resized
from edgeprof.convert.references import reference
from edgeprof.core.artefact import Artefact
from edgeprof.core.errors import ConfigError
from edgeprof.core.files import digest_of_file


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
    camera = with_camera_frame(onnx.load(made_from.path), how, frame, fit, bgr=bgr)
    made = folder / "model.onnx"
    made.write_bytes(camera.model.SerializeToString())
    plain_session(made)
    say("computing the reference")
    inputs = tuple(camera.frame if tensor.name == camera.image else tensor for tensor in made_from.inputs)
    names = [output.name for output in made_from.outputs]
    infer = partial(_infer, plain_session(Path(made_from.path)), names, camera, how, bgr)
    photos = beside_random(photos_of(calibration, inputs, how, bgr=bgr))
    seen = reference(inputs, lambda _: names, files or {}, folder, infer, few(photos))
    said = () if how.origin == OWN else (f"the frame's preprocessing is {how.origin}",)
    return replace(
        made_from,
        path=made.name,
        digest=digest_of_file(made),
        size_bytes=made.stat().st_size,
        inputs=inputs,
        references=seen.references,
        sensitivity=seen.sensitivity,
        notes=(*made_from.notes, *said, *camera.notes, *skipped(photos)),
        card={
            **made_from.card,
            **camera.card,
            "preprocessing": how.origin,
            "nodes": str(len(camera.model.graph.node)),
            "reference": f"numpy's preprocessing, then onnxruntime without optimisation{too(photos)}",
        },
    )


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
