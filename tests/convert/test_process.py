"""The worker and the process around it, by their real ends."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from edgeprof.convert import process
from edgeprof.convert.recipe import Recipe
from edgeprof.convert.sources import Source
from edgeprof.core.codec import plain
from edgeprof.core.errors import ConfigError, ConvertError


def task(folder, model, **recipe):
    return {
        "order": "convert",
        "source": plain(Source("onnx", str(model))),
        "recipe": plain(Recipe(str(model), **recipe)),
        "folder": str(folder),
        "rounding": None,
    }


def children():
    seen = subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "pid=,args="], capture_output=True, text=True)
    return [int(line.split()[0]) for line in seen.stdout.splitlines() if "edgeprof.convert.worker" in line]


def end_soon(number):
    """Send the signal to the worker as soon as there is one."""

    def send():
        while not (workers := children()):
            time.sleep(0.01)
        os.kill(workers[0], number)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def test_it_says_what_it_does_and_leaves_no_process(onnx_file, tmp_path, said):
    done = process.ask(task(tmp_path, onnx_file()), said.append)

    assert said == ["reading the file", "checking the file", "computing the reference"]
    assert done["artefact"]["path"] == "model.onnx"
    assert children() == []


def test_an_error_in_the_worker_is_the_same_error_here(tmp_path, onnx_file, said):
    with pytest.raises(ConfigError) as raised:
        process.ask(task(tmp_path, onnx_file(), weights="pretrained"), said.append)

    assert raised.value.hint == "leave --weights out"
    assert children() == []


def test_a_worker_that_somebody_killed_was_killed(tmp_path, onnx_file, said):
    killer = end_soon(signal.SIGKILL)

    with pytest.raises(ConvertError, match="killed by signal 9"):
        process.ask(task(tmp_path, onnx_file()), said.append)

    killer.join()


def test_a_worker_that_the_kernel_killed_for_memory_did_not_fit(tmp_path, onnx_file, said, monkeypatch):
    killer = end_soon(signal.SIGKILL)
    counts = iter((3, 4))
    monkeypatch.setattr(process, "kills_for_memory", lambda: next(counts))

    with pytest.raises(ConvertError, match="does not fit in memory") as raised:
        process.ask(task(tmp_path, onnx_file()), said.append)

    killer.join()
    assert "--res" in raised.value.hint


def test_a_worker_that_crashed_is_told_with_its_last_words(said):
    with pytest.raises(ConvertError, match="KeyError"):
        process.ask({"order": "convert"}, said.append)


def test_an_interrupt_here_ends_the_worker(tmp_path, onnx_file):
    def interrupt(words):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.ask(task(tmp_path, onnx_file()), interrupt)

    assert children() == []


def test_the_worker_ends_with_whoever_started_it(tmp_path):
    """In the middle of its task: it reads a pipe that nobody writes."""
    os.mkfifo(tmp_path / "endless.onnx")
    worker = subprocess.Popen(
        [sys.executable, "-m", "edgeprof.convert.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=process._environment(),
    )
    worker.stdin.write(json.dumps(task(tmp_path, tmp_path / "endless.onnx")).encode() + b"\n")
    worker.stdin.flush()
    assert b"reading" in worker.stdout.readline()
    time.sleep(0.5)
    assert worker.poll() is None

    worker.stdin.close()

    try:
        assert worker.wait(5) == 1
    finally:
        worker.kill()
        worker.stdout.close()


def test_the_users_own_files_do_not_hide_a_library(onnx_file, tmp_path, said, monkeypatch):
    (tmp_path / "onnx.py").write_text("raise RuntimeError('shadowed')")
    (tmp_path / "numpy.py").write_text("raise RuntimeError('shadowed')")
    model = onnx_file()
    monkeypatch.chdir(tmp_path)

    assert process.ask(task(tmp_path, Path(model)), said.append)["artefact"]["form"] == "onnx"
