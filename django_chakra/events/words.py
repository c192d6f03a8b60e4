"""The platform's words for what happened, in management fields. Pure."""

from .base import Json, Unreadable
from .storable import storable_text

MAX_TEXT = 4096
"""How many characters are kept of a text that people read."""


def word(value: Json) -> str:
    """A word of the platform in upper case, at most 64 characters; "" when the value is none."""
    # Cut twice: the capitals of one character may be several.
    return storable_text(value.strip()[:64].upper(), 64) if isinstance(value, str) else ""


def needed(value: Json, name: str) -> str:
    """The word without which the fact says nothing; Unreadable when there is none."""
    found = word(value)
    if not found:
        raise Unreadable(f"{name} is no word")
    return found
