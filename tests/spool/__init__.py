"""Calls that come while the database is away."""
