"""What went on beside the measured process is told from what it did itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from edgeprof.agent import strain
from edgeprof.agent.strain import Counters

SPIN = "import time\nend = time.monotonic() + {}\nwhile time.monotonic() < end: pass"


def test_shares_are_of_the_cores_we_may_use() -> None:
    cores = len(os.sched_getaffinity(0))
    before = Counters(0.0, 10.0, 1.0, 5.0, 0.0, 100)
    after = Counters(10.0, 10.0 + 6.0 * cores, 1.0 + 0.5 * cores, 5.0 + 4.0 * cores, 2.5, 300)

    seen = strain.between(before, after)

    assert round(seen.foreign_share or 0, 9) == 0.2
    assert round(seen.steal_share or 0, 9) == 0.05
    assert seen.throttled_share == 0.25
    assert seen.swapped_bytes == 200 * os.sysconf("SC_PAGE_SIZE")


def test_what_the_kernel_does_not_tell_is_not_known() -> None:
    seen = strain.between(Counters(0.0, None, None, 0.0, None, None), Counters(5.0, None, None, 0.0, None, None))

    assert (seen.foreign_share, seen.steal_share, seen.throttled_share, seen.swapped_bytes) == (None,) * 4


def test_a_moment_too_short_for_the_ticks_says_nothing() -> None:
    assert (
        strain.between(Counters(0.0, 1.0, 0.0, 0.0, None, 0), Counters(0.1, 1.2, 0.0, 0.0, None, 0)).foreign_share
        is None
    )


def test_the_work_of_a_watched_process_is_ours() -> None:
    child = subprocess.Popen([sys.executable, "-c", SPIN.format(1.2)])
    before = strain.count([child.pid])
    time.sleep(0.9)
    after = strain.count([child.pid])
    child.wait()

    assert after.ours_s - before.ours_s > 0.05
    assert (after.busy_s or 0) - (before.busy_s or 0) >= after.ours_s - before.ours_s - 0.05
