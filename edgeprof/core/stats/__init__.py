"""The arithmetic of the verdict: percentiles, steadiness, and the sequential test on p99."""
