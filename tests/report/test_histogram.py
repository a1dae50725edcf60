import pytest
from builders import latencies

from edgeprof.core.budget import budget_of
from edgeprof.report.histogram import bins_of, histogram
from edgeprof.report.lines import plain


def drawn(samples_s, width=80, **budget):
    return plain(histogram(samples_s, budget_of(budget).limits if budget else (), width)).splitlines()


def counts_of(lines):
    return [int(line.split()[-1]) for line in lines if line.split()[-1].isdigit() and " limit " not in line]


def test_every_sample_is_in_one_bin() -> None:
    samples = (*latencies(500), 0.5, 0.001, 7.0)

    assert sum(counts_of(drawn(samples, p99_ms=33.3))) == 503


def test_a_limit_splits_the_bins_exactly_and_the_sample_on_it_is_not_over() -> None:
    bins = bins_of([0.010, 0.020, 0.0201, 0.030], [0.020])

    assert sum(b.count for b in bins if b.high_s <= 0.020) == 2
    assert sum(b.count for b in bins if b.low_s >= 0.020) == 2


def test_a_limit_beyond_the_samples_is_drawn_below_them() -> None:
    lines = drawn(latencies(100, 0.02), p99_ms=33.3)

    assert "p99 limit 33.3 ms, none of 100 samples over" in lines[-2 if "slowest" in lines[-1] else -1]


def test_a_limit_below_the_samples_is_drawn_above_them() -> None:
    assert "p99 limit 10 ms, 100 % over" in drawn(latencies(100, 0.02), p99_ms=10.0)[0]


def test_what_lies_beyond_the_bulk_is_counted_and_its_slowest_is_named() -> None:
    lines = drawn((*latencies(1000, 0.02), 0.9), p99_ms=33.3)

    assert counts_of(lines)[-1] == 1
    assert lines[-1] == "  slowest 900 ms"


def test_a_single_sample_among_thousands_is_seen() -> None:
    lines = drawn((*latencies(5000, 0.02), 0.9), p99_ms=33.3)

    assert next(line for line in lines if "over 33.3 ms" in line).split()[3] == "▏"


@pytest.mark.parametrize("samples", [[0.02], [0.02] * 50, [0.0] * 9, [1e-300, 1e300], [5e-324, 1e-323]])
def test_odd_samples_are_all_drawn(samples: list[float]) -> None:
    assert sum(counts_of(drawn(samples, p99_ms=33.3))) == len(samples)


def test_a_bar_is_as_long_as_its_share_of_the_largest() -> None:
    lines = drawn([0.0105] * 100 + [0.0205] * 50, width=80)
    bars = [line.count("█") for line in lines if "█" in line]

    assert bars[1] == pytest.approx(bars[0] / 2, abs=1)
