"""How an exception is logged."""

from __future__ import annotations

from typing import Any


class Escaped(Exception):
    """Stands in a log for an exception whose text may come from outside.

    The frames of the original, and its text on one line, without control characters.
    """


def escaped(error: BaseException) -> tuple[type[Escaped], Escaped, Any]:
    """What to log of an exception, as ``exc_info``."""
    try:
        text = str(error)
    except Exception:  # An error may fail at saying what it is.
        text = ""
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:500]
    )
    return Escaped, Escaped(f"{type(error).__name__}: {shown}"), error.__traceback__
