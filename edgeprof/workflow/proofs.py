"""What each process computes with is what was proved: several builds one by one, and a plan that was built since."""

from __future__ import annotations

from edgeprof.core.artefact import Parity
from edgeprof.core.errors import AgentError
from edgeprof.core.job import Job
from edgeprof.core.measurement import Process
from edgeprof.workflow.device import Device
from edgeprof.workflow.prepare import Ready
from edgeprof.workflow.process import Prepared
from edgeprof.workflow.proof import prove, prove_again
from edgeprof.workflow.workshop import Workshop


class Proofs:
    """Of one measuring; where there is nothing to compare with, as with a fake, nothing is asked."""

    def __init__(self, ready: Ready, device: Device, workshop: Workshop, lock_timeout_s: float | None) -> None:
        self._by_job: dict[Job, Parity | None] = {ready.prepared.job: ready.parity}
        self._device, self._workshop, self._lock_timeout_s = device, workshop, lock_timeout_s

    @property
    def worst(self) -> Parity | None:
        """Of all the builds, since each is judged."""
        found = [parity for parity in self._by_job.values() if parity is not None]
        return max(found, key=lambda parity: parity.relative_l2, default=None)

    def before(self, prepared: Prepared) -> None:
        """Each build of a plan is proved, and so built, before it is timed."""
        if prepared.job not in self._by_job:
            proved = prove(prepared, self._device, self._workshop, self._lock_timeout_s)
            self._by_job[prepared.job] = proved.parity

    def after(self, prepared: Prepared, process: Process) -> None:
        """A parity that was remembered may be another plan's than the one that was loaded."""
        parity = self._by_job[prepared.job]
        if parity is None or process.plan_digest is None or process.plan_digest == parity.plan_digest:
            return
        self._workshop.progress.say("the plan is another one than was proved: it is proved now")
        again = prove_again(prepared, self._device, self._workshop, self._lock_timeout_s)
        if again.plan_digest != process.plan_digest:
            raise AgentError(
                f"the plan that was measured is on {self._device.name} no more, and so cannot be proved", "run it again"
            )
        self._by_job[prepared.job] = again
