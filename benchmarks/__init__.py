"""What a run of streamlint costs beside its peers, on pinned wheels: `python -m benchmarks`."""
