"""A saved measurement is taken again only where it answers the same question on the same machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from builders import a_job, a_measurement, a_process

from edgeprof.core.measurement import Measurement
from edgeprof.store import measurements
from edgeprof.targets.bundle import Bundle
from edgeprof.targets.local import LocalTarget
from edgeprof.workflow.device import Device, FoundRuntime
from edgeprof.workflow.reuse import saved_like

HOST = {"hostname": "here", "processor": "an x86", "cores": 2, "load_average": 0.1}


def a_device(version: str = "1.20.0", **host: Any) -> Device:
    runtimes = (FoundRuntime("onnxruntime", version, ("fp32",), ""),)
    return Device("local", LocalTarget(), Bundle(Path("agent"), "00", ""), {**HOST, **host}, runtimes, "")


def saved(folder: Path, *, hours_ago: float = 1.0, **changes: Any) -> Measurement:
    made = datetime.now(timezone.utc) - timedelta(hours=hours_ago)
    values = {"id": f"{made:%Y%m%dT%H%M%SZ}-aaaaaa", "created_at": made.isoformat(), "host": HOST, **changes}
    measurement = a_measurement(**values)
    measurements.save(measurement, folder)
    return measurement


def found(folder: Path, device: Device, like: Measurement, hours: float = 24.0) -> list[Measurement]:
    return [seen for seen, _ in saved_like(like.job, like.plan, device, folder, hours * 3600)]


def test_an_equal_job_in_an_equal_environment_is_taken(tmp_path: Path) -> None:
    measurement = saved(tmp_path)

    assert found(tmp_path, a_device(load_average=3.0), measurement) == [measurement]


def test_the_newest_comes_first_and_too_old_ones_not_at_all(tmp_path: Path) -> None:
    old, newer = saved(tmp_path, hours_ago=30), saved(tmp_path, hours_ago=3)
    newest = saved(tmp_path, hours_ago=2)

    assert found(tmp_path, a_device(), old) == [newest, newer]


@pytest.mark.parametrize(
    "device",
    [
        a_device("1.21.0"),
        a_device(cores=4),
        a_device(governor="powersave"),
        a_device(board={"gpus": ["NVIDIA L4"]}),
        a_device(board={"driver": "580.00"}),
    ],
)
def test_another_environment_is_another_question(tmp_path: Path, device: Device) -> None:
    assert found(tmp_path, device, saved(tmp_path)) == []


def test_another_job_or_plan_is_another_question(tmp_path: Path) -> None:
    measurement = saved(tmp_path)

    assert found(tmp_path, a_device(), replace(measurement, job=a_job(threads=1))) == []
    assert found(tmp_path, a_device(), replace(measurement, plan=replace(measurement.plan, processes=5))) == []


def test_a_damaged_file_is_passed_over(tmp_path: Path) -> None:
    measurement = saved(tmp_path)
    (tmp_path / f"99999999T000000Z-aaaaaa-{measurement.job.model}.json").write_text("{")

    assert found(tmp_path, a_device(), measurement) == [measurement]


def test_processes_of_another_runtime_version_do_not_count(tmp_path: Path) -> None:
    measurement = a_measurement(
        a_process(runtime_version="1.19.0"), host=HOST, id="20990101T000000Z-a", created_at="2099-01-01T00:00:00+00:00"
    )
    measurements.save(measurement, tmp_path)

    assert found(tmp_path, a_device(), measurement) == []


def test_a_measurement_made_without_what_is_required_now_is_another_environment(tmp_path: Path) -> None:
    measurement = saved(tmp_path)
    device = a_device()
    strict = replace(device, machine=replace(device.machine, require={"clocks_locked": True}))

    assert found(tmp_path, device, measurement) == [measurement]
    assert found(tmp_path, strict, measurement) == []
