"""What is in the spool, for people."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from . import names
from .names import ASIDE, CLAIMED, WAITING, WRITING


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts of files by what they are; ``bytes`` is the sum of all that count for the limits."""

    #: Calls that wait or are just being stored, and the arrival of the oldest.
    waiting: int
    oldest: datetime | None
    #: All files of ours.
    files: int
    bytes: int
    #: Half-written: by a process at work, or left by one that was stopped.
    unfinished: int
    #: Why files were set aside, and how many.
    aside: Mapping[str, int]
    #: Names that are none of ours, and are passed over.
    others: int


def standing(folder: Path) -> Standing:
    """Look into this folder.

    Raises:
        OSError: it can't be looked into.
    """
    found = os.listdir(folder)
    entries = sorted(filter(None, map(names.entry, found)))
    waiting = [entry for entry in entries if entry.state in (WAITING, CLAIMED)]
    times = [at for at in map(names.arrived, waiting) if at is not None]
    return Standing(
        waiting=len(waiting),
        oldest=min(times, default=None),
        files=len(entries),
        bytes=sum(entry.size for entry in entries),
        unfinished=sum(entry.state == WRITING for entry in entries),
        # Behind the reason stands what makes the name unique.
        aside=Counter(
            entry.rest.rpartition("-")[0] or "foreign" for entry in entries if entry.state == ASIDE
        ),
        others=len(found) - len(entries),
    )
