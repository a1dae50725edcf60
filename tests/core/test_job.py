"""A job's digest is the key of what was measured."""

from dataclasses import asdict, fields

import pytest
from builders import a_job

from edgeprof.core.files import digest_of_json
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
    "options": (("disabled_optimizers", "Pad_Fusion"),),
}


def test_equal_jobs_have_equal_digests():
    assert a_job().digest == a_job().digest
    assert len(a_job().digest) == 64


@pytest.mark.parametrize("name", [field.name for field in fields(Job)])
def test_everything_in_a_job_changes_its_digest(name):
    assert a_job(**{name: OTHER[name]}).digest != a_job().digest


def test_a_tensor_says_itself():
    assert str(Tensor("input", (1, 3, 1080, 1920), "uint8")) == "input 1x3x1080x1920 uint8"


def test_a_job_without_options_keeps_the_digest_of_the_time_before_there_were_any():
    """Golden: what earlier versions computed for this job."""
    assert a_job().digest == digest_of_json({key: value for key, value in asdict(a_job()).items() if key != "options"})
