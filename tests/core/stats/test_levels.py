"""The error rates that the verdict promises, in small; benchmarks/statistics.py holds them with 2,000 checks a law."""

from random import Random

import pytest

from benchmarks.laws import AT_THE_BOUNDARY, LOW_PERCENTILES, independent
from benchmarks.simulation import check
from edgeprof.core.measurement import Plan
from edgeprof.core.verdict import Word

CHECKS = 40
WRONG = 6  # of 40 at 5 % each: more come by chance once in 300


LAWS = {**AT_THE_BOUNDARY, **LOW_PERCENTILES}


@pytest.mark.parametrize("name", LAWS)
def test_a_model_exactly_at_its_limit_is_seldom_decided(name):
    words = [said(LAWS[name], Plan(max_duration_s=240), 40.0, seed) for seed in range(CHECKS)]
    assert words.count(Word.PASS) <= WRONG
    assert words.count(Word.FAIL) <= WRONG


@pytest.mark.parametrize(
    ("rate", "word", "share"), [(0.0, Word.PASS, 1.0), (0.03, Word.FAIL, 1.0), (0.1, Word.FAIL, 1.0)]
)
def test_a_rate_away_from_one_percent_is_decided(rate, word, share):
    words = [said(independent(rate), Plan(max_duration_s=600), 100.0, seed) for seed in range(15)]
    assert words.count(word) >= share * len(words)


def said(law, plan, budget_ms, seed):
    """The live verdict, which the saved samples have to give again."""
    one = check(law, plan, budget_ms, Random(seed))
    if seed % 5 == 0:
        assert one.judged_again() is one.word
    return one.word
