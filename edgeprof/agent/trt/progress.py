"""How far a build is, as far as the builder tells."""

from __future__ import annotations

from typing import Any, Callable, Dict, Tuple

Hear = Callable[[str, int, int], None]  # the phase, steps done, steps in all


def monitor_to(hear: Hear, trt: Any) -> Any:
    """For a builder's configuration: tells of the outermost phases, once a hundredth."""

    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self._phases: Dict[str, Tuple[int, int]] = {}  # steps in all, and the hundredth last told

        def phase_start(self, phase_name: str, parent_phase: Any, num_steps: int) -> None:
            if not parent_phase:
                self._phases[phase_name] = (num_steps, -1)

        def step_complete(self, phase_name: str, step: int) -> bool:
            steps, told = self._phases.get(phase_name, (0, 0))
            hundredth = 100 * (step + 1) // steps if steps else told
            if hundredth != told:
                self._phases[phase_name] = (steps, hundredth)
                hear(phase_name, step + 1, steps)
            return True  # go on

        def phase_finish(self, phase_name: str) -> None:
            self._phases.pop(phase_name, None)

    return Monitor()
