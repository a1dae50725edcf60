"""PyTorch eager on the CPU: the baseline that people compare with."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, List, Mapping, Optional, Sequence, Tuple

from edgeprof.agent.runtimes.inputs import staged
from edgeprof.core.errors import ConvertError, RuntimeUnavailable
from edgeprof.core.job import Job


class Torch:
    distributions = ("torch",)
    install = "pip install torch"

    def precisions(self, cpu_flags: Sequence[str]) -> List[str]:
        return ["fp32"]

    @contextmanager
    def open(self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int) -> Iterator[TorchSession]:
        torch, program = program_of(self.install, job, artefact)
        torch.set_num_threads(threads)
        module = program.module()
        arrays = staged(job, inputs)
        with torch.inference_mode():
            yield TorchSession(module, [torch.from_numpy(arrays[t.name]) for t in job.inputs], torch.get_num_threads())


class TorchSession:
    precision = "fp32"
    inside_infer = "eager call of the exported module: inputs read where they lie, outputs in new tensors"

    def __init__(self, module: Any, arguments: Sequence[Any], threads: int) -> None:
        self._module = module
        self._arguments = arguments
        self._outputs: Any = ()
        self.threads = threads

    def infer(self) -> None:
        self._outputs = self._module(*self._arguments)

    def outputs(self) -> Sequence[Any]:
        tensors = self._outputs if isinstance(self._outputs, (list, tuple)) else [self._outputs]
        return [tensor.numpy() for tensor in tensors]

    def device_bytes(self) -> Optional[int]:
        return None


def program_of(install: str, job: Job, artefact: str) -> Tuple[Any, Any]:
    """torch, and what it exported."""
    if job.precision != "fp32":
        raise RuntimeUnavailable(f"torch is measured in fp32, {job.precision} was asked for", "use --precision fp32")
    try:
        import torch
    except ImportError as error:
        raise RuntimeUnavailable(f"torch is not installed: {error}", install) from error
    try:
        return torch, torch.export.load(artefact)
    except MemoryError:
        raise
    except Exception as error:
        raise ConvertError(f"torch does not load the artefact: {error}") from error
