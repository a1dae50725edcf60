from __future__ import annotations

from typing import Any

import pytest

from edgeprof.core.budget import CAMERA_30_FPS


def budget_in(repository: Any, budget: str, **flags: Any) -> dict[str, float]:
    repository.write(f"model: a\nbudget: {budget}\n")
    return dict(repository.load(**flags).budget.as_config())


def test_a_limit_is_a_number_or_model_analyzers_shape(repository: Any) -> None:
    expected = {"p99_ms": 33.3, "fps": 30.0}

    assert budget_in(repository, "{p99_ms: 33.3, fps: 30}") == expected
    assert budget_in(repository, "{p99_ms: {max: 33.3}, fps: {min: 30}}") == expected


def test_model_analyzers_names_are_converted(repository: Any) -> None:
    text = "{perf_latency_p99: {max: 50}, perf_throughput: {min: 30}, gpu_used_memory: {max: 200}}"

    assert budget_in(repository, text) == pytest.approx({"p99_ms": 50, "fps": 30, "memory_mib": 200e6 / 2**20})


def test_any_percentile_may_be_limited(repository: Any) -> None:
    assert budget_in(repository, "{p50_ms: 10, p99.9_ms: 40}") == {"p50_ms": 10.0, "p99.9_ms": 40.0}


def test_flags_take_a_unit_or_the_keys_own(repository: Any) -> None:
    repository.write("model: a")
    request = repository.load(
        p99="0.033s", memory="1.5GiB", load="500ms", size="90", fps="30fps", limit=("p99.9_ms=40",)
    )

    assert request.budget.as_config() == pytest.approx(
        {"p99_ms": 33, "memory_mib": 1536, "load_s": 0.5, "size_mib": 90, "fps": 30, "p99.9_ms": 40}
    )


def test_an_alias_by_flag_is_in_its_own_unit_unless_it_says_one(repository: Any) -> None:
    repository.write("model: a")

    bare = repository.load(limit=("gpu_used_memory=200",)).budget.as_config()
    said = repository.load(limit=("gpu_used_memory=200MB",)).budget.as_config()

    assert bare == said == pytest.approx({"memory_mib": 200e6 / 2**20})


def test_the_camera_counts_only_where_no_budget_is_given(repository: Any) -> None:
    repository.write("model: a")

    assert repository.load().budget == CAMERA_30_FPS
    assert repository.load(memory="900MiB").budget.as_config() == {"memory_mib": 900.0}


@pytest.mark.parametrize(
    ("budget", "message", "hint"),
    [
        ('"33ms"', 'p99_ms is "33ms", expected a number', "write 33; the key already says ms"),
        ("33ms", 'p99_ms is "33ms", expected a number', "write 33; the key already says ms"),
        ("0.033s", 'p99_ms is "0.033s", expected a number', "write 33; the key already says ms"),
        ("soon", 'p99_ms is "soon", expected a number', None),
        ("-1", "p99_ms is -1, expected a number above 0", None),
        ("0", "p99_ms is 0, expected a number above 0", None),
        (".nan", "p99_ms is .nan, expected a number above 0", None),
        (".inf", "p99_ms is .inf, expected a number above 0", None),
        ("1e-330", "p99_ms is 1e-330, expected a number above 0", None),
        ("true", "p99_ms is true, expected a number", None),
        ("", "p99_ms is empty, expected a number", None),
        ("[33]", "p99_ms is a list, expected a number", None),
        ("{min: 33}", "p99_ms has min, expected max", "write {max: ...}; of p99 latency, lower is better"),
        ("{min: 3, max: 33}", "p99_ms has min, expected max", "write {max: ...}; of p99 latency, lower is better"),
        ("{}", "p99_ms has no limit, expected max", None),
        ("{max: 33ms}", 'p99_ms is "33ms", expected a number', "write 33; the key already says ms"),
        ("{mx: 33}", 'unknown key "mx" in p99_ms', 'did you mean "max"?'),
    ],
)
def test_a_limit_that_cannot_be_meant_is_refused_where_it_stands(
    repository: Any, budget: str, message: str, hint: str | None
) -> None:
    error = repository.refusal(f"model: a\nbudget:\n  p99_ms: {budget}\n")

    assert (str(error), error.hint) == (f"edgeprof.yaml:3: {message}", hint)


def test_a_rate_is_limited_from_below(repository: Any) -> None:
    error = repository.refusal("budget:\n  fps: {max: 30}")

    assert error.hint == "write {min: ...}; of fps, higher is better"


@pytest.mark.parametrize("budget", ["", "{}", "~"])
def test_an_empty_budget_is_refused(repository: Any, budget: str) -> None:
    error = repository.refusal(f"model: a\nbudget: {budget}")

    assert str(error) == "edgeprof.yaml:2: the budget is empty"


def test_an_unknown_metric_names_the_nearest(repository: Any) -> None:
    error = repository.refusal("budget:\n  p99: 33")

    assert (str(error), error.hint) == ('edgeprof.yaml:2: unknown budget key "p99"', 'did you mean "p99_ms"?')
    assert repository.refusal("budget: {p100_ms: 33}").hint is not None


def test_one_metric_under_two_names_is_refused_with_both_places(repository: Any) -> None:
    error = repository.refusal("budget:\n  p99_ms: 33\n  perf_latency_p99: 40\n")

    assert error.where == "edgeprof.yaml:3"
    assert "edgeprof.yaml:2" in error.message
    assert repository.refusal("budget: {p99_ms: 33, p99.0_ms: 33}").exit == 2


def test_limits_that_contradict_each_other_name_both_places(repository: Any) -> None:
    error = repository.refusal("budget:\n  p50_ms: 40\n  fps: 30\n", p99="33")

    assert error.where is not None
    assert set(error.where.split(" and ")) == {"--p99", "edgeprof.yaml:2"}
    assert "contradicts" in error.message


@pytest.mark.parametrize(
    ("flags", "where"),
    [
        ({"p99": "33 bananas"}, "--p99"),
        ({"p99": "nan"}, "--p99"),
        ({"p99": "-1"}, "--p99"),
        ({"fps": "0"}, "--fps"),
        ({"memory": "33ms"}, "--memory"),
        ({"limit": ("p99.9_ms",)}, "--limit"),
        ({"limit": ("p999=3",)}, "--limit"),
        ({"limit": ("p99_ms=3",), "p99": "3"}, "--limit"),
    ],
)
def test_a_flag_that_is_no_limit_is_refused_by_its_name(repository: Any, flags: dict[str, Any], where: str) -> None:
    assert repository.refusal("model: a", **flags).where == where
