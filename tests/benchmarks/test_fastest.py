from benchmarks.fastest import judged
from benchmarks.pairs import Agreement

ALIKE = [1.0, 1.02]


def test_as_fast_within_what_alike_pairs_differ_holds_in_one_precision():
    assert judged(Agreement([1.01, 1.015, 1.02], ALIKE), 3, must_lead=False)
    assert not judged(Agreement([1.03, 1.04, 1.05], ALIKE), 3, must_lead=False)


def test_a_narrower_precision_must_be_ahead():
    assert judged(Agreement([0.98, 0.99, 0.99], ALIKE), 3, must_lead=True)
    assert not judged(Agreement([1.01, 1.01, 1.01], ALIKE), 3, must_lead=True)


def test_too_few_clean_pairs_say_nothing():
    assert judged(Agreement([0.9, 0.9], ALIKE), 3, must_lead=False) is None
    assert judged(Agreement([0.9] * 3, []), 3, must_lead=False) is None
