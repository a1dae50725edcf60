"""Plans kept on a device, found again under everything that they depend on."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from edgeprof.agent.cuda import Gpu
from edgeprof.agent.shelf import placed
from edgeprof.agent.trt import plans
from edgeprof.agent.trt.library import Library
from edgeprof.agent.trt.order import BuildOrder, Built, Layer
from edgeprof.agent.trt.plans import Kept
from edgeprof.core.errors import ConvertError
from edgeprof.core.files import digest_of_bytes

LIBRARY = Library("tensorrt", "10.3.0")
ORIN = Gpu("Orin", "8.7", 32 << 30, True, "12.6")
ORDER = BuildOrder("fp16")
BUILT = Built(LIBRARY, None, "fp16", {"fp16": 3}, True, False, (), (), (), "", 0, 1.5)


def a_key(artefact: str = "ab" * 32, order: BuildOrder = ORDER, library: Library = LIBRARY, gpu: Gpu = ORIN) -> str:
    return plans.key_for(artefact, order, library, gpu)


def keep(within: Path, key: str, content: bytes = b"a plan") -> Kept:
    with plans.workspace(within) as folder:
        path = folder / "model.plan"
        path.write_bytes(content)
        return plans.keep(key, path, replace(BUILT, digest=digest_of_bytes(content), size_bytes=len(content)), within)


def test_a_plan_that_was_kept_is_found_with_what_its_builder_told(tmp_path: Path) -> None:
    kept = keep(tmp_path, a_key())
    found = plans.find(a_key(), tmp_path)

    assert found == kept
    assert found is not None
    assert found.path.read_bytes() == b"a plan"
    assert found.digest == digest_of_bytes(b"a plan")
    assert found.built.precisions == {"fp16": 3}


@pytest.mark.parametrize(
    "key",
    [
        a_key(artefact="cd" * 32),
        a_key(order=replace(ORDER, precision="fp32")),
        a_key(order=replace(ORDER, dla=0)),
        a_key(order=replace(ORDER, number=1)),
        a_key(order=replace(ORDER, bound=(("x", (1, 3)),))),
        a_key(library=Library("tensorrt", "10.4.0")),
        a_key(library=Library("tensorrt_rtx", "10.3.0")),
        a_key(gpu=replace(ORIN, name="Orin Nano")),
        a_key(gpu=replace(ORIN, capability="8.6")),
        a_key(gpu=replace(ORIN, driver="13.0")),
    ],
)
def test_of_another_card_library_or_order_it_is_another_plan(tmp_path: Path, key: str) -> None:
    keep(tmp_path, a_key())

    assert plans.find(key, tmp_path) is None


def test_a_plan_that_was_written_to_since_is_not_believed(tmp_path: Path) -> None:
    kept = keep(tmp_path, a_key())
    os.chmod(kept.path, 0o600)
    kept.path.write_bytes(b"b plan")

    assert plans.find(a_key(), tmp_path) is None


def test_a_plan_that_was_dropped_is_gone_and_may_be_dropped_twice(tmp_path: Path) -> None:
    kept = keep(tmp_path, a_key())
    kept.drop()
    kept.drop()

    assert plans.find(a_key(), tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_newer_build_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    keep(tmp_path, a_key())
    keep(tmp_path, a_key(), b"a newer plan")
    found = plans.find(a_key(), tmp_path)

    assert found is not None
    assert found.path.read_bytes() == b"a newer plan"
    assert len(list(tmp_path.iterdir())) == 2


def test_they_are_cleaned_up_with_everything_else_on_the_device(tmp_path: Path) -> None:
    keep(tmp_path, a_key())

    assert sum(size for _, size, _ in placed(str(tmp_path))) > len(b"a plan")


def test_they_are_kept_where_the_device_keeps_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert plans.root() == tmp_path / "edgeprof" / "device"


def test_a_plan_and_words_of_another_build_are_not_taken_together(tmp_path: Path) -> None:
    """As when two containers that share a folder keep theirs at once."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    first, second = keep(tmp_path / "one", a_key()), keep(tmp_path / "two", a_key(), b"a newer plan")
    second.path.unlink()
    os.replace(first.path, second.path.with_name(first.path.name))

    assert plans.find(a_key(), tmp_path / "one") is None
    assert plans.find(a_key(), tmp_path / "two") is None


def test_a_disk_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    with plans.workspace(tmp_path) as folder:
        path = folder / "model.plan"
        path.write_bytes(b"a plan")
        (folder / "built.json").mkdir()
        with pytest.raises(ConvertError, match="the plan cannot be kept in") as raised:
            plans.keep(a_key(), path, replace(BUILT, digest=digest_of_bytes(b"a plan")), tmp_path)

    assert raised.value.hint


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_said_with_what_was_to_be_kept(tmp_path: Path) -> None:
    with plans.workspace(tmp_path) as folder:
        path = folder / "model.plan"
        path.write_bytes(b"a plan")
        (folder / "built.json").symlink_to("/dev/full")
        with pytest.raises(ConvertError, match="no space left for a plan of 6 bytes"):
            plans.keep(a_key(), path, replace(BUILT, digest=digest_of_bytes(b"a plan"), size_bytes=6), tmp_path)


def test_what_the_dla_can_take_over_is_said_where_it_was_asked() -> None:
    layer = Layer("conv", "convolution", "fp16", ())

    assert BUILT.on_dla == ""
    assert replace(BUILT, dla_layers=1, layers=(layer, layer)).on_dla == "1 of 2 layers can run on the DLA"
