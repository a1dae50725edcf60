from edgeprof.report.lines import plain
from edgeprof.report.tables import table


def drawn(width: int) -> list[str]:
    return plain(table(("name", "n"), [("a", "1"), ("bcdef", "10")], width=width, right=frozenset({1}))).splitlines()


def test_columns_line_up_and_numbers_stand_at_the_right() -> None:
    assert drawn(80) == ["  name    n", "  a       1", "  bcdef  10"]


def test_a_table_too_wide_gives_up_its_roomy_gaps_first() -> None:
    assert drawn(10) == ["  name   n", "  a      1", "  bcdef 10"]
