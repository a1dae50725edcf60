"""The plan that was judged, brought from the device."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import a_measurement, a_process

from edgeprof.core.errors import AgentError, ConfigError
from edgeprof.core.files import digest_of_bytes
from edgeprof.core.measurement import Ended, Measurement, Process
from edgeprof.targets.local import LocalTarget
from edgeprof.workflow.device import Device
from edgeprof.workflow.save_plan import save_plan

HERE = Device("here", LocalTarget(), None, {}, (), "")  # type: ignore[arg-type]


def planned(folder: Path, content: bytes = b"a plan", digest: str | None = None) -> Process:
    path = folder / "device.plan"
    path.write_bytes(content)
    return a_process(plan_digest=digest or digest_of_bytes(content), plan_path=str(path), plan_bytes=len(content))


def saved(measurement: Measurement, folder: Path) -> str | None:
    return save_plan(measurement, HERE, folder / "mine.plan")


def test_it_is_written_as_it_is(tmp_path: Path) -> None:
    process = planned(tmp_path)

    assert saved(a_measurement(process, process), tmp_path) == str(tmp_path / "mine.plan")
    assert (tmp_path / "mine.plan").read_bytes() == b"a plan"


def test_another_content_than_was_measured_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="is another plan than was measured"):
        saved(a_measurement(planned(tmp_path, digest="ab" * 32)), tmp_path)

    assert not (tmp_path / "mine.plan").exists()


def test_of_two_plans_none_was_judged_alone(tmp_path: Path) -> None:
    first, second = planned(tmp_path), planned(tmp_path, digest="ab" * 32)
    with pytest.raises(AgentError, match="built again between processes"):
        saved(a_measurement(first, second), tmp_path)


def test_of_a_process_that_ended_before_it_loaded_there_is_none(tmp_path: Path) -> None:
    assert saved(a_measurement(a_process(ended=Ended.CRASHED, samples_s=())), tmp_path) is None


def test_a_runtime_that_built_none_is_a_mistake_of_usage(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="onnxruntime was measured, which builds no plan"):
        saved(a_measurement(), tmp_path)


def test_a_plan_that_is_there_no_more_is_said_with_what_to_do(tmp_path: Path) -> None:
    """As of a measurement that is taken again, after the device has cleaned up."""
    process = planned(tmp_path)
    (tmp_path / "device.plan").unlink()
    with pytest.raises(AgentError, match=r"device.plan\" on here cannot be read: No such file") as raised:
        saved(a_measurement(process), tmp_path)

    assert raised.value.hint == "run it again without --reuse"


def test_a_device_that_tells_a_digest_and_no_place_has_told_of_no_plan(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="builds no plan"):
        saved(a_measurement(a_process(plan_digest="ab" * 32, plan_path="")), tmp_path)
