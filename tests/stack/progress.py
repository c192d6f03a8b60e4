"""One line that says how far it is."""

import sys
import time

#: Without a terminal, so seldom.
SELDOM = 30.0

_said_at = float("-inf")


def say(text: str) -> None:
    """Write it over the last one; where there is no terminal, now and then on a line of its own."""
    global _said_at
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text[:110]}", end="", file=sys.stderr, flush=True)
    elif text and time.monotonic() - _said_at > SELDOM:
        _said_at = time.monotonic()
        print(f"  {text}", file=sys.stderr, flush=True)
