"""What a fault is."""

from typing import NamedTuple


class Fault(NamedTuple):
    """One line of ``django_chakra`` and what takes its place; ``old`` stands in the file once."""

    says: str
    path: str
    old: str
    new: str
    #: On which database it shows.
    database: str = "sqlite"
