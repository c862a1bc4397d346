"""How many small faults the tests notice: ``python -m tools.mutants``; see docs/testing.md."""
