from pathlib import Path

from benchmarks.telemetry import board_in, spent


def test_the_recorded_board_is_read_and_its_reading_costs_time(tmp_path: Path, monkeypatch):
    root = board_in(tmp_path / "board")
    monkeypatch.setenv("EDGEPROF_ROOT", str(root))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    found = spent(0.2, root, 1.0)

    assert found["series"] > 20
    assert found["readings"] >= 4
    assert 0 < found["share"] < 1


def test_a_pace_of_0_reads_nothing(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("EDGEPROF_ROOT", str(tmp_path))

    assert spent(0.0, tmp_path, 0.3)["series"] == 0
