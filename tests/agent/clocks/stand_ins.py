"""A board whose nvpmodel, jetson_clocks and sudo are scripts that keep their state in files, as the real ones do."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Callable, Dict, List

from agent.board.trees import orin_nano, script
from agent.speaking import Agent, Event

# As nvpmodel of JetPack 6 says it; the answer it would take is yes.
REBOOT = """\
NVPM WARN: Golden image context is already created
NVPM WARN: Reboot required for changing to this power mode: $2
NVPM WARN: DO YOU WANT TO REBOOT NOW? enter YES/yes to confirm:"""

_SUDO = """\
echo "sudo $*" >> {log}
if [ -e {state}/password ]; then echo "sudo: a password is required" >&2; exit 1; fi
[ "$1" = -n ] || exit 99
shift
exec "$@"
"""
_NVPMODEL = """\
[ "$1" = -m ] || exit 2
if [ -e {state}/reboots ]; then
  echo "{reboot}" >&2
  read answer && touch {state}/answered
  echo "NVPM ERROR: bad input!" >&2
  exit 255
fi
[ -e {state}/slow ] && sleep 1
while [ -e {state}/hangs ]; do sleep 0.1; done
[ -e {state}/stuck ] && exit 0
printf 'pmode:%04d fmode:fan_mode_quiet\\n' "$2" > {root}/var/lib/nvpmodel/status
"""
_JETSON_CLOCKS = """\
gpu={root}/sys/class/devfreq/17000000.gpu
cpu={root}/sys/devices/system/cpu/cpu0/cpufreq
case "$1" in
--store)
  if [ -e "$2" ]; then echo "File $2 already exists. Can I overwrite it? Y/N:"; exit 1; fi
  cat $gpu/min_freq $gpu/cur_freq $cpu/scaling_min_freq > "$2" ;;
--restore)
  [ -e {state}/idle ] && exit 0
  if [ -e {state}/broken ] || [ ! -e "$2" ]; then echo "Error: no $2"; exit 1; fi
  {{ read low; read now; read core; }} < "$2"
  echo $low > $gpu/min_freq; echo $now > $gpu/cur_freq; echo $core > $cpu/scaling_min_freq ;;
"")
  cat $gpu/max_freq > $gpu/min_freq; cat $gpu/max_freq > $gpu/cur_freq
  cat $cpu/scaling_max_freq > $cpu/scaling_min_freq
  if [ -e {state}/halfway ]; then echo "Error: no EMC"; exit 1; fi ;;
*) exit 2 ;;
esac
"""


class StandIns:
    """A machine below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.state = folder / "state"
        self.bin = folder / "bin"
        self.clocks = folder / "clocks"
        self.log_path = self.state / "log"
        for made in (self.state, self.clocks):
            made.mkdir(parents=True)
        orin_nano(self.root)
        known = {"root": self.root, "state": self.state, "log": self.log_path}
        for name, text in (("sudo", _SUDO), ("nvpmodel", _NVPMODEL), ("jetson_clocks", _JETSON_CLOCKS)):
            script(self.bin, name, text.format(reboot=REBOOT, **known))

    @property
    def environment(self) -> Dict[str, str]:
        return {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "EDGEPROF_ROOT": str(self.root),
            "EDGEPROF_CLOCKS": str(self.clocks),
        }

    def note(self, name: str) -> None:
        """From now on: password, reboots, stuck, slow, hangs; broken, idle, halfway."""
        (self.state / name).touch()

    def has(self, name: str) -> bool:
        return (self.state / name).exists()

    @property
    def log(self) -> List[str]:
        """What sudo was asked to run, without the folders."""
        if not self.log_path.exists():
            return []
        lines = self.log_path.read_text().splitlines()
        return [" ".join(word.rpartition("/")[2] for word in line.split()) for line in lines]

    @property
    def mode(self) -> str:
        words = (self.root / "var/lib/nvpmodel/status").read_text().split()
        return words[0] if words else "just being written"

    @property
    def is_locked(self) -> bool:
        gpu = self.root / "sys/class/devfreq/17000000.gpu"
        return (gpu / "min_freq").read_text() == (gpu / "max_freq").read_text()

    @property
    def records(self) -> List[Path]:
        return sorted(self.clocks.glob("*.json"))

    @property
    def leftovers(self) -> List[Path]:
        """Whatever is not a lock."""
        return [path for path in self.clocks.iterdir() if path.suffix != ".lock"]


def hear(agent: Agent, name: str) -> Event:
    """The next event of that name; one that ends the wait in its place fails the test."""
    while True:
        event = agent.hear()
        if event.get("event") == name:
            return event
        assert event.get("event") in (None, "alive", "waiting"), event


def guardian_of(agent: Agent) -> int:
    children = Path(f"/proc/{agent.process.pid}/task").glob("*/children")
    (pid,) = {int(word) for path in children for word in path.read_text().split()}
    return pid


def let_go(agent: Agent) -> None:
    assert agent.process.stdin
    agent.process.stdin.close()
    agent.process.wait(20)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def until(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True
