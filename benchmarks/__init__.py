"""How fast calls are taken and worked through, as ratios: ``python -m benchmarks.quick``."""
