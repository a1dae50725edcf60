import os
import shutil
import subprocess
import sys

import pytest

from edgeprof.convert.cache import Cache
from edgeprof.core.artefact import Artefact, Reference
from edgeprof.core.files import digest_of_bytes
from edgeprof.core.job import Tensor


def kept(cache, key="k", content=b"graph", model="resnet50"):
    with cache.workspace() as folder:
        (folder / "model.onnx").write_bytes(content)
        (folder / "in.npy").write_bytes(b"input")
        tensor = Tensor("input", (1, 3, 8, 8), "float32")
        artefact = Artefact(
            model=model,
            source="timm",
            form="onnx",
            path="model.onnx",
            digest=digest_of_bytes(content),
            size_bytes=len(content),
            precision="fp32",
            inputs=(tensor,),
            outputs=(tensor,),
            references=(Reference(("in.npy",), ("in.npy",)),),
        )
        return cache.keep(key, folder, artefact, print)


def model_file(cache, key="k"):
    return cache.root / "artefacts" / key / "model.onnx"


def test_what_was_kept_is_found_with_absolute_paths(cache, said):
    artefact = kept(cache)

    assert cache.find("k", said.append) == artefact
    assert artefact.path == str(model_file(cache))
    assert artefact.references[0].inputs == (str(model_file(cache).parent / "in.npy"),)
    assert said == []


def test_an_unknown_key_is_not_found(cache, said):
    assert cache.find("other", said.append) is None
    assert said == []
    assert not cache.root.exists()


def test_a_workspace_that_failed_leaves_nothing(cache):
    def fail():
        with cache.workspace() as folder:
            (folder / "half").write_bytes(b"x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert list((cache.root / "building").iterdir()) == []
    assert cache.entries() == []


def rot_cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def rot_cut_under_its_stamp(path):
    stamp = path.stat().st_mtime_ns
    rot_cut(path)
    os.utime(path, ns=(stamp, stamp))


def rot_changed(path):
    path.write_bytes(b"GRAPH")
    os.utime(path, ns=(1, 1))


def rot_gone(path):
    path.unlink()


def rot_linked(path):
    path.rename(path.parent / "elsewhere")
    path.symlink_to(path.parent / "elsewhere")


def rot_card(path):
    card = path.parent / "entry.json"
    card.write_text(card.read_text().replace("fp32", "fp16"))


def rot_no_card(path):
    (path.parent / "entry.json").write_bytes(b"\xff{")


@pytest.mark.parametrize(
    "rot", [rot_cut, rot_cut_under_its_stamp, rot_changed, rot_gone, rot_linked, rot_card, rot_no_card]
)
def test_a_rotted_entry_is_said_removed_and_can_be_made_again(cache, said, rot):
    kept(cache)
    rot(model_file(cache))

    assert cache.find("k", said.append) is None
    assert len(said) == 1
    assert "damaged" in said[0]
    assert not model_file(cache).parent.exists()
    assert kept(cache) == cache.find("k", said.append)


def test_other_bytes_under_the_same_stamp_are_seen_only_when_verifying(cache, said):
    kept(cache)
    status = model_file(cache).stat()
    model_file(cache).write_bytes(b"GRAPH")
    os.utime(model_file(cache), ns=(status.st_atime_ns, status.st_mtime_ns))

    assert cache.find("k", said.append) is not None
    assert Cache(cache.root, verify=True).find("k", said.append) is None


def test_a_copied_cache_gets_new_stamps_and_is_used(cache, said, tmp_path):
    kept(cache)
    shutil.copytree(cache.root, tmp_path / "copy", copy_function=shutil.copyfile)
    copy = Cache(tmp_path / "copy")

    assert copy.find("k", said.append) is not None
    rewritten = model_file(copy).parent / "entry.json"
    assert str(model_file(copy).stat().st_mtime_ns) in rewritten.read_text()
    assert said == []


def test_a_linked_entry_is_never_followed(cache, said, tmp_path):
    kept(cache)
    elsewhere = tmp_path / "elsewhere"
    model_file(cache).parent.rename(elsewhere)
    (cache.root / "artefacts" / "k").symlink_to(elsewhere)

    assert cache.find("k", said.append) is None
    assert (elsewhere / "model.onnx").exists()
    assert kept(cache).path == str(model_file(cache))
    assert not (cache.root / "artefacts" / "k").is_symlink()


def test_the_second_of_two_that_made_the_same_takes_the_firsts(cache, said):
    first = kept(cache, content=b"first")
    second = kept(cache, content=b"other")

    assert second == first
    assert model_file(cache).read_bytes() == b"first"


def test_the_least_recently_used_goes_first(cache):
    for age, key in enumerate("abc"):
        kept(cache, key)
        os.utime(cache.root / "artefacts" / key / "entry.json", (1000 - age, 1000 - age))
    cache.find("c", print)
    size = cache.entries()[0].size_bytes

    removed = cache.gc(2 * size)

    assert [entry.key for entry in removed] == ["b"]
    assert [entry.key for entry in cache.entries()] == ["a", "c"]
    assert cache.entries()[0].model == "resnet50"


def test_what_was_just_made_is_kept_even_over_the_cap(cache):
    artefact = kept(cache)

    assert cache.gc(0, keep=artefact.path) == []
    assert cache.find("k", print) == artefact


def test_clearing_removes_entries_and_facts_and_nothing_else(cache):
    kept(cache)
    cache.remember("fact", {"value": 1})
    (cache.root / "mine.txt").write_text("keep")

    assert [entry.key for entry in cache.clear()] == ["k"]
    assert cache.entries() == []
    assert cache.recall("fact") is None
    assert (cache.root / "mine.txt").read_text() == "keep"


def test_what_a_killed_process_had_begun_is_swept_and_what_another_builds_is_not(cache):
    kept(cache)
    abandoned = cache.root / "building" / "abandoned"
    abandoned.mkdir()
    os.utime(abandoned, (1, 1))
    with cache.workspace() as folder:
        os.utime(folder, (1, 1))

        cache.gc(1 << 30)

        assert folder.exists()
    assert not abandoned.exists()


def test_facts_are_remembered_and_a_broken_one_is_forgotten(cache):
    assert cache.recall("a") is None

    cache.remember("a", {"rounding": 1e-6})
    assert cache.recall("a") == {"rounding": 1e-6}
    assert cache.recall("b") is None

    for path in (cache.root / "facts").iterdir():
        path.write_text("{")
    assert cache.recall("a") is None


def test_the_default_root_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("EDGEPROF_CACHE", str(tmp_path / "named"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert Cache.default().root == tmp_path / "named"

    monkeypatch.delenv("EDGEPROF_CACHE")
    assert Cache.default().root == tmp_path / "xdg" / "edgeprof"

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Cache.default().root == tmp_path / ".cache" / "edgeprof"


def test_a_full_disk_is_a_conversion_error(onnx_file, tmp_path):
    """On a real file system of 64 KiB, in a mount namespace of its own; the fault is met by the worker and by us."""
    disk = tmp_path / "disk"
    disk.mkdir()
    path = onnx_file(inputs=(("image", 1, [1, 3, 224, 224]),))
    script = (
        "import sys; from pathlib import Path; from edgeprof.convert import produce;"
        "from edgeprof.convert.cache import Cache; from edgeprof.convert.recipe import Recipe;"
        "from edgeprof.core.errors import EdgeprofError\n"
        "try: produce(Recipe(sys.argv[1]), Cache(Path(sys.argv[2])), print)\n"
        "except EdgeprofError as error: print(int(error.exit), error.message, error.hint)"
    )
    mount = f'mount -t tmpfs -o size=64k tmpfs {disk} && exec "$@"'
    command = ["unshare", "-rm", "sh", "-c", mount, "sh", sys.executable, "-c", script, str(path), str(disk)]
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("needs unprivileged mount namespaces")

    seen = subprocess.run(command, capture_output=True, text=True)

    assert seen.stdout.splitlines()[-1].startswith("5 no space left"), seen.stdout + seen.stderr
    assert "EDGEPROF_CACHE" in seen.stdout
