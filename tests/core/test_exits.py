"""Which exit code several checks end in."""

import pytest

from edgeprof.core.exits import Exit, worst

ORDER = (70, 143, 130, 129, 141, 2, 5, 4, 1, 3, 0)


def test_the_order_names_every_code_once():
    assert sorted(ORDER) == sorted(Exit)


@pytest.mark.parametrize(("worse", "better"), list(zip(ORDER, ORDER[1:])))
def test_the_worse_code_wins_whatever_the_order(worse, better):
    assert worst([Exit(better), Exit(worse)]) == worse
    assert worst([Exit(worse), Exit(better), Exit.PASS]) == worse


def test_no_checks_pass():
    assert worst([]) is Exit.PASS
