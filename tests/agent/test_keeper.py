"""The keeper from outside: requests in, answers out, files under their digests, an end with stdin."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CONTENT = bytes(range(256)) * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
NAME = DIGEST + "-model.onnx"


class Asked:
    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from edgeprof.agent.keeper import main; main()"],
            cwd=str(ROOT),
            env={**os.environ, "XDG_CACHE_HOME": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.ready = self.answer()
        self.root = Path(self.ready["root"])

    def say(self, request: Dict[str, Any], content: bytes = b"") -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(request).encode() + b"\n" + content)
        self.process.stdin.flush()

    def answer(self) -> Dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "it said nothing"
        answer: Dict[str, Any] = json.loads(line)
        return answer

    def ask(self, request: Dict[str, Any], content: bytes = b"") -> Dict[str, Any]:
        self.say(request, content)
        return self.answer()

    def place(self, content: bytes = CONTENT, start: int = 0, **changes: Any) -> Dict[str, Any]:
        request = {"do": "place", "name": NAME, "digest": DIGEST, "bytes": len(CONTENT), "from": start, **changes}
        return self.ask(request, content[start:])

    def end(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Asked]:
    asked = Asked(tmp_path)
    yield asked
    asked.end()


def test_it_says_first_what_is_there(keeper: Asked, tmp_path: Path) -> None:
    keeper.place()
    (keeper.root / ("a" * 64 + "-x.part")).write_bytes(b"123")
    again = Asked(tmp_path)
    again.end()

    assert again.ready["placed"] == [[NAME, len(CONTENT)]]
    assert again.ready["parts"] == {"a" * 64 + "-x": 3}
    assert again.ready["passed_over"] == []
    assert abs(again.ready["time"] - time.time()) < 60  # noqa: TID251 (a date)


def test_what_is_placed_has_its_content_and_nobody_may_write_to_it(keeper: Asked) -> None:
    path = Path(keeper.place()["path"])

    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o777 == 0o400


def test_what_arrives_damaged_is_not_kept(keeper: Asked) -> None:
    assert keeper.place(content=CONTENT[:-1] + b"?") == {"error": "damaged"}
    assert os.listdir(str(keeper.root)) == []


def test_what_is_cut_off_can_go_on(keeper: Asked, tmp_path: Path) -> None:
    keeper.say({"do": "place", "name": NAME, "digest": DIGEST, "bytes": len(CONTENT), "from": 0}, CONTENT[:100_000])
    keeper.end()
    again = Asked(tmp_path)
    had = again.ready["parts"][NAME]
    path = Path(again.place(start=had)["path"])
    again.end()

    assert had == 100_000
    assert path.read_bytes() == CONTENT


def test_more_than_fits_is_refused_before_it_is_sent(keeper: Asked) -> None:
    keeper.say({"do": "place", "name": NAME, "digest": DIGEST, "bytes": 1 << 60, "from": 0})

    assert keeper.answer()["error"] == "space"
    assert os.listdir(str(keeper.root)) == []


def test_a_file_is_handed_out_whole(keeper: Asked) -> None:
    folder = Path(keeper.ask({"do": "folder"})["path"])
    (folder / "output.npy").write_bytes(CONTENT)
    answer = keeper.ask({"do": "fetch", "path": str(folder / "output.npy"), "most": 1 << 20})
    assert keeper.process.stdout

    assert answer == {"bytes": len(CONTENT)}
    assert keeper.process.stdout.read(len(CONTENT)) == CONTENT
    assert keeper.answer() == {}


@pytest.mark.parametrize("path", ["/etc/passwd", "{root}/../passwd", "{root}/link", "{root}/nothing", "{root}"])
def test_nothing_else_of_the_device_is_handed_out(keeper: Asked, path: str) -> None:
    (keeper.root / "link").symlink_to("/etc/passwd")

    assert keeper.ask({"do": "fetch", "path": path.format(root=keeper.root), "most": 1 << 20})["error"] == "read"
    assert keeper.ask({"do": "ping"}) == {}


def test_its_folders_end_with_it(keeper: Asked) -> None:
    folder = keeper.ask({"do": "folder"})["path"]
    assert os.listdir(folder) == []
    keeper.end()

    assert not os.path.exists(folder)


def test_only_what_was_started_with_the_token_is_killed(keeper: Asked) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    token = uuid.uuid4().hex  # several Pythons may run this at once
    ours, other = (
        subprocess.Popen(command, env={**os.environ, "EDGEPROF_CONVERSATION": each}) for each in (token, f"{token}-")
    )
    time.sleep(0.3)

    assert keeper.ask({"do": "end", "token": token}) == {"ended": 1}
    assert ours.wait(5) == -9
    assert other.poll() is None
    other.kill()
    other.wait()
