"""ONNX Runtime on an NVIDIA card, by its CUDA or its TensorRT provider, and on nothing else."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, List, Mapping, Optional, Sequence, Tuple

from edgeprof.agent.runtimes import ORT_ON_CARDS, PlanNeeded
from edgeprof.core.errors import ConvertError, RuntimeUnavailable
from edgeprof.core.installed import installed_version
from edgeprof.core.job import Job

if TYPE_CHECKING:
    from edgeprof.agent.cuda import Cuda
    from edgeprof.agent.runtimes.ort_bound import OrtOnCardSession

_WHOLE = "whole"  # beside engines of which none is missing


class OrtCuda:
    distributions: Tuple[str, ...] = ("onnxruntime-gpu",)
    install = ORT_ON_CARDS
    provider = "CUDAExecutionProvider"
    computes: Tuple[str, ...] = ("fp32", "fp16")

    def version(self) -> Optional[str]:
        return installed_version(*self.distributions)

    def absence(self) -> Optional[RuntimeUnavailable]:
        from edgeprof.agent.cuda import absence

        return absence()

    def precisions(self, cpu_flags: Sequence[str]) -> List[str]:
        return list(self.computes)

    @contextmanager
    def open(self, job: Job, artefact: str, inputs: Mapping[str, str], threads: int) -> Iterator[OrtOnCardSession]:
        from tempfile import TemporaryDirectory

        from edgeprof.agent.cuda.session import held
        from edgeprof.agent.cuda.shown import show
        from edgeprof.agent.cuda.switches import switches_of
        from edgeprof.agent.runtimes.inputs import staged
        from edgeprof.agent.runtimes.onnxruntime import loaded
        from edgeprof.agent.runtimes.ort_bound import CPU, HINT, OrtBound, OrtOnCardSession, expect_on
        from edgeprof.agent.runtimes.ort_trace import rows_of

        ort = self._expected(job)
        switches = switches_of(job.options)
        number = show(switches.gpu)
        with held(number, switches) as card, TemporaryDirectory(prefix="edgeprof-trace-") as folder:
            providers = [*self.providers(job, ort, card, number), CPU]
            session = loaded(ort, artefact, threads, f"{folder}/trace", providers=providers)
            if session.get_providers()[0] != self.provider:
                raise RuntimeUnavailable(f"onnxruntime fell back to {session.get_providers()[0]}", HINT)
            on_card = OrtOnCardSession(OrtBound(session, number), card, switches)
            try:
                on_card.precision = job.precision
                on_card.stage(staged(job, inputs))
                with open(session.end_profiling(), encoding="utf-8", errors="replace") as lines:
                    on_card.inside_infer += f"; {expect_on(self.provider, rows_of(lines, 1))}"
                yield on_card
            finally:
                del session
                on_card.free()  # before the stream that it uses

    def providers(self, job: Job, ort: Any, card: Cuda, number: int) -> List[Any]:
        return [(self.provider, {"device_id": str(number), "user_compute_stream": str(card.stream)})]

    def _expected(self, job: Job) -> Any:
        """The library, if it has this provider at all."""
        if job.precision not in self.computes:
            what = f"onnxruntime's {self.provider} is measured in {' or '.join(self.computes)}"
            raise RuntimeUnavailable(f"{what}, {job.precision} was asked for", "use --precision fp32")
        if job.form != "onnx":
            raise ConvertError(f"onnxruntime reads onnx, not {job.form}", "use another --runtime")
        from edgeprof.agent.runtimes.onnxruntime import imported

        os.environ["NVIDIA_TF32_OVERRIDE"] = "0"  # fp32 is fp32: libraries round to 10 bits unless told not to
        ort = imported(self.install)
        has = ort.get_available_providers()
        if self.provider not in has:
            raise RuntimeUnavailable(
                f"onnxruntime {ort.__version__} here has no {self.provider}, only {', '.join(has)}",
                f"{self.install}, without the package onnxruntime beside it",
            )
        return ort


class OrtTensorRt(OrtCuda):
    """Its engines are built beforehand, and kept where plans are."""

    provider = "TensorrtExecutionProvider"
    computes = ("fp32", "fp16", "int8")
    _is_building = False
    _folder: Path

    def build(self, job: Job, artefact: str, hear: Callable[[str], None]) -> None:
        hear("onnxruntime's engines")
        self._is_building = True
        with self.open(job, artefact, {}, 1):
            (self._folder / _WHOLE).touch()

    def providers(self, job: Job, ort: Any, card: Cuda, number: int) -> List[Any]:
        from edgeprof.agent.trt import plans
        from edgeprof.core.files import digest_of_json

        ((_, options),) = super().providers(job, ort, card, number)
        key = [job.artefact, job.precision, ort.__version__, card.gpu.name, card.gpu.capability, card.gpu.driver]
        folder = plans.root() / f"onnxruntime-{digest_of_json(key)[:40]}"
        if not self._is_building and not (folder / _WHOLE).exists():
            raise PlanNeeded(f"there are no engines yet for {card.gpu.name}, or not all of them")
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)  # what was used lately is the last to go
        self._folder = folder
        kept = {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(folder)}
        types = {f"trt_{name}_enable": "1" for name in ("fp16", "int8") if name == job.precision}
        return [(self.provider, {**options, **kept, **types}), ("CUDAExecutionProvider", options)]
