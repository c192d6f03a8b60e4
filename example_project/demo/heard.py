"""Where the bot's lines go: to the terminal, or into a file that ``demo --check`` counts."""

import json
import logging
import os
from collections import Counter
from pathlib import Path

#: Names the file, for this process and for the server that it starts; without it, the terminal.
VARIABLE = "DEMO_HEARD"


class Lines(logging.StreamHandler):  # type: ignore[type-arg]  # generic for type checkers only
    """Prints each line; into a file it writes what the line is about, as one JSON object."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print or write one line."""
        path = os.environ.get(VARIABLE)
        if not path:
            super().emit(record)
        elif heard := getattr(record, "heard", None):
            # Opened to append, and one short write: lines of several processes don't mix.
            with open(path, "a", encoding="utf-8") as file:
                file.write(f"{json.dumps(heard)}\n")


def heard_by_signal(path: Path) -> dict[str, Counter[str]]:
    """For each signal, what it was about and how often the bot heard it."""
    heard: dict[str, Counter[str]] = {}
    if path.exists():
        for line in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            heard.setdefault(line["signal"], Counter())[line["about"]] += 1
    return heard
