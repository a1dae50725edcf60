"""A job's digest is the key of what was measured."""

from dataclasses import fields

import pytest
from builders import a_job

from edgeprof.core.job import Job, Tensor

OTHER = {
    "model": "resnet50",
    "artefact": "cd" * 32,
    "form": "pt2",
    "inputs": (Tensor("input", (1, 3, 256, 256), "float32"),),
    "runtime": "openvino",
    "precision": "bf16",
    "batch": 2,
    "device": "orin",
    "threads": None,
    "input_files": (("input", "ef" * 32),),
}


def test_equal_jobs_have_equal_digests():
    assert a_job().digest == a_job().digest
    assert len(a_job().digest) == 64


@pytest.mark.parametrize("name", [field.name for field in fields(Job)])
def test_everything_in_a_job_changes_its_digest(name):
    assert a_job(**{name: OTHER[name]}).digest != a_job().digest


def test_a_tensor_says_itself():
    assert str(Tensor("input", (1, 3, 1080, 1920), "uint8")) == "input 1x3x1080x1920 uint8"
