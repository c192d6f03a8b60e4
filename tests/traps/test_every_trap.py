"""Each of the traps that are known has a test that names it."""

import re
from importlib import import_module

FILES = ("test_loss", "test_wrong", "test_crash", "test_harm")
KNOWN = range(1, 28)


def test_every_trap_is_tested() -> None:
    """The numbers in the names of these tests are all numbers of traps, each once."""
    names = [name for file in FILES for name in vars(import_module(f"tests.traps.{file}"))]
    found = [int(match[1]) for name in names if (match := re.match(r"test_trap_(\d\d)_", name))]
    assert sorted(found) == list(KNOWN)
