"""From a frame in memory to outputs in memory, as anyone would write it: prepared outside the graph, or by it.

python -m benchmarks.framed WAY RUNTIME ARTEFACT THREADS SECONDS FRAME.npy INPUT HEIGHT WIDTH
WAY is graph, numpy (Pillow where the size differs) or opencv.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.bare import request_of, sampled, session_of

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def main() -> None:
    import numpy as np

    way, runtime, artefact, threads, seconds, path, name, height, width = sys.argv[1:]
    frame = np.load(path)
    prepare = {"graph": _as_it_is, "numpy": _with_numpy, "opencv": _with_opencv}[way](int(height), int(width))
    infer = {"onnxruntime": _onnxruntime, "openvino": _openvino}[runtime](artefact, int(threads), name)

    print(json.dumps(sampled(lambda: infer(prepare(frame)), float(seconds))))


def _as_it_is(height: int, width: int) -> Callable[[Any], Any]:
    return lambda frame: frame


def _with_numpy(height: int, width: int) -> Callable[[Any], Any]:
    import numpy as np

    multiply = (1 / 255 / np.array(STD)).astype(np.float32)
    add = (-np.array(MEAN) / np.array(STD)).astype(np.float32)

    def prepare(frame: Any) -> Any:
        image = frame[0]
        if image.shape[:2] != (height, width):
            from PIL import Image

            image = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))
        pixels = image.astype(np.float32)
        pixels *= multiply
        pixels += add
        return np.ascontiguousarray(pixels.transpose(2, 0, 1))[None]

    return prepare


def _with_opencv(height: int, width: int) -> Callable[[Any], Any]:
    import cv2  # type: ignore[import-not-found, unused-ignore]
    import numpy as np

    mean = tuple(255 * value for value in MEAN)
    std = np.array(STD, np.float32).reshape(1, 3, 1, 1)

    def prepare(frame: Any) -> Any:
        blob = cv2.dnn.blobFromImage(frame[0], 1 / 255, (width, height), mean, swapRB=False, crop=False)
        blob /= std
        return blob

    return prepare


def _onnxruntime(artefact: str, threads: int, name: str) -> Callable[[Any], Any]:
    session = session_of(artefact, threads)
    return lambda tensor: session.run(None, {name: tensor})


def _openvino(artefact: str, threads: int, name: str) -> Callable[[Any], Any]:
    import openvino

    request = request_of(artefact, threads)

    def infer(tensor: Any) -> Any:
        request.set_tensor(name, openvino.Tensor(tensor, shared_memory=True))
        return request.infer(share_outputs=True)

    return infer


if __name__ == "__main__":
    main()
