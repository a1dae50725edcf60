import sys
from pathlib import Path

import pytest

from benchmarks.app import command_of, median_of

PRINTED = "INFERENCE_PRECISION_HINT: <Type: 'float32'>\\n[ INFO ]    Median:        {}"


@pytest.mark.parametrize(("words", "seconds"), [("10.34 ms", 10.34e-3), ("870.5 us", 870.5e-6)])
def test_the_median_is_read_in_its_unit(words, seconds):
    assert median_of(_saying(PRINTED.format(words))) == pytest.approx(seconds)


def test_an_answer_in_another_precision_than_fp32_is_refused_where_fp32_was_asked_for():
    said = PRINTED.format("10 ms").replace("float32", "bfloat16")

    assert median_of(_saying(said)) == pytest.approx(10e-3)
    with pytest.raises(RuntimeError, match="bfloat16"):
        median_of([*_saying(said), "-infer_precision", "f32"])


def test_it_is_asked_for_fp32_or_left_to_its_own_precision(tmp_path):
    single, auto = (
        command_of("m.xml", {"x": Path("x.npy")}, 2.0, tmp_path, threads=2, precision=precision)
        for precision in ("fp32", "auto")
    )

    assert set(single) - set(auto) == {"-infer_precision"}
    assert auto[-2:] == ["-i", "x:x.npy"]
    assert '"INFERENCE_NUM_THREADS": "2"' in (tmp_path / "threads.json").read_text()


def _saying(words):
    return [sys.executable, "-c", f'print("{words}")']
