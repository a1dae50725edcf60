from edgeprof.report import dry_run
from edgeprof.report.lines import plain

from .goldens import assert_golden

_VALUES = [
    ("model", "mobilenetv3_large", "edgeprof.yaml:2: model"),
    ("budget.p99_ms", "33.3", "built in"),
    ("runtime", "auto", "--runtime"),
]


def test_a_dry_run_reads_as_its_golden() -> None:
    assert_golden("dry_run.txt", plain(dry_run.render(_VALUES, ["1x3x1080x1920 float32"], 95.0)))


def test_an_unknown_time_is_said_to_be_unknown() -> None:
    assert "not known before" in plain(dry_run.render(_VALUES, [], None))


def test_a_value_with_line_ends_stays_in_its_row() -> None:
    assert "a b" in plain(dry_run.render([("key", "a\nb", "x")], [], 1.0))
