from benchmarks.answer import is_prompt


def test_deciding_by_the_fewest_samples_is_prompt_however_long_they_took():
    assert is_prompt([5.0] * 10, 10, count=10, seconds=1.0)


def test_deciding_by_the_sample_that_fills_the_time_is_prompt():
    assert is_prompt([0.125] * 20, 8, count=2, seconds=1.0)


def test_one_sample_later_is_late():
    assert not is_prompt([0.125] * 20, 9, count=2, seconds=1.0)
    assert not is_prompt([5.0] * 11, 11, count=10, seconds=1.0)
