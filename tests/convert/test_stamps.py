"""A file is digested once, and again when it changed."""

import os
import time

import pytest

from edgeprof.convert import stamps
from edgeprof.convert.cache import Cache
from edgeprof.core.files import digest_of_bytes


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"one")
    time.sleep(0.15)
    return path


def remembered(cache):
    return list((cache.root / "facts").glob("*.json"))


def test_a_file_that_stays_is_not_read_again_but_to_verify(file, cache):
    first = stamps.digest_by_stamp(cache, str(file))
    (fact,) = remembered(cache)
    fact.write_text(fact.read_text().replace(first, "what was remembered"))

    assert first == digest_of_bytes(b"one")
    assert stamps.digest_by_stamp(cache, str(file)) == "what was remembered"
    assert stamps.digest_by_stamp(Cache(cache.root, verify=True), str(file)) == first


def test_other_bytes_are_seen_whatever_their_stamp_says(file, cache):
    stamps.digest_by_stamp(cache, str(file))
    before = file.stat()
    file.write_bytes(b"two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert stamps.digest_by_stamp(cache, str(file)) == digest_of_bytes(b"two")


def test_what_was_written_just_now_is_not_believed(tmp_path, cache):
    path = tmp_path / "fresh.bin"
    path.write_bytes(b"one")
    stamps.digest_by_stamp(cache, str(path))

    assert remembered(cache) == []
