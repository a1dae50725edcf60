from benchmarks.export import Conversion, steps_of


def test_a_step_lasts_until_the_next_is_told_and_the_last_until_the_end():
    told = [(0.0, "starting"), (1.0, "computing the reference"), (4.0, "exporting m at 8x8")]

    assert steps_of(told, 9.0) == {"starting": 1.0, "computing the reference": 3.0, "exporting m at 8x8": 5.0}


def test_steps_that_are_told_twice_are_added_up():
    assert steps_of([(0.0, "a"), (1.0, "b"), (3.0, "a")], 7.0) == {"a": 5.0, "b": 2.0}


def test_parity_is_the_sources_answers_its_rounding_and_the_runtimes():
    steps = {"starting": 1.0, "computing the reference": 2.0, "measuring the rounding": 4.0, "exporting": 8.0}
    told = Conversion(32.0, {**steps, "proving onnxruntime fp32 against the model": 16.0})

    assert told.parity_s == 22.0
