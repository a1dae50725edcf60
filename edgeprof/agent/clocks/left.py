"""Put right what an earlier hold left behind: after a guardian that was killed, and after a power cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Iterator, Tuple

from edgeprof.agent.clocks import record, store
from edgeprof.agent.clocks.step import Refused, is_running, last_line, run, step_of


def put_right(root: Path) -> Tuple[str, ...]:
    """What had been changed and is back now. Refused where it is not: its record stays, and nothing is set over it."""
    left = record.own(root)
    if left is None:
        return ()
    failures = list(_failures(left.undo))
    failures += [f"process {group} runs on" for group in left.hung if is_running(group)]
    if not failures and record.is_in_force(replace(left, hung=()), root):
        failures.append("it is in force all the same")
    if failures:
        raise Refused(
            f"an earlier hold was not put back, and cannot be: {', '.join(left.changes)}: {'; '.join(failures)}",
            f"by hand on the device: {' && '.join(left.undo)}; or reboot it",
        )
    record.forget()
    for text in left.undo:
        store.remove(Path(step_of(text).argv[-1]).parent)
    return left.changes


def _failures(undo: Tuple[str, ...]) -> Iterator[str]:
    for text in undo:
        try:
            step = step_of(text)
            code, output = run(step)
        except ValueError as error:
            yield str(error)
        except Refused as refused:
            yield refused.message
        else:
            if code:
                yield f"{step.argv[0]} failed with exit code {code}: {last_line(output)}"
