"""What a long run says while it goes on, and how it is ended."""

import signal
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


def end_well() -> None:
    """SIGTERM ends a run as Ctrl-C does: what it started is ended with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
