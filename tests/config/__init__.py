"""Tests of edgeprof/config."""
