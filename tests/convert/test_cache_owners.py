"""Whose folders the cache is willing to work in."""

import os

import pytest
from test_cache import kept

from edgeprof.convert.cache import Cache
from edgeprof.core.errors import ConvertError
from edgeprof.core.exits import Exit


def link_to_nowhere(tmp_path):
    (tmp_path / "c").symlink_to(tmp_path / "gone")
    return tmp_path / "c"


def link_to_a_stranger(tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    if os.geteuid() == 0:
        os.chown(theirs, 12345, 12345)
    (tmp_path / "c").symlink_to(theirs if os.geteuid() == 0 else "/")
    return tmp_path / "c"


def a_file(tmp_path):
    (tmp_path / "c").write_text("not a folder")
    return tmp_path / "c"


def under_a_file(tmp_path):
    return a_file(tmp_path) / "below"


def unwritable(tmp_path):
    return tmp_path.__class__("/proc/edgeprof")


def a_strangers(path):
    path.mkdir(parents=True)
    if os.geteuid() == 0:
        path.chmod(0o777)  # else root takes it, as in a container over a user's folder
        os.chown(path, 12345, 12345)
    return path


def of_a_stranger(tmp_path):
    return a_strangers(tmp_path / "c") if os.geteuid() == 0 else tmp_path.__class__("/proc/1")


def partly_of_a_stranger(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root gives a folder away")
    return a_strangers(tmp_path / "c" / "artefacts").parent


def with_a_strangers_agent(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root gives a folder away")
    return a_strangers(tmp_path / "c" / "agent").parent


def with_a_linked_agent(tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "agent").symlink_to(tmp_path)
    return tmp_path / "c"


def linked_inside(tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "artefacts").symlink_to(tmp_path)
    return tmp_path / "c"


@pytest.mark.parametrize(
    "place",
    [
        link_to_nowhere,
        link_to_a_stranger,
        a_file,
        under_a_file,
        unwritable,
        linked_inside,
        of_a_stranger,
        partly_of_a_stranger,
        with_a_strangers_agent,
        with_a_linked_agent,
    ],
)
def test_a_root_that_cannot_serve_is_a_conversion_error_naming_the_variable(place, tmp_path):
    with pytest.raises(ConvertError) as raised:
        kept(Cache(place(tmp_path)))

    assert raised.value.exit == Exit.CONVERSION
    assert "EDGEPROF_CACHE" in raised.value.hint


def test_a_link_to_a_folder_of_ones_own_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "c").symlink_to(tmp_path / "real")

    kept(Cache(tmp_path / "c"))

    assert len(Cache(tmp_path / "real").entries()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_a_folder_of_another_users_is_refused_unless_it_is_roots(tmp_path):
    """As somebody who may read and enter everything here."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.name.startswith(("pytest", "popen", "test")):
            folder.chmod(0o755)
    theirs, roots = tmp_path / "theirs", tmp_path / "roots"
    for path, owner in ((theirs, 12345), (roots, 0)):
        path.mkdir(mode=0o755)
        os.chown(path, owner, owner)
    os.seteuid(54321)
    try:
        assert Cache(roots).entries() == []
        with pytest.raises(ConvertError, match="belongs to another user"):
            Cache(theirs).entries()
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root takes another user's folder")
def test_root_takes_a_users_folder_as_in_a_container_over_it(tmp_path):
    (tmp_path / "c").mkdir(mode=0o755)
    os.chown(tmp_path / "c", 12345, 12345)

    kept(Cache(tmp_path / "c"))

    assert len(Cache(tmp_path / "c").entries()) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder away")
def test_an_entry_that_another_user_put_there_is_made_again(cache, said):
    kept(cache)
    (entry,) = (cache.root / "artefacts").iterdir()
    entry.chmod(0o777)
    os.chown(entry, 12345, 12345)

    assert cache.find(entry.name, said.append) is None
    assert "belongs to another user" in said[0]
