"""Artefacts that several make at once, or that a disk has no room for: one is made, or none, and the cache is sound."""

import os
import shutil
import subprocess
import sys
import threading
import time

import pytest

from edgeprof.convert import produce
from edgeprof.convert.recipe import Recipe


def test_two_processes_that_make_the_same_at_once_both_end_well(onnx_file, cache):
    script = (
        "import sys; from pathlib import Path; from edgeprof.convert import produce\n"
        "from edgeprof.convert.cache import Cache; from edgeprof.convert.recipe import Recipe\n"
        "print(produce(Recipe(sys.argv[1]), Cache(Path(sys.argv[2])), lambda _: None).digest)"
    )
    command = [sys.executable, "-c", script, str(onnx_file()), str(cache.root)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [one.communicate(timeout=60) for one in both]

    assert [one.returncode for one in both] == [0, 0], answers
    assert answers[0][0] == answers[1][0] != ""
    assert len(cache.entries()) == 1
    assert list((cache.root / "building").iterdir()) == []


def test_who_comes_second_waits_for_who_makes_the_same_and_for_nobody_else(cache, said):
    second = threading.Thread(target=lambda: _making(cache, "a", said))
    with cache.alone("a", said.append):
        second.start()
        while not said:
            time.sleep(0.01)
        with cache.alone("b", said.append):
            assert said == [f"waiting for process {os.getpid()}, which converts the same"]
    second.join(10)

    assert said[1:] == ["made"]


def _making(cache, what, said):
    with cache.alone(what, said.append):
        said.append("made")


TWO = (
    "import sys; from pathlib import Path; from edgeprof.convert import produce\n"
    "from edgeprof.convert.cache import Cache; from edgeprof.convert.recipe import Recipe\n"
    "print(produce(Recipe(sys.argv[1], precision='fp16'), Cache(Path(sys.argv[2])), "
    "lambda words: print(words, file=sys.stderr)).digest)"
)


def test_of_two_that_make_the_same_at_once_only_one_builds(network, cache):
    command = [sys.executable, "-c", TWO, network, str(cache.root)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [one.communicate(timeout=120) for one in both]
    words = [line for _, said in answers for line in said.splitlines()]

    assert [one.returncode for one in both] == [0, 0], answers
    assert answers[0][0] == answers[1][0] != ""
    assert words.count("converting to fp16") == 1
    assert len(cache.entries()) == 2


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_a_write_that_breaks_off_leaves_nothing_and_the_next_one_succeeds(network, cache, precision):
    script = (
        TWO.replace("precision='fp16'", f"precision='{precision}'").replace(
            "print(produce", "from edgeprof.core.errors import EdgeprofError\ntry: print(produce"
        )
        + "\nexcept EdgeprofError as error: print(int(error.exit), error.message)"
    )
    command = [sys.executable, "-c", script, network, str(cache.root)]
    limited = ["bash", "-c", 'ulimit -f 2; exec "$@"', "bash", *command]  # of 1024 bytes

    seen = subprocess.run(limited, capture_output=True, text=True)

    assert seen.stdout.startswith("5 no space left while converting"), seen.stdout + seen.stderr
    assert cache.entries() == []
    assert list((cache.root / "building").iterdir()) == []
    again = subprocess.run(command, capture_output=True, text=True)
    assert len(again.stdout.strip()) == 64, again.stdout + again.stderr


def test_a_full_disk_is_a_conversion_error_and_leaves_the_cache_sound(network, cache, tmp_path):
    """On a real file system of a few KiB more than the fp32 artefact takes."""
    produce(Recipe(network), cache, print)
    pages = sum(-(-path.stat().st_size // 4096) for path in cache.root.rglob("*") if path.is_file()) + 4
    disk = tmp_path / "disk"
    disk.mkdir()
    script = TWO.replace("print(produce", "from edgeprof.core.errors import EdgeprofError\ntry: print(produce") + (
        "\nexcept EdgeprofError as error: print(int(error.exit), error.message, error.hint)"
    )
    mount = f'mount -t tmpfs -o size={pages * 4}k tmpfs {disk} && cp -a {cache.root}/. {disk} && exec "$@"'
    command = ["unshare", "-rm", "sh", "-c", mount, "sh", sys.executable, "-c", script, network, str(disk)]
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("needs unprivileged mount namespaces")

    seen = subprocess.run(command, capture_output=True, text=True)

    assert seen.stdout.splitlines()[-1].startswith("5 no space left"), seen.stdout + seen.stderr
    assert "EDGEPROF_CACHE" in seen.stdout
