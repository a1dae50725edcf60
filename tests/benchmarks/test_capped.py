import os
import sys
import time
from pathlib import Path

import pytest

from benchmarks.capped import Cap, run_capped

ROOMY = Cap(4 << 30, 60.0)
HOLD = "held = bytearray(b'x') * (300 << 20)\nimport time\ntime.sleep(60)"


def test_a_command_within_its_caps_ends_by_itself(tmp_path):
    ended = _run("import sys; print('seen', file=sys.stderr); sys.exit(3)", ROOMY, tmp_path)

    assert (ended.code, ended.over, ended.said) == (3, None, "seen\n")
    assert 0 < ended.seconds < 60


def test_a_command_that_holds_too_much_is_ended_and_its_peak_is_told(tmp_path):
    ended = _run(HOLD, Cap(200 << 20, 60.0), tmp_path)

    assert ended.over == "ended at the cap of 0.195312 GiB of memory"
    assert ended.peak_bytes > 200 << 20
    assert ended.seconds < 30


def test_what_a_command_has_started_counts_and_is_ended_with_it(tmp_path):
    note = tmp_path / "child"
    child = f"import os\nopen({str(note)!r}, 'w').write(str(os.getpid()))\n{HOLD}"
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}], start_new_session=True)"
    ended = _run(parent, Cap(200 << 20, 60.0), tmp_path)

    assert ended.over is not None
    assert not Path(f"/proc/{note.read_text()}").exists()


def test_a_command_that_takes_too_long_is_ended(tmp_path):
    begin = time.monotonic()
    ended = _run("import time; time.sleep(60)", Cap(4 << 30, 0.5), tmp_path)

    assert ended.over == "ended at the cap of 0.00833333 min"
    assert time.monotonic() - begin < 30


def test_one_that_will_not_be_asked_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.capped._PATIENCE_S", 0.5)
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    ended = _run(stubborn, Cap(4 << 30, 1.0), tmp_path)

    assert ended.code == -9


@pytest.mark.parametrize("cause", [KeyboardInterrupt, RuntimeError])
def test_an_error_while_watching_leaves_nothing_behind(cause, tmp_path, monkeypatch):
    seen = []

    def fail(process):
        seen.append(process.pid)
        raise cause

    monkeypatch.setattr("benchmarks.capped._resident", fail)
    with pytest.raises(cause):
        _run("import time; time.sleep(60)", ROOMY, tmp_path)
    assert not Path(f"/proc/{seen[0]}").exists()


def _run(code: str, cap: Cap, folder: Path):
    return run_capped([sys.executable, "-c", code], cap, os.environ, folder)
