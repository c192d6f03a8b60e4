"""Servers of a test's own, for tests that kill what they use."""

from .block import clusters, missing
from .server import Server

__all__ = ["Server", "clusters", "missing"]
