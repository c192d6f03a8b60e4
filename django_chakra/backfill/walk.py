"""Walking through the platform's numbered lists: to their end, over what shifts, never for ever.

What comes in while a list is read stands at its top and pushes the rest down: a page then begins
with what the last one ended with, and nothing is passed over. The order of the lists is not
documented; where it is not the newest first, the list is read to its end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..client.resource import Page
from ..events import canonical, platform_id, platform_time, storable
from ..events.base import mapping

logger = logging.getLogger("django_chakra.backfill")

#: Pages of a list after which it is taken to be endless.
MOST_PAGES = 2000
#: So many pages in a row without anything new are what was pushed down; more are no list.
MOST_KNOWN = 5
#: Neighbours in a list may be so far from its order.
SLACK = timedelta(minutes=10)

#: Asks for a page, from 1.
Fetch = Callable[[int], Page]


@dataclass(slots=True)
class Walk:
    """One way through one list.

    Args:
        fetch: asks for a page.
        first: the page to begin with.
        since: entries that are older don't matter; None: all do.
    """

    fetch: Fetch
    first: int = 1
    since: datetime | None = None
    #: The list did not end.
    is_endless: bool = False
    _met: set[str] = field(default_factory=set)
    _newest: datetime | None = None
    _last: datetime | None = None
    _is_descending: bool = True
    _largest: int = 0

    def pages(self) -> Iterator[tuple[int, Page]]:
        """Number and entries of each page with something new in it."""
        known = 0
        for number in range(self.first, self.first + MOST_PAGES):
            page = self.fetch(number)
            names = {_name(entry) for entry in page}
            known = 0 if names - self._met else known + 1
            if not page or known > MOST_KNOWN:
                return
            self._met |= names
            if not known:
                yield number, page
            self._largest = max(self._largest, len(page))
            if page.is_last(number, self._largest) or self._is_past(page):
                return
        self.is_endless = True
        logger.warning("A list of the platform's did not end after %s pages", MOST_PAGES)

    def _is_past(self, page: Sequence[Any]) -> bool:
        """Whether all that follows is older than what is wanted."""
        for at in filter(None, map(time_of, page)):
            self._newest = self._newest or at
            if self._last is not None and at > self._last + SLACK:
                self._is_descending = False
            self._last = at
        if self.since is None or self._newest is None or self._last is None:
            return False
        return self._is_descending and self._last < self._newest and self._last < self.since - SLACK


def time_of(entry: Any) -> datetime | None:
    """When an entry was written, if it says so."""
    named = mapping(entry)
    return platform_time(named.get("timestamp")) or platform_time(named.get("createdAt"))


def _name(entry: Any) -> str:
    """What tells an entry from others."""
    named = mapping(entry)
    return platform_id(named.get("id")) or canonical(storable(entry))
