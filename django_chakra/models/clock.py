"""The database's time, read once and told on by this process: hosts' clocks need not agree."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models.sql import Query

from .fields import DatabaseNow


@dataclass(frozen=True, slots=True)
class Clock:
    """What the database's clock shows, since it was read."""

    #: What it showed then.
    read: datetime
    _since: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """The time by now."""
        return self.read + timedelta(seconds=time.monotonic() - self._since)


def clock(using: str) -> Clock:
    """The clock of this database: one statement. Others have ``DatabaseNow`` in theirs."""
    query: Any = Query(None)
    query.add_annotation(DatabaseNow(), "now")
    [[now]] = query.get_compiler(using=using).results_iter()
    return Clock(now)
