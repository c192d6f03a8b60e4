"""How fast calls are taken and worked through: ratios of one run, ``python -m benchmarks.quick``."""
