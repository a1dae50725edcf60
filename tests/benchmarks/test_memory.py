from benchmarks.memory import is_near

MIB = 1 << 20


def test_a_small_peak_may_differ_by_8_mib():
    assert is_near(108 * MIB, 100 * MIB)
    assert not is_near(109 * MIB, 100 * MIB)


def test_a_large_peak_may_differ_by_5_percent_either_way():
    assert is_near(950 * MIB, 1000 * MIB)
    assert not is_near(940 * MIB, 1000 * MIB)
