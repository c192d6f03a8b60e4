"""Seeded faults: one changed line each, which a named test has to find (``make mutants``)."""
