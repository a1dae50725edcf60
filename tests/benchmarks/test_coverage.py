import pytest

from benchmarks.capped import Cap
from benchmarks.conversions import Conversion, Form
from benchmarks.coverage import NAMED, add, conversions
from benchmarks.state import State
from benchmarks.table import Table
from edgeprof.convert.sources import resolve
from tests.cli.graph import write_small_onnx

COLUMNS = tuple("abcdefghijkl")
PLAN = {"activation_bytes": str(3 << 20), "weights_bytes": str(1 << 20), "layers by precision": "7 fp32"}


def test_a_model_whose_forms_all_hold_is_one_line():
    table = Table("", COLUMNS)
    card = {"nodes": "9", "size_policy": "own size"}
    proved = {"shape": (1, 3, 8, 8), "sensitivity": 0.5, "card": card}
    forms = (
        Form("onnx", 1.0, 2 << 30, relative_l2=1e-6, **proved),
        Form("openvino", 1.0, 1 << 30, relative_l2=2e-6, **proved),
        Form("tensorrt", 1.0, 1 << 30, relative_l2=1e-6, **{**proved, "card": {**card, **PLAN}}),
    )
    add(table, "resnet", Conversion("resnet18", forms), {})

    shown = ("1x3x8x8", "own size", "9", "1.0e-06", "2.0e-06", "0.5", "3.0 + 1.0, 7 fp32", "3", "2.0", "", "yes")
    assert table.rows == [("resnet", "resnet18", *shown)]
    assert table.missed == 0


def test_a_failure_that_nobody_knows_misses_the_target_and_one_that_is_known_does_not():
    failed = Conversion("volo_d1_224", (Form("onnx", 1.0, 1, relative_l2=1e-6), Form("tensorrt", 1.0, 1, error="no")))
    for known, missed in (({}, 1), ({"volo": {"tensorrt": "upstream"}}, 0)):
        table = Table("", COLUMNS)
        add(table, "volo", failed, known)

        assert table.missed == missed
        assert table.rows[0][8] == "FAILS"
        assert table.rows[0][11] == "tensorrt: no"


def test_an_entry_that_is_out_of_date_becomes_a_note():
    table = Table("", COLUMNS)
    add(table, "volo", Conversion("volo_d1_224", (Form("tensorrt", 1.0, 1),)), {"volo": {"tensorrt": "upstream"}})

    assert table.missed == 0
    assert "volo no longer fails as tensorrt" in table.notes[0]


@pytest.mark.trt
def test_models_are_converted_at_once_told_in_order_and_not_again(tmp_path, monkeypatch):
    models = {}
    for name in ("second", "first"):
        (tmp_path / name).mkdir()
        models[name] = str(write_small_onnx(tmp_path / name))
    cap, path = Cap(4 << 30, 120.0), tmp_path / "state.jsonl"
    before = list(conversions(models, "native", cap, State(path, "key"), jobs=2))

    assert [asked for asked, _ in before] == ["second", "first"]
    assert [conversion.model for _, conversion in before] == list(models.values())
    assert not any(form.error for _, conversion in before for form in conversion.forms)
    monkeypatch.delattr("benchmarks.coverage.converted")
    assert list(conversions(models, "native", cap, State(path, "key"), jobs=1)) == before


@pytest.mark.export
def test_each_of_the_names_is_a_model_of_timms():
    import timm

    assert [name for name in NAMED if not timm.is_model(resolve(name).name)] == []
    assert len(set(NAMED)) == len(NAMED)
