import pytest

from benchmarks.capped import Cap
from benchmarks.conversions import FORMS, converted, described
from edgeprof.core.artefact import Artefact, Parity
from edgeprof.core.job import Tensor
from edgeprof.report import card
from tests.cli.graph import write_small_onnx

ROOMY = Cap(4 << 30, 120.0)


def test_a_form_is_read_from_what_convert_writes_of_it():
    inputs = (Tensor("input", (1, 3, 224, 224), "float32"),)
    described_as = {"notes": ("padded",), "card": {"nodes": "140"}}
    artefact = Artefact("m", "timm", "onnx", "m.onnx", "ab" * 32, 1, "fp32", inputs, (), **described_as)
    parity = Parity("onnxruntime", "fp32", 1e-6, 1.0, 1e-5, 1e-4, 0.3, 1.0, finite=True, reference="torch fp32")
    form = described(card.entry("m", "onnx", artefact, parity, []), "onnx", 2.5, 100)

    assert (form.error, form.name, form.seconds, form.peak_bytes) == (None, "onnx", 2.5, 100)
    assert (form.shape, form.precision) == ((1, 3, 224, 224), "fp32")
    assert (form.relative_l2, form.sensitivity) == (1e-6, 0.3)
    assert (form.card, form.notes) == ({"nodes": "140"}, ("padded",))


def test_of_an_error_in_many_lines_the_first_and_the_last_are_told():
    told = {"asked": "m", "error": "it ended with code 1:\n  Traceback\nImportError: no torch\n", "hint": "", "exit": 5}

    assert described(told, "onnx", 1.0, 1).error == "it ended with code 1: ImportError: no torch"


def test_where_files_lay_for_the_time_is_left_out_of_an_error():
    told = {"asked": "m", "error": "Load model from /tmp/edgeprof-coverage-a1/cache/b/model.onnx failed", "hint": ""}

    assert described(told, "onnx", 1.0, 1).error == "Load model from model.onnx failed"


@pytest.mark.trt
def test_a_model_is_proved_on_both_runtimes_and_built_into_a_plan(tmp_path):
    conversion = converted(str(write_small_onnx(tmp_path)), "native", ROOMY)

    assert [form.name for form in conversion.forms] == list(FORMS)
    assert [form.error for form in conversion.forms] == [None] * 3
    assert all(form.relative_l2 < 1e-5 < form.sensitivity for form in conversion.forms)
    assert int(conversion.form("tensorrt").card["activation_bytes"]) > 0
    assert conversion.peak_bytes > 20 << 20


def test_of_a_model_that_is_not_exported_one_form_alone_is_tried(tmp_path):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a graph")
    conversion = converted(str(broken), "native", ROOMY)

    assert [form.name for form in conversion.forms] == ["onnx"]
    assert "broken.onnx" in conversion.forms[0].error


def test_a_conversion_that_is_ended_at_its_cap_says_so(tmp_path):
    conversion = converted(str(write_small_onnx(tmp_path)), "native", Cap(1 << 20, 120.0))

    assert conversion.forms[0].error == "ended at the cap of 0.000976562 GiB of memory"
