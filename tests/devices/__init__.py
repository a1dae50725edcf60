"""Tests of edgeprof/devices."""
