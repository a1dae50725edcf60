"""What is looked at of a GPU, and that a runtime of the processor has none of it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Dict

import pytest

from agent.nvml.recorded import H200, MIB, THOR, Answers, compiler, listed, made_of_c
from agent.telemetry.trees import ORIN, Content, written
from edgeprof.agent.telemetry.gpu_watch import watched_gpu
from edgeprof.agent.telemetry.source import Source

needs_compiler = pytest.mark.skipif(compiler() is None, reason="no C compiler here")


@pytest.mark.parametrize(
    ("files", "scope"),
    [
        (ORIN, "unified"),
        ({"proc/sys/kernel/osrelease": "5.15.148-tegra\n"}, "unified"),  # a container that hides the device tree
        ({"etc/nv_tegra_release": "# R36 (release), REVISION: 4.4\n"}, "unified"),
        ({"proc/sys/kernel/osrelease": "6.8.0-generic\n"}, "device"),
    ],
)
def test_a_jetson_shares_its_memory_and_a_card_has_its_own(
    tmp_path: Path, files: Dict[str, Content], scope: str
) -> None:
    facts = watched_gpu(written(tmp_path, files)).facts(50 * MIB)

    assert facts["memory_scope"] == scope


def test_without_the_library_nothing_of_a_card_is_known(tmp_path: Path) -> None:
    """And the host's part is never taken for it."""
    watch = watched_gpu(tmp_path)
    watch.follow(4242)
    watch.loaded(None)
    facts = watch.facts(50 * MIB)

    assert (facts["peak_memory_bytes"], facts["memory_scope"], facts["memory_method"]) == (None, "device", None)
    assert watch.source() is None
    assert watch.memory_source(0.2).read() == {}


@needs_compiler
@pytest.mark.parametrize(
    ("answers", "files", "scope", "method", "extra"),
    [
        (H200, {}, "device", "NVML", 0),
        (THOR, {"proc/device-tree/compatible": "nvidia,tegra264\0"}, "unified", "NVML + VmHWM", 50 * MIB),
        (THOR, {}, "unified", "NVML + VmHWM", 50 * MIB),  # a GB10 is no Jetson, and has no memory of its own either
    ],
    ids=["card", "thor", "gb10"],
)
def test_a_process_is_followed_from_its_start_by_the_drivers_list(
    tmp_path: Path, answers: Answers, files: Dict[str, Content], scope: str, method: str, extra: int
) -> None:
    table, pid = tmp_path / "table", os.getpid()

    def holds(size_bytes: int) -> None:
        table.with_suffix(".new").write_bytes(b"".join(listed((pid, size_bytes))))
        table.with_suffix(".new").replace(table)
        time.sleep(0.3)

    holds(100 * MIB)
    watch = watched_gpu(made_of_c(written(tmp_path, files), answers, table))
    watch.follow(pid)
    for size in (800, 300):
        holds(size * MIB)
    watch.loaded("GPU-")
    holds(400 * MIB)
    newest = watch.memory_source(0.2).read()
    watch.end()
    facts = watch.facts(50 * MIB)

    assert facts == {
        "peak_memory_bytes": 800 * MIB + extra,
        "memory_scope": scope,
        "memory_method": method,
        "gpu_loading_bytes": 800 * MIB,
        "gpu_running_bytes": 400 * MIB,
    }
    assert newest == {"memory_gpu_bytes": 400 * MIB}


@needs_compiler
def test_a_card_that_is_lost_after_it_was_found_keeps_nobody_waiting(tmp_path: Path) -> None:
    root = made_of_c(tmp_path, H200, hanging="nvmlDeviceGetMemoryInfo_v2")
    watch = watched_gpu(root, patience_s=0.5)
    watch.follow(os.getpid())
    watch.loaded("GPU-aaaa")
    watch.end()

    assert watch.source() is None
    assert watch.facts(50 * MIB)["peak_memory_bytes"] is None


@needs_compiler
def test_the_card_is_read_that_the_process_says_it_is_on(tmp_path: Path) -> None:
    watch = watched_gpu(made_of_c(tmp_path, H200))
    watch.follow(1)
    watch.loaded("GPU-aaaa0000-1111-2222-3333-444444444444")
    source = watch.source()
    watch.loaded("GPU-dddd")
    watch.end()

    assert isinstance(source, Source)
    assert source.read()["power_w"] == pytest.approx(112.25)
    assert watch.source() is None


@pytest.mark.gpu
def test_the_true_card_tells_its_clock_and_heat() -> None:
    watch = watched_gpu(Path("/"))
    watch.follow(os.getpid())
    watch.loaded(None)
    source = watch.source()
    watch.end()
    if source is None:
        pytest.skip("several cards, and this process is on none")
    found = source.read()

    assert 1e8 < found["gpu_hz"] < 4e9
    assert 10 < found["temperature_gpu_c"] < 110
