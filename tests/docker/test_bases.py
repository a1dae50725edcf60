"""What stands in for the images' bases is what docker/README.md says of it."""

from __future__ import annotations

import pytest

from docker.bases import BASES, wanted
from docker.test_dockerfiles import DOCKERFILES, README


def test_every_image_has_a_base_to_be_carried_out_in():
    assert {base.image for base in BASES} == {path.parent.name for path in DOCKERFILES}


def test_every_image_for_a_jetson_is_carried_out_with_its_python_and_on_its_processor():
    for name, python in (("jetpack5", "3.8"), ("jetpack6", "3.10"), ("jetpack7", "3.12")):
        bases = [base for base in BASES if base.image == name]
        assert python in {base.python for base in bases}
        assert "aarch64" in {base.processor for base in bases}


@pytest.mark.parametrize("base", BASES, ids=str)
def test_readme_says_what_is_not_run(base):
    assert f"| `{base.image}` | {base.release}, {base.processor} | {base.python} | {base.not_run} |" in README


def test_what_is_installed_is_read_from_where_docker_reads_it():
    assert {"pip==25.0.1", "numpy==1.24.4", "onnxruntime==1.19.2"} == set(wanted("jetpack5"))
    assert {"numpy", "hatchling"} <= {name.partition(">")[0] for name in wanted("cpu")}
