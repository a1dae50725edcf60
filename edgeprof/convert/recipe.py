"""What is to be made of a model: everything the user can say about the artefact, and nothing about the device."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from edgeprof.convert.opset import NEWER
from edgeprof.core.resolution import NATIVE, Resolution

UNREAD = "unknown to tensorrt"  # on the card of a graph that holds what TensorRT's parser does not know


@dataclass(frozen=True)
class Recipe:
    model: str  # as the user wrote it
    resolution: Resolution = NATIVE
    batch: int = 1
    is_dynamic: bool = False  # the graph takes any batch; this one is what it is proved and timed at
    weights: str = "random"  # or "pretrained", or a path to a safetensors or torch file
    features: bool = False  # the feature pyramid instead of the classifier
    form: str = "onnx"  # or pt2, for the torch runtime
    opset: int = NEWER
    shapes: tuple[tuple[str, tuple[int, ...]], ...] = ()  # --shape NAME:1x3x224x224
    inputs: tuple[tuple[str, str], ...] = ()  # --input NAME=FILE.npy
    precision: str = "fp32"  # of the graph: or fp16 or int8, which are made from the fp32 one
    quantisation: str = ""  # the int8 recipe, which follows the runtime
    calibration: str = ""  # a folder of images, over which parity is taken too
    frame: Optional[Resolution] = None  # of a camera, which the graph takes as it comes; native: the network's own
    fit: str = "pad"  # what becomes of a frame, or of the resolution's image, that is not of the network's size
    bgr: bool = False  # the camera's order of channels
    reader: str = ""  # whose parser the graph has to suit, where that is one that knows less than the others: tensorrt

    @property
    def rows(self) -> int:
        """The batch, whether it was asked for by itself or within a tensor shape."""
        return self.resolution.batch or self.batch

    @property
    def is_derived(self) -> bool:
        return self.precision != "fp32" or self.frame is not None or bool(self.reader)

    @property
    def made_from(self) -> Recipe:
        """The recipe of the graph that this one's is derived from: what its reader
        does not know goes first, then a frame comes, then a precision.
        """
        if self.precision != "fp32":
            return replace(self, precision="fp32", quantisation="")
        if self.frame is not None:
            return replace(self, inputs=(), calibration="", frame=None, bgr=False)  # the files and images are frames
        return replace(self, reader="")

    @property
    def as_given(self) -> Recipe:
        """The recipe of the graph that no other is made from."""
        return self.made_from.as_given if self.is_derived else self
