"""TensorRT on an NVIDIA card, with whichever of its libraries is there: `tensorrt`, or `tensorrt_rtx`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable, ContextManager, Iterator, List, Mapping, Optional, Sequence, Tuple

from edgeprof.agent.trt.library import INSTALL, found, named
from edgeprof.core.errors import RuntimeUnavailable
from edgeprof.core.job import Job

if TYPE_CHECKING:
    from edgeprof.agent.trt.profile import ProfiledSession
    from edgeprof.agent.trt.session import TensorRtSession


class TensorRt:
    tells_each_frame = True
    distributions: Tuple[str, ...] = ()
    install = INSTALL

    def version(self) -> Optional[str]:
        """With the library's name: `tensorrt_rtx` is another one. The name alone where it cannot be imported."""
        try:
            library = found()
        except RuntimeUnavailable:  # `absence` tells of it
            return named()
        return str(library) if library else None

    def absence(self) -> Optional[RuntimeUnavailable]:
        try:
            found()
        except RuntimeUnavailable as error:
            return error
        from edgeprof.agent.cuda import absence

        return absence()

    def precisions(self, cpu_flags: Sequence[str]) -> List[str]:
        return ["fp16", "fp32", "int8"]

    @contextmanager
    def open_layered(
        self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int
    ) -> Iterator[ProfiledSession]:
        from dataclasses import replace

        from edgeprof.agent.cuda.switches import switches_of
        from edgeprof.agent.trt.profile import ProfiledSession

        # What a graph replays is reported to no profiler.
        without = replace(job, options=replace(switches_of(job.options), graph=False).options)
        with self.open(without, artefact, inputs, threads) as session:
            yield ProfiledSession(session)

    def open(self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int) -> ContextManager[TensorRtSession]:
        from edgeprof.agent.trt.session import opened

        return opened(job, inputs)

    def build(self, job: Job, artefact: str, hear: Callable[[str], None]) -> None:
        from edgeprof.agent.trt.session import build_plan

        build_plan(job, artefact, hear)
