"""What is asked of a device: everything that changes the number and nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Optional, Tuple

from edgeprof.core.files import digest_of_json


@dataclass(frozen=True)
class Tensor:
    """An input or an output; `dtype` is numpy's name for it."""

    name: str
    shape: Tuple[int, ...]
    dtype: str

    def __str__(self) -> str:
        return f"{self.name} {'x'.join(map(str, self.shape))} {self.dtype}"


@dataclass(frozen=True)
class Job:
    """One artefact on one runtime of one device. Equal jobs may be compared; unequal ones are different questions."""

    model: str
    artefact: str  # the digest of its file
    form: str  # onnx, pt2 or fake
    inputs: Tuple[Tensor, ...]
    runtime: str
    precision: str
    batch: int = 1
    device: str = "local"
    threads: Optional[int] = None  # None: as many as the agent's affinity and cgroup allow
    input_files: Tuple[Tuple[str, str], ...] = ()  # input name, digest of the .npy that feeds it; else seeded random
    options: Tuple[Tuple[str, str], ...] = ()  # told to the runtime beyond all this, as its own library names them

    @property
    def digest(self) -> str:
        described = asdict(self)
        if not self.options:  # a job from before there were any keeps its digest
            del described["options"]
        return digest_of_json(described)
