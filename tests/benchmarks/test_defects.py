from benchmarks.conversions import Conversion, Form
from benchmarks.coverage import NAMED
from benchmarks.defects import AT_1080, AT_OWN_SIZE, failures, mended, unknown

KNOWN = {"volo": {"tensorrt": "its parser does not know Col2Im"}}
FAILING = Form("tensorrt", 1.0, 1, error="the parser does not know it")
GOOD = tuple(Form(name, 1.0, 1) for name in ("onnx", "openvino", "tensorrt"))


def test_a_failure_that_is_in_the_table_is_known():
    assert unknown("volo", Conversion("volo_d1_224", (*GOOD[:2], FAILING)), KNOWN) == []


def test_a_failure_of_another_model_or_another_form_is_not():
    assert unknown("vgg", Conversion("vgg11", (*GOOD[:2], FAILING)), KNOWN) == ["tensorrt"]
    assert unknown("volo", Conversion("volo_d1_224", (Form("onnx", 1.0, 1, error="no"),)), KNOWN) == ["onnx"]


def test_an_entry_that_no_longer_fails_is_told():
    (told,) = mended("volo", Conversion("volo_d1_224", GOOD), KNOWN)

    assert told == "volo no longer fails as tensorrt: take it out of benchmarks/defects.py"


def test_an_entry_whose_form_was_not_tried_is_not_called_mended():
    assert list(mended("volo", Conversion("volo_d1_224", GOOD[:1]), KNOWN)) == []
    assert list(mended("volo", Conversion("volo_d1_224", (*GOOD[:2], FAILING)), KNOWN)) == []


def test_one_error_that_ends_two_forms_is_told_once():
    twice = [Form(name, 1.0, 1, error="does not compute what the model computes") for name in ("onnx", "tensorrt")]

    assert list(failures(Conversion("m", (twice[0], GOOD[1], twice[1])))) == ["onnx"]


def test_the_tables_are_of_forms_and_sentences():
    assert set(AT_1080) <= set(NAMED)
    for known in (AT_OWN_SIZE, AT_1080):
        for forms in known.values():
            assert forms
            assert set(forms) <= {form.name for form in GOOD}
            assert all(len(sentence.split()) > 3 for sentence in forms.values())
