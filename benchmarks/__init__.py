"""Speed and memory against peers and physical limits; ``python -m benchmarks`` runs all of it."""
