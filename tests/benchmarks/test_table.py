import pytest

from benchmarks.table import Table


def test_a_table_whose_rows_all_hold_ends_in_0():
    assert _table(True, None).conclude(None) == 0


def test_one_missed_target_ends_in_1():
    assert _table(True, False, True).conclude(None) == 1


def test_an_empty_table_is_no_success():
    assert _table().conclude(None) == 1


def test_a_row_with_a_cell_too_few_is_refused():
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        _table().add("only one")


def test_the_record_grows_by_the_table_and_its_date(tmp_path):
    record = tmp_path / "records" / "here.md"
    for _ in range(2):
        _table(True).conclude(record)
    written = record.read_text()
    assert written.count("### Title") == 2
    assert written.count(" UTC\n") == 2
    assert written.count("| row 0 | 1     | yes   |") == 2


def _table(*holds):
    table = Table("Title", ("name", "value"))
    for number, each in enumerate(holds):
        table.add(f"row {number}", 1, holds=each)
    return table
