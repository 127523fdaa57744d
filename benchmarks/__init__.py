"""Ratios of ours against the plain way, both measured in the same run: `python -m benchmarks`."""
