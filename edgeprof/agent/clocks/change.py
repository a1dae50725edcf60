"""What one hold has changed: on record from before it is made until all of it is back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import List, Tuple

from edgeprof.agent.clocks import record, store
from edgeprof.agent.clocks.plan import plan_of
from edgeprof.agent.clocks.record import Record
from edgeprof.agent.clocks.setting import Setting
from edgeprof.agent.clocks.step import Refused
from edgeprof.core.protocol import Order


class Change:
    """Refused where it could not be put back later; nothing is set yet."""

    def __init__(self, order: Order, root: Path) -> None:
        self._folder = store.make()
        try:
            plan = plan_of(order.power_mode, lock_clocks=order.lock_clocks, root=root, folder=self._folder)
            self._setting = Setting(plan, root)
        except BaseException:
            store.remove(self._folder)
            raise
        self._record = _record_of(self._setting, order, root)
        self.is_recorded = not plan.changes or record.keep(self._record)

    @property
    def changes(self) -> Tuple[str, ...]:
        return self._setting.plan.changes

    def make(self) -> None:
        """Where it is refused, all is as it was before, or the refusal says what is not."""
        try:
            self._setting.make()
        except Refused as refused:
            failures = self.end()
            if failures:
                raise self._half_made(refused, failures) from refused
            raise
        except BaseException:
            self.end()
            raise

    def end(self) -> List[str]:
        """What could not be put back; then the record stays, and what jetson_clocks stored."""
        failures = self._setting.put_back()
        if not failures:
            if self.changes:
                record.forget()
            store.remove(self._folder)
        elif self._setting.hung:
            record.keep(replace(self._record, hung=tuple(self._setting.hung)))
        return failures

    def _half_made(self, refused: Refused, failures: List[str]) -> Refused:
        undo = " && ".join(self._record.undo)
        message = f"{refused.message}; and what was changed by then was not put back: {'; '.join(failures)}"
        return Refused(message, f"by hand on the device: {undo}")


def _record_of(setting: Setting, order: Order, root: Path) -> Record:
    plan = setting.plan
    return Record(
        holder=order.holder,
        since=datetime.now(timezone.utc).timestamp(),
        boot=record.boot_id(root),
        changes=plan.changes,
        undo=tuple(map(str, plan.undo)),
        power_mode=plan.mode.name if plan.mode else None,
        locks=setting.is_lock_visible,
    )
