"""PyTorch on an NVIDIA card: eager, compiled, or as a CUDA graph."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Iterator, List, Mapping, Optional, Sequence

from edgeprof.agent.runtimes.torch import Torch, program_of
from edgeprof.core.errors import RuntimeUnavailable
from edgeprof.core.installed import installed_version
from edgeprof.core.job import Job

if TYPE_CHECKING:
    from edgeprof.agent.runtimes.torch_bound import TorchOnCardSession


class TorchCuda:
    distributions = Torch.distributions
    install = Torch.install

    def precisions(self, cpu_flags: Sequence[str]) -> List[str]:
        return ["fp32"]

    def version(self) -> Optional[str]:
        return installed_version(*self.distributions)

    def absence(self) -> Optional[RuntimeUnavailable]:
        from edgeprof.agent.cuda import absence

        return absence()

    @contextmanager
    def open(self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int) -> Iterator[TorchOnCardSession]:
        from edgeprof.agent.cuda.session import held
        from edgeprof.agent.cuda.shown import show
        from edgeprof.agent.cuda.switches import switches_of
        from edgeprof.agent.runtimes.inputs import staged
        from edgeprof.agent.runtimes.torch_bound import TorchBound, TorchOnCardSession, watched

        switches = switches_of(job.options)
        if switches.copies == "mapped":
            raise RuntimeUnavailable("torch computes on no mapped memory", "use --copies in or out")
        os.environ["NVIDIA_TF32_OVERRIDE"] = "0"  # fp32 is fp32
        number = show(switches.gpu)
        torch, program = program_of(self.install, job, artefact)
        if torch.version.cuda is None or not torch.cuda.is_available():
            why = self.absence()
            raise RuntimeUnavailable(
                f"torch {torch.__version__} sees no card" + (f": {why.message}" if why else ""),
                why.hint if why else "install a torch that is built for this machine's CUDA",
            )
        with held(number, switches) as card, torch.inference_mode():
            torch.cuda.set_device(number)
            torch.cuda.set_stream(torch.cuda.ExternalStream(card.stream, device=number))
            try:
                from torch.export.passes import move_to_device_pass

                module = move_to_device_pass(program, f"cuda:{number}").module()
                arrays = staged(job, inputs)
                given = [torch.from_numpy(arrays[t.name]).cuda() for t in job.inputs]
                outputs = watched(torch, partial(module, *given))
                run = torch.compile(module) if switches.compile else module
                bound = TorchBound(torch, run, job.inputs, outputs)
                del given, outputs  # bound are others, and these would count twice
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
                yield TorchOnCardSession(bound, card, switches, arrays)
            finally:
                torch.cuda.set_stream(torch.cuda.default_stream())  # the card takes its own along
