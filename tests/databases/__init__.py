"""What databases do to several processes: contention, isolation, clocks, poolers."""
