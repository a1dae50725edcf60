"""What telemetry costs the supervisor: its CPU time with readings at 5 Hz and without, on a board's files and here."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.fresh import ENVIRONMENT, ROOT, heard
from benchmarks.table import Table, arguments_of
from edgeprof.agent.watch import Watch
from edgeprof.core.job import Job, Tensor
from edgeprof.core.measurement import Process
from edgeprof.core.protocol import Order, Task
from edgeprof.core.sampling import Sampling
from edgeprof.core.stats.steady import WarmUp
from edgeprof.targets.bundle import bundle

MOST_SHARE = 0.01
PACE_S = 0.2
_LINES = ROOT / "tests/data/tegrastats/agx-orin-64gb-jp6.2.1-root.txt"
_ZONES = ("cpu", "soc0", "soc1", "soc2", "tj", "gpu", "cv0", "cv1", "cv2")


def main() -> int:
    parser = arguments_of("telemetry", __doc__)
    parser.add_argument("--rounds", type=int, default=5, help="fresh processes of each")
    parser.add_argument("--seconds", type=float, default=10.0, help="sampling in each")
    parser.add_argument("--once", nargs=2, metavar=("PACE", "FOLDER"), help="one supervisor here, as JSON")
    options = parser.parse_args()
    if options.once:
        print(json.dumps(spent(float(options.once[0]), Path(options.once[1]), options.seconds)))
        return 0
    columns = ("device", "ms of CPU a second", "without", "share of a core", "series", "readings", "target")
    table = Table("Telemetry in the supervisor", columns)
    with tempfile.TemporaryDirectory() as folder:
        board = board_in(Path(folder) / "board")
        for name, root in (("a Jetson's files and lines", board), ("this machine", Path("/"))):
            _compare(table, name, root, options.rounds, options.seconds)
    table.notes.append(f"{options.rounds} processes of each, alternated, {options.seconds:g} s of sampling; medians")
    table.notes.append("the tegrastats that replays lines is a process of its own, and so not in these figures")
    table.notes.append("what is not of a moment is read once a second: docs/telemetry.md")
    return table.conclude(options.record)


def _compare(table: Table, name: str, root: Path, rounds: int, seconds: float) -> None:
    seen: dict[float, list[dict[str, float]]] = {PACE_S: [], 0.0: []}
    os.environ["EDGEPROF_ROOT"] = ENVIRONMENT["EDGEPROF_ROOT"] = str(root)
    for _ in range(rounds):
        for pace_s, found in seen.items():
            found.append(heard("benchmarks.telemetry", "--seconds", str(seconds), "--once", str(pace_s), str(root)))
    with_it, without = (median(each["share"] for each in seen[pace_s]) for pace_s in (PACE_S, 0.0))
    table.add(
        name,
        f"{with_it * 1e3:.2f}",
        f"{without * 1e3:.2f}",
        f"{(with_it - without) * 100:.2f} %",
        f"{median(each['series'] for each in seen[PACE_S]):.0f}",
        f"{median(each['readings'] for each in seen[PACE_S]):.0f}",
        f"<= {MOST_SHARE:.0%}",
        holds=with_it - without <= MOST_SHARE and median(each["series"] for each in seen[PACE_S]) > 0,
    )


def spent(pace_s: float, root: Path, seconds: float) -> dict[str, float]:
    """CPU time of this process, a second, while it watches a real process that sleeps."""
    tools = root / "bin"
    if tools.is_dir() and root != Path("/"):
        os.environ["PATH"] = f"{tools}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.fake.json"
        model.write_text(json.dumps({"latency_ms": 20, "real": True}))
        job = Job("fake", "00", "fake", (Tensor("input", (1,), "float32"),), "fake", "fp32")
        sampling = Sampling(WarmUp(5, 0.5, until_steady=False), max_s=seconds, least_s=seconds)
        order = Order(Task.MEASURE, job, str(model), sampling=sampling, telemetry_s=pace_s)
        watch = Watch(order, [sys.executable, str(bundle(Path(folder)).path)], lambda event: None, lambda: False)
        begin_s, began_s = time.process_time(), time.perf_counter()
        process = watch.run()
        share = (time.process_time() - begin_s) / (time.perf_counter() - began_s)
    return {"share": share, **_read(process)}


def _read(process: Process) -> dict[str, float]:
    telemetry = process.telemetry
    return {
        "series": len(telemetry.series) if telemetry else 0,
        "readings": len(telemetry.times_s) if telemetry else 0,
    }


def board_in(root: Path) -> Path:
    """The files of an AGX Orin as far as they are read, and a tegrastats that replays its line at the pace."""
    gpu = "sys/class/devfreq/17000000.gpu"
    files = {
        "proc/device-tree/compatible": "nvidia,p3737-0000+p3701-0005\0nvidia,tegra234\0",
        "proc/device-tree/model": "NVIDIA Jetson AGX Orin Developer Kit\0",
        "proc/meminfo": Path("/proc/meminfo").read_text(),
        f"{gpu}/device/of_node/name": "gpu\0",
        f"{gpu}/cur_freq": "1300500000\n",
        f"{gpu}/device/load": "250\n",
        "sys/class/hwmon/hwmon0/name": "soctherm_oc\n",
    }
    files |= {f"sys/class/hwmon/hwmon0/oc{n}_event_cnt": "0\n" for n in (1, 2, 3)}
    for n, zone in enumerate(_ZONES):
        files[f"sys/class/thermal/thermal_zone{n}/type"] = f"{zone}-thermal\n"
        files[f"sys/class/thermal/thermal_zone{n}/temp"] = "45812\n"
    files |= {
        f"sys/devices/system/cpu/cpu{n}/cpufreq/scaling_cur_freq": "2201600\n" for n in range(os.cpu_count() or 1)
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tool = root / "bin/tegrastats"
    tool.parent.mkdir()
    tool.write_text(
        f"#!/bin/sh\nread -r line < '{_LINES}'\nwhile :; do printf '%s\\n' \"$line\"; sleep {PACE_S}; done\n"
    )
    tool.chmod(0o755)
    return root


if __name__ == "__main__":
    sys.exit(main())
