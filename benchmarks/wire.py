"""What ssh costs: to the first sample, for a file, for a sample itself, and how much of it is edgeprof's own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.fresh import timed
from benchmarks.loopback import BOX, loopback, shared_connection
from benchmarks.pairs import Gathered, gather, tell
from benchmarks.product import Subject, subject
from benchmarks.table import Table, arguments_of
from edgeprof.core.files import digest_of_file
from edgeprof.core.measurement import Plan
from edgeprof.core.protocol import Order, Task
from edgeprof.targets.bundle import bundle
from edgeprof.targets.conversation import conversation
from edgeprof.targets.ssh import SshTarget
from tests.targets.sshd import Sshd

MOST_S = 2.0
MOST_OWN_S = 0.4
MOST_BUNDLE_BYTES = 200_000
LEAST_OF_SCP = 0.8
FEWEST = 5
_MODEL = ("mobilenetv3_large_100", "224", "onnxruntime")
_FILE_BYTES = 100_000_000
_TRANSFERS = 9  # for each connection: scp takes 0.13 s or 0.16, by chance, and medians of few jump
_LOCAL, _SSH = "local", "ssh"


def main() -> int:
    parser = arguments_of("wire", __doc__)
    parser.add_argument("--rounds", type=int, default=7, help="connections; of transfers nine times as many")
    parser.add_argument("--pairs", type=int, default=FEWEST, help="clean pairs wanted of each kind")
    parser.add_argument("--seconds", type=float, default=3.0, help="sampling in each process")
    parser.add_argument("--minutes", type=float, default=15.0, help="give the pairs up after so long")
    options = parser.parse_args()
    table = Table("The wire, on loopback", ("what", "median", "highest", "target"))
    with loopback() as sshd, tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        here = opened.enter_context(subject(*_MODEL))
        there = opened.enter_context(subject(*_MODEL, machine=BOX))
        _first_samples(table, there, sshd, options.rounds)
        size = bundle(Path(folder)).path.stat().st_size
        table.add("the agent's bundle", f"{size} bytes", "", "<= 200 KB", holds=size <= MOST_BUNDLE_BYTES)
        _transfers(table, sshd, Path(folder), _TRANSFERS * options.rounds)
        _samples(table, here, there, options)
    table.notes += [
        "own: all but a bare `ssh box true`, loading the runtime and its library, and the first inference",
        "a file of 100 MB, fresh each time, over an open connection; ours is verified by digest within that time",
        "p50: ratios of neighbouring fresh processes, ssh to local, held against pairs of the same kind",
    ]
    return table.conclude(options.record)


def _first_samples(table: Table, there: Subject, sshd: Sshd, rounds: int) -> None:
    ssh_s = [timed(["ssh", "-F", str(sshd.config), "box", "true"]) for _ in range(rounds)]
    laps = [_first_sample(there) for _ in range(rounds)]
    bare_s = median(ssh_s)
    _add(table, "a bare ssh box true", ssh_s)
    for name in laps[0]:
        _add(table, f"first sample: {name}", [lap[name] for lap in laps])
    whole = [sum(lap.values()) for lap in laps]
    own = [sum(lap.values()) - bare_s - lap["load"] - lap["first inference"] for lap in laps]
    _add(table, "first connection to first sample", whole, MOST_S)
    _add(table, "of it edgeprof's own", own, MOST_OWN_S)


def _first_sample(there: Subject) -> dict[str, float]:
    """Seconds of each step, with everything placed before."""
    laps: dict[str, float] = {}
    last = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal last
        now = time.perf_counter()
        laps[name], last = now - last, now

    target = SshTarget(str(BOX.host), python=str(BOX.python))
    agent, prepared = there.device.agent, there.prepared
    try:
        target.place(agent.digest, agent.path)
        lap("connect and look")
        with conversation(target, agent, Order(Task.DESCRIBE)) as events:
            list(events)
        lap("start and describe")
        placed = target.place(prepared.job.artefact, Path(prepared.artefact.path))
        lap("place what is there")
        order = Order(Task.MEASURE, prepared.job, placed, sampling=Plan(samples=20).sampling())
        with conversation(target, agent, order) as events:
            for event in events:
                if event["event"] == "warming":
                    lap("start, lock, canary and load")
                elif event["event"] == "samples":
                    laps.setdefault("first inference", event["latencies_s"][0])
            load_s = event["process"]["load_s"]
    finally:
        target.close()
    laps["load"] = load_s
    laps["start, lock and canary"] = laps.pop("start, lock, canary and load") - load_s
    return laps


def _transfers(table: Table, sshd: Sshd, folder: Path, rounds: int) -> None:
    path = folder / "artefact"
    seconds: dict[str, list[float]] = {"scp": [], "edgeprof": []}
    target = SshTarget(str(BOX.host), python=str(BOX.python))
    try:
        target.folder()
        with shared_connection(sshd, folder) as options:
            for number in range(rounds + 1):
                path.write_bytes(os.urandom(_FILE_BYTES))
                digest = digest_of_file(path)
                begin = time.perf_counter()
                subprocess.run(["scp", "-q", *options, str(path), f"box:{folder}/copy"], check=True)
                middle = time.perf_counter()
                placed = target.place(digest, path)
                end = time.perf_counter()
                Path(placed).unlink()
                if number:  # the first fills caches
                    seconds["scp"].append(middle - begin)
                    seconds["edgeprof"].append(end - middle)
    finally:
        target.close()
    for name, taken in seconds.items():
        _add(table, f"100 MB by {name}", taken)
    share = median(seconds["scp"]) / median(seconds["edgeprof"])
    table.add("speed of scp's", f"{share:.0%}", "", f">= {LEAST_OF_SCP:.0%}", holds=share >= LEAST_OF_SCP)


def _samples(table: Table, here: Subject, there: Subject, options: Namespace) -> None:
    ways = {name: partial(_p50_s, found, options.seconds) for name, found in ((_LOCAL, here), (_SSH, there))}
    deadline = time.monotonic() + 60 * options.minutes
    order = [_LOCAL, _SSH, _SSH, _LOCAL, _LOCAL]
    gathered = gather(ways, order, partial(_has_clean, options.pairs), deadline, tell)
    agreement = gathered.agreement(_SSH, _LOCAL)
    shown = f"{agreement.ratio:.4f}" if agreement.ratios else "not measured"
    within = f"within {agreement.noise:.1%} of 1" if agreement.alike else ""
    holds = agreement.holds(0.0, options.pairs)
    table.add(
        f"p50 over ssh to local, {len(agreement.ratios)} and {len(agreement.alike)} clean pairs",
        shown,
        "",
        within,
        holds=holds,
    )


def _p50_s(found: Subject, seconds: float) -> float:
    return median(found.measure(seconds).samples_s)


def _has_clean(wanted: int, gathered: Gathered) -> bool:
    """So many pairs of the two, and as many of either with itself."""
    agreement = gathered.agreement(_SSH, _LOCAL)
    return min(len(agreement.ratios), len(agreement.alike)) >= wanted


def _add(table: Table, name: str, seconds: list[float], most_s: float | None = None) -> None:
    table.add(
        name,
        f"{median(seconds):.3f} s",
        f"{max(seconds):.3f} s",
        f"<= {most_s:g} s" if most_s else "",
        holds=median(seconds) <= most_s if most_s else None,
    )


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
