"""The list of conversations as an inbox: whom to answer, the latest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext_lazy

from ...models import BusinessNumber, Conversation, Message, MessageStatus
from ...models.conversations import WINDOW
from .. import filters, lookup, masks, sight
from ..filters import ReceivedFilter
from . import cursors
from .rows import PREVIEW
from .windows import CLOSING

Find = Callable[[str], Iterable[int]]

#: Conversations of one page.
PAGE = 50
#: Unread conversations are counted so far.
COUNTED = 100
#: By name only those are found that moved lately: so many of them.
NAMED = 5_000
#: Failed messages that the filter looks at: so many of the newest.
FAILED = 1_000
#: Numbers that one may choose from.
NUMBERS = 200

SHOW = {
    "open": gettext_lazy("Open"),
    "unread": gettext_lazy("Unread"),
    "closing": gettext_lazy("Closing soon"),
    "failed": gettext_lazy("Failed"),
    "done": gettext_lazy("Done"),
    "all": gettext_lazy("All"),
}
DATES = dict(ReceivedFilter.words)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see, read from a query string that may hold anything."""

    show: str
    q: str
    account: str
    number: int | None
    contact: int | None
    date: str
    before: str

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Asked:
        """Unknown words count as none. Who names nothing sees what is open."""
        read = {key: given.get(key, "").strip() for key in ("show", "q", "account", "date")}
        chosen = {key: given.get(key) for key in ("account", "number", "contact", "date", "q")}
        default = "all" if any(chosen.values()) else "open"
        return cls(
            show=read["show"] if read["show"] in SHOW else default,
            q=read["q"],
            account=read["account"] if read["account"] in filters.accounts() else "",
            number=_key(given.get("number", "")),
            contact=_key(given.get("contact", "")),
            date=read["date"] if read["date"] in DATES else "",
            before=given.get("before", ""),
        )

    @property
    def kept(self) -> dict[str, str]:
        """What other links of the page keep: all but the tab and the place."""
        named = {
            "q": self.q, "account": self.account, "number": self.number, "contact": self.contact,
            "date": self.date,
        }  # fmt: skip
        return {key: str(value) for key, value in named.items() if value}


def page(rows: QuerySet[Conversation], asked: Asked, find: Find) -> tuple[list[Conversation], str]:
    """The conversations of a page, and the cursor of the next one ("" at the end).

    Args:
        rows: those that the viewer may see.
        find: gives the keys that a search term of the viewer's names exactly.
    """
    now = timezone.now()
    chosen = _narrowed(rows, asked, now).filter(cursors.before("last_at", asked.before))
    if asked.q:
        chosen = chosen.filter(pk__in=_found(rows, asked.q, find))
    found = list(_loaded(chosen.order_by("-last_at", "-pk"))[: PAGE + 1])
    shown = found[:PAGE]
    at = shown[-1].last_at if len(found) > PAGE else None
    return shown, "" if at is None else cursors.cursor(at, shown[-1].pk)


def _loaded(rows: QuerySet[Conversation]) -> QuerySet[Any]:
    """With whom each is with, and the beginning of its last message.

    Both may be missing, so that the join begins here: MariaDB would begin at a small table that
    each row needs (their numbers) and sort all of this one.
    """
    heavy = ("payload", "text", "attempt_log", "error_details")
    return (
        rows.select_related("contact", "last_message")
        .defer(*(f"last_message__{column}" for column in heavy))
        .annotate(text_start=Left("last_message__text", PREVIEW))
        .prefetch_related("contact__identities")
    )


def _narrowed(rows: QuerySet[Conversation], asked: Asked, now: datetime) -> QuerySet[Conversation]:
    """By tab and filters; each by an index, or a bounded number of rows."""
    rows = rows.filter(last_at__isnull=False)
    if asked.account:
        rows = rows.filter(account=asked.account)
    if asked.number is not None:
        rows = rows.filter(number=asked.number)
    if asked.contact is not None:
        rows = rows.filter(contact=asked.contact)
    if asked.date:
        since, until = filters.span(asked.date)
        rows = rows.filter(last_at__gte=since)
        rows = rows if until is None else rows.filter(last_at__lt=until)
    return rows.filter(_shown(asked.show, now))


def _shown(show: str, now: datetime) -> Q:
    if show == "open":
        return Q(done_at__isnull=True)
    if show == "done":
        return Q(done_at__isnull=False)
    if show == "unread":
        return Q(unread_count__gt=0)
    if show == "closing":
        since, until = now - WINDOW, now - WINDOW + CLOSING
        closing = Q(last_inbound_at__gt=since, last_inbound_at__lte=until, group_id__isnull=True)
        # Nothing moved last before they wrote last: the index on that column answers.
        return closing & Q(last_at__gt=since)
    if show == "failed":
        return Q(pk__in=_failed(), done_at__isnull=True)
    return Q()


def _failed() -> set[int]:
    """Conversations in which a message failed, or may have, and was not sent again."""
    bad = [MessageStatus.FAILED, MessageStatus.UNKNOWN]
    rows = Message.objects.filter(status__in=bad, retries__isnull=True).order_by("-pk")
    return set(rows.values_list("conversation_id", flat=True)[:FAILED])


def _found(rows: QuerySet[Conversation], term: str, find: Find) -> set[int]:
    """By number or id exactly; by a part of the name among those that moved lately."""
    if "\0" in term:  # PostgreSQL has no such texts, and can't be asked for one
        return set(find(term))
    newest = rows.filter(last_at__isnull=False).order_by("-last_at", "-pk")
    oldest = newest.values_list("last_at", flat=True)[NAMED - 1 : NAMED].first()
    named = rows.filter(contact__name__icontains=term, last_at__isnull=False)
    if oldest is not None:
        named = named.filter(last_at__gte=oldest)
    found = named.order_by().values_list("pk", "contact__name")[: lookup.MOST]
    return {*find(term), *(pk for pk, name in found if _is_shown(term, name))}


def _is_shown(term: str, name: str) -> bool:
    """Whether they may read it in the name: else they could guess a number in it bit by bit."""
    if sight.current().numbers or not masks.hides(name):
        return True
    return term.casefold() in masks.text(name).casefold()


def count_unread(rows: QuerySet[Conversation]) -> int:
    """How many conversations have something unread, up to :data:`COUNTED`."""
    unread = rows.filter(unread_count__gt=0).order_by().values_list("pk", flat=True)
    return len(unread[:COUNTED])


def numbers(needed: Iterable[int]) -> dict[int, BusinessNumber]:
    """Those that the viewer may choose from, and those that are needed, by key."""
    rows = BusinessNumber.objects.defer("health", "restrictions", "told_at").order_by("pk")
    accounts = sight.current().accounts
    visible = rows if accounts is None else rows.filter(account__in=sorted(accounts))
    found = {one.pk: one for one in visible[:NUMBERS]}
    if missing := set(needed) - found.keys():
        found |= rows.in_bulk(missing)
    return found


def _key(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else None
