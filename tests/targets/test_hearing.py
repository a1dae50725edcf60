"""What comes from a device is read as a stranger's."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from edgeprof.targets.hearing import Complaints, Ear, Silence, TooLong, printable

Made = tuple[Ear, Callable[[bytes], int]]


@pytest.fixture
def wire() -> Iterator[Made]:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as source:
        yield Ear(source, 1000), lambda data: os.write(write, data) if data else os.close(write) or 0


def test_lines_come_one_by_one_however_they_arrive(wire: Made) -> None:
    ear, say = wire
    say(b"one\ntw")
    assert ear.line(1) == b"one\n"
    say(b"o\n\nthree")
    assert ear.line(1) == b"two\n"
    assert ear.line(1) == b"\n"
    say(b"")
    assert ear.line(1) == b"three"
    assert ear.line(1) == b""


def test_bytes_follow_a_line(wire: Made) -> None:
    ear, say = wire
    say(b'{"bytes": 5}\n12')
    assert ear.line(1) == b'{"bytes": 5}\n'
    assert ear.take(5, 1) == b"12"
    say(b"345678")
    assert ear.take(3, 1) == b"345"
    assert ear.take(9, 1) == b"678"


def test_a_line_without_an_end_is_given_up(wire: Made) -> None:
    ear, say = wire
    say(b"x" * 2000)
    with pytest.raises(TooLong):
        ear.line(1)


def test_silence_is_given_up(wire: Made) -> None:
    ear, say = wire
    say(b"half a line")
    begin = time.monotonic()
    with pytest.raises(Silence):
        ear.line(0.2)

    assert 0.1 < time.monotonic() - begin < 1


def test_a_drop_every_now_and_then_is_silence_too(wire: Made) -> None:
    """The time is for the whole line."""
    from threading import Timer

    ear, say = wire
    for i in range(1, 5):
        Timer(0.1 * i, say, [b"x"]).start()
    with pytest.raises(Silence):
        ear.line(0.25)
    time.sleep(0.3)


def test_the_last_lines_of_stderr_are_kept_and_can_be_printed() -> None:
    script = "import sys; [print(i, file=sys.stderr) for i in range(90)]; print('\\x1b[31mred\\a', file=sys.stderr)"
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)
    complaints = Complaints(process)
    process.wait()

    lines = complaints.text().splitlines()
    assert len(lines) == 20
    assert lines[-1] == " [31mred "
    assert complaints.hint() == "its last words:\n  " + "\n  ".join(lines)


def test_a_stderr_without_a_line_is_no_flood() -> None:
    script = "import sys; sys.stderr.write('x' * 3000000)"
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)
    complaints = Complaints(process)
    process.wait()

    assert len(complaints.text()) <= 20 * 4001


@pytest.mark.parametrize("text", ["\x1b]0;title\x07", "a\rb", "\x9b31m", "\u202ereversed", "a\tb", "\x00"])
def test_nothing_steers_a_terminal(text: str) -> None:
    assert all(c.isprintable() for c in printable(text))


def test_letters_of_every_script_stay() -> None:
    assert printable("Gerät 日本\nzwei") == "Gerät 日本\nzwei"
