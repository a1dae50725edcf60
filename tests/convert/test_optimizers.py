from hypothesis import given
from hypothesis import strategies as st

from edgeprof.convert.optimizers import OPTIMIZERS, narrowest


@given(st.sets(st.sampled_from(OPTIMIZERS), min_size=1, max_size=4))
def test_exactly_those_that_matter_are_found(culprits):
    assert set(narrowest(OPTIMIZERS, lambda names: culprits <= set(names))) == culprits


def test_one_culprit_takes_a_dozen_questions():
    asked = []

    def repairs(names):
        asked.append(names)
        return "Pad_Fusion" in names

    assert narrowest(OPTIMIZERS, repairs) == ("Pad_Fusion",)
    assert len(asked) <= 14


def test_where_either_of_two_would_do_it_is_the_one_that_fewer_graphs_need():
    either = {"ConstantFolding", "Pad_Fusion"}

    assert narrowest(OPTIMIZERS, lambda names: bool(either & set(names))) == ("Pad_Fusion",)


def test_where_none_of_them_is_to_blame_none_is_named():
    assert narrowest(OPTIMIZERS, lambda names: False) == ()


def test_no_name_stands_twice():
    assert len(set(OPTIMIZERS)) == len(OPTIMIZERS)
