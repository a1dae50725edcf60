"""Measurements on disk: whole, under their own names, and read back as they were."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from builders import a_job, a_measurement, a_process

from edgeprof.core.errors import ConfigError
from edgeprof.core.exits import Exit
from edgeprof.store.measurements import default_folder, load, save


def test_what_is_saved_is_read_back_as_it_was(tmp_path):
    measurement = a_measurement()
    assert load(save(measurement, tmp_path / "new" / "folder")) == measurement


def test_saving_again_with_one_process_more_replaces_the_file(tmp_path):
    measurement = a_measurement(a_process())
    first = save(measurement, tmp_path)
    second = save(measurement.with_process(a_process()), tmp_path)
    assert first == second
    assert len(load(second).processes) == 2
    assert os.listdir(tmp_path) == [first.name]


@pytest.mark.parametrize(
    "model", ["../../etc/passwd", "a/b.onnx", "shop.models:detector", "x" * 500, "größe \n.onnx", ""]
)
def test_a_models_name_cannot_lead_out_of_the_folder(tmp_path, model):
    path = save(a_measurement(job=a_job(model=model)), tmp_path)
    assert path.parent == tmp_path
    assert path.is_file()
    assert load(path).job.model == model


def test_measurements_of_equal_models_do_not_replace_each_other(tmp_path):
    save(a_measurement(id="1"), tmp_path)
    save(a_measurement(id="2"), tmp_path)
    assert len(os.listdir(tmp_path)) == 2


def test_a_file_that_cannot_be_written_leaves_the_older_one_whole(tmp_path):
    measurement = a_measurement(a_process())
    path = save(measurement, tmp_path)
    broken = replace(measurement.with_process(a_process()), host={"load": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        save(broken, tmp_path)
    assert load(path) == measurement
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_what_cannot_be_read_is_a_mistake_of_usage_that_names_the_file(tmp_path, name):
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        load(tmp_path / name)
    assert caught.value.exit is Exit.USAGE
    assert str(tmp_path) in caught.value.message


def test_a_file_too_large_for_a_measurement_is_refused_unread(tmp_path):
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate((1 << 30) + 1)
    with pytest.raises(ConfigError, match="too large"):
        load(path)


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"EDGEPROF_MEASUREMENTS": "/data/m", "XDG_DATA_HOME": "/x"}, "/data/m"),
        ({"XDG_DATA_HOME": "/x"}, "/x/edgeprof/measurements"),
        ({"EDGEPROF_MEASUREMENTS": "", "XDG_DATA_HOME": "/x"}, "/x/edgeprof/measurements"),
    ],
)
def test_the_folder_is_the_one_named_or_the_users_data(environment, folder):
    assert default_folder(environment) == Path(folder)


def test_without_any_variable_it_is_in_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder({}) == tmp_path / ".local" / "share" / "edgeprof" / "measurements"
