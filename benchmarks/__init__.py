"""Measurements of edgeprof itself: each module prints one table, `python -m benchmarks.NAME`."""
