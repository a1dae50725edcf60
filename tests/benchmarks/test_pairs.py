import pytest

from benchmarks.pairs import Agreement, Gathered, Pair, Shot, clean, gather, rounds_of, share
from edgeprof.core.measurement import Canary

FAST, SLOW = 85e-9, 360e-9


def test_two_processes_in_one_state_are_a_clean_pair():
    pair = Pair(_shot("a"), _shot("b", trips=(1.4 * FAST, FAST)))
    assert clean([pair]) == [pair]


def test_a_state_that_changed_within_one_process_spoils_its_pair():
    assert clean([Pair(_shot("a"), _shot("b", trips=(FAST, SLOW)))]) == []


def test_two_processes_in_different_states_are_no_clean_pair():
    assert clean([Pair(_shot("a"), _shot("b", trips=(SLOW, SLOW)))]) == []


def test_a_pair_wholly_in_the_slower_state_is_clean():
    pair = Pair(_shot("a", trips=(SLOW, SLOW)), _shot("b", trips=(SLOW, SLOW)))
    assert clean([pair, Pair(_shot("a"), _shot("b"))])[0] == pair


def test_a_core_that_slows_down_between_two_processes_spoils_their_pair():
    slow = Pair(_shot("a", integer_s=24e-9), _shot("b", integer_s=24e-9))
    mixed = Pair(_shot("a", integer_s=20e-9), _shot("b", integer_s=24e-9))
    assert clean([slow, mixed]) == [slow]


def test_one_core_has_no_round_trip_and_can_be_clean():
    pair = Pair(_shot("a", trips=(None, None)), _shot("b", trips=(None, None)))
    assert clean([pair]) == [pair]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_the_ratio_is_ours_to_theirs_whichever_came_first(order):
    shots = {"a": _shot("a", p50_s=3.0), "b": _shot("b", p50_s=2.0)}
    assert Pair(*(shots[name] for name in order)).ratio("a") == 1.5


def test_a_median_ratio_within_3_percent_agrees():
    assert Agreement([0.5, 1.02, 1.03], [1.0, 1.0, 1.0]).holds(0.03, 3)


def test_a_larger_ratio_disagrees_unless_equals_differ_as_much():
    ratios = [1.05, 1.06, 1.07]
    assert not Agreement(ratios, [1.0, 1.01, 0.99]).holds(0.03, 3)
    assert Agreement(ratios, [1.0, 1.01, 0.93]).holds(0.03, 3)


def test_too_few_pairs_of_either_kind_are_no_agreement():
    assert not Agreement([1.0, 1.0], [1.0] * 3).holds(0.03, 3)
    assert not Agreement([1.0] * 3, []).holds(0.03, 3)


def test_no_slower_is_judged_by_what_equals_differ_by_and_not_where_nothing_is_known():
    assert Agreement([1.03], [1.04]).is_no_slower()
    assert Agreement([0.5], [1.0]).is_no_slower()
    assert Agreement([1.03], [1.0]).is_no_slower() is False
    assert Agreement([1.03], [1.0]).is_no_slower(0.05)
    assert Agreement([1.03], []).is_no_slower() is None


def test_rounds_go_forth_and_back_and_only_neighbours_of_one_round_are_pairs(monkeypatch):
    monkeypatch.setattr("benchmarks.pairs.canary.sing", lambda: Canary((20e-9,), FAST))
    heard = []
    ways = {"a": lambda: 1.0, "b": lambda: 2.0, "c": lambda: 3.0}
    gathered = gather(ways, ["a", "b", "b", "c"], rounds_of(2, 4), hear=lambda shot: heard.append(shot.name))

    assert heard == ["a", "b", "b", "c", "c", "b", "b", "a"]
    assert len(gathered.of("a", "b")) == 2
    assert len(gathered.of("b")) == 2
    assert gathered.of("c") == gathered.of("a", "c") == []
    assert gathered.agreement("b", "a") == Agreement([2.0, 2.0], [1.0, 1.0])


def test_nothing_is_begun_when_the_time_is_up():
    assert gather({"a": lambda: 1 / 0}, ["a"], rounds_of(1, 1), deadline=0.0) == Gathered()


def test_the_time_that_is_left_is_shared_out_among_what_is_left(monkeypatch):
    monkeypatch.setattr("benchmarks.pairs.time.monotonic", lambda: 100.0)

    assert share(160.0, 3) == 120.0
    assert share(160.0, 1) == 160.0


def test_the_median_of_a_way_is_over_all_its_processes_and_empty_of_one_that_never_ran():
    gathered = Gathered([_shot("a", p50_s=0.001), _shot("a", p50_s=0.003), _shot("b")])

    assert gathered.ms("a") == "2.000"
    assert gathered.ms("c") == ""


def _shot(name, p50_s=0.01, integer_s=20e-9, trips=(FAST, FAST)):
    return Shot(name, p50_s, tuple(Canary((integer_s, 0.9 * integer_s), trip) for trip in trips))
