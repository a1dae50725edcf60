"""int8 through the whole command: calibrated on images, proved, raced, read back."""

from __future__ import annotations

import pytest

AT_ONCE = ("--quick", "--p99", "1000", "--warmup", "5it", "--max-duration", "5s")


@pytest.fixture
def photos(shell):
    import numpy as np
    from PIL import Image

    folder = shell.work / "photos"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(12):
        Image.fromarray(random.integers(0, 256, (128, 128, 3), dtype="uint8")).save(folder / f"{number}.png")
    return folder


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
def test_a_model_is_quantised_for_its_runtime_and_the_runtime_computes_in_8_bits(shell, small_onnx, photos, runtime):
    ended = shell(
        *("check", str(small_onnx), "--precision", "int8", "--calibration", "photos", "--runtime", runtime, *AT_ONCE)
    )

    assert ended.code == 0
    (measurement,) = shell.saved()
    assert (measurement.job.precision, measurement.processes[0].precision) == ("int8", "int8")
    assert measurement.card["graph"] == "int8"
    assert measurement.card["quantisation"].endswith("-in") == (runtime == "openvino")
    assert int(measurement.card["calibration_images"]) >= 4
    assert measurement.parity.holds


def test_auto_takes_int8_into_the_race_only_where_images_calibrate_it(shell, small_onnx, photos):
    shell("check", str(small_onnx), "--precision", "auto", *AT_ONCE)
    shell("check", str(small_onnx), "--precision", "auto", "--calibration", "photos", *AT_ONCE)

    plain, calibrated = shell.saved()
    assert "int8" not in {lap.precision for lap in plain.race}
    assert {"fp32", "int8"} <= {lap.precision for lap in calibrated.race}


def test_an_empty_calibration_folder_is_a_usage_error(shell, small_onnx):
    (shell.work / "photos").mkdir()
    ended = shell("check", str(small_onnx), "--precision", "int8", "--calibration", "photos", *AT_ONCE)

    assert ended.code == 2
    assert "photos" in ended.out


@pytest.mark.export
@pytest.mark.slow
def test_that_auto_leaves_int8_out_of_random_weights_is_said_once(shell, photos):
    ended = shell("check", "resnet10t", "--res", "64", "--precision", "auto", "--calibration", "photos", *AT_ONCE)

    assert ended.err.count("int8 was left out") == 1
    assert "int8" not in {lap.precision for lap in shell.saved()[0].race}
