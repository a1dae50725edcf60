"""Ending when the other side goes away."""

import os
import subprocess
import sys
from pathlib import Path
from threading import Event

from edgeprof.core import lifeline
from edgeprof.core.lifeline import end_with

ROOT = Path(lifeline.__file__).parents[2]


def test_the_end_comes_when_the_writing_end_closes_and_not_before():
    ended = Event()
    reading, writing = os.pipe()
    end_with(reading, ended.set)
    os.write(writing, b"still here")
    assert not ended.wait(0.05)
    os.close(writing)
    assert ended.wait(5)
    os.close(reading)


def test_a_process_ends_with_whoever_started_it():
    waits = (
        "import time; from edgeprof.core.lifeline import end_with; end_with(0); print(1, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", waits],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout.readline() == b"1\n"
    assert process.poll() is None
    process.communicate(timeout=5)
    assert process.returncode == 0
