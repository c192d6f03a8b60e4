"""Through all chats of an account, or the messages of one customer, from where the run is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from ..client.chats import Chats
from ..client.resource import by_number
from ..events import MessageEvent, platform_id
from ..events.base import mapping
from ..exceptions import NotFound
from ..models import Backfill
from .pages import facts_of, keep, missing, read
from .runs import Run
from .unknown import Unknown, resolve
from .walk import Fetch, Walk

#: Entries that are asked for at a time.
PAGE = 50

ENDLESS = "a list that did not end"


class Stopped(Exception):
    """Somebody wished it to end here."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one page of a chat has and we do not."""

    contact: str
    messages: int
    statuses: int
    #: Of the messages, by the platform's clock.
    first_at: datetime | None
    last_at: datetime | None


@dataclass(slots=True)
class Journey:
    """One run on its way.

    Args:
        number: messages to another number of ours are left out, where the list names it.
        limit: so many chats are looked at, then it stops.
        is_stopped: asked after each page.
        progress: told of the row after each page, and of what was missing in it.
    """

    run: Run
    chats: Chats
    number: str = ""
    limit: int | None = None
    is_stopped: Callable[[], bool] = lambda: False
    progress: Callable[[Backfill, Found], None] = lambda row, found: None
    _unknown: Unknown = field(init=False)
    #: Chats that were looked at: what comes in pushes them to the next page.
    _done: set[str] = field(default_factory=set)
    _looked_at: int = 0

    def __post_init__(self) -> None:
        self._unknown = Unknown(self.run.row.account)

    def through_all(self) -> None:
        """Chat by chat, the newest first.

        Raises:
            Stopped: before the end.
        """
        cursor = self.run.cursor
        walk = Walk(self._list, first=_whole(cursor.get("page")))
        done = {one for one in _listed(cursor.get("done")) if isinstance(one, str)}
        for number, page in walk.pages():
            here: list[str] = []
            for id in (platform_id(mapping(chat).get("id")) for chat in page):
                if id and id not in self._done and id not in done:
                    place = {"page": number, "done": here, "chat": id}
                    self._chat(
                        id, place, _whole(cursor.get("at")) if id == cursor.get("chat") else 1
                    )
                if id and id not in self._done:
                    self._done.add(id)
                    here.append(id)
        if walk.is_endless:
            self.run.refuse(ENDLESS)

    def through_one(self, phone_number: str) -> None:
        """All messages with one customer.

        Raises:
            Stopped: before the end.
        """

        def fetch(page: int) -> Any:
            return self.chats.previous_messages(phone_number=phone_number, limit=PAGE, page=page)

        self._messages(fetch, _whole(self.run.cursor.get("at")), {}, contact=phone_number)
        self.run.count(chats=1)

    def _list(self, page: int) -> Any:
        return self.chats.list(
            limit=PAGE, page=page, order_field="createdAt", order_direction="desc"
        )

    def _chat(self, id: str, place: dict[str, Any], first: int) -> None:
        if self.limit is not None and self._looked_at >= self.limit:
            raise Stopped
        self._looked_at += 1

        def fetch(page: int) -> Any:
            return self.chats.messages(id, limit=PAGE, page=page)

        try:
            self._messages(fetch, first, place)
        except NotFound:
            self.run.refuse("a chat that is not there any more")
        self.run.count(chats=1)
        self.run.row.cursor = {"page": place["page"], "done": [*place["done"], id]}
        self.run.save()

    def _messages(
        self, fetch: Fetch, first: int, place: dict[str, Any], *, contact: str = ""
    ) -> None:
        walk = Walk(fetch, first=first, since=self.run.since)
        for number, page in walk.pages():
            listed = read(page, self.run, contact=contact)
            if self.number:
                listed = [one for one in listed if one.phone_number_id in ("", self.number)]
            if not self.run.dry:
                for name, pk in self._unknown.take(listed).items():
                    found = resolve(self.run, pk, name, by_number(fetch))
                    self.run.count(resolved=found)
            self.run.count(seen=len(listed))
            # Where it would go on: what is recorded is recorded together with this.
            self.run.row.cursor = {**place, "at": number + 1}
            self._page(listed)
            if self.is_stopped():
                raise Stopped
        if walk.is_endless:
            self.run.refuse(ENDLESS)

    def _page(self, listed: list[Any]) -> None:
        """Record what is missing of a page, and say so."""
        run = self.run
        now = timezone.now() if run.dry else run.now()
        told = facts_of(run, missing(run.row.account, listed, run.since), now=now)
        if not run.dry:
            keep(run, told, now=now)
        events = [one.fact.event for one in told]
        spoken = [event for event in events if isinstance(event, MessageEvent)]
        times = [event.occurred_at for event in spoken if event.occurred_at]
        names = [one.contact for one in listed if one.contact]
        found = Found(
            contact=names[0] if names else "",
            messages=len(spoken),
            statuses=len(told) - len(spoken),
            first_at=min(times, default=None),
            last_at=max(times, default=None),
        )
        self.progress(run.row, found)


def _whole(value: Any) -> int:
    """The number of a page, from 1."""
    return value if isinstance(value, int) and value > 0 else 1


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
