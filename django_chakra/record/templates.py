"""What the platform says of message templates, by events and in its list, into their rows.

Of two words about one column the later counts, whichever comes first; of two of one time the
greater. A status comes with its reason, and with whether the template is gone: they count together.

An event about components writes header, body, footer, addresses and numbers alone, and knows
nothing of media headers, other buttons or cards. So it changes the texts in what a list told, and
leaves the rest; where no list told anything, it is all that is known. ``told_at["whole"]`` is the
time of the last whole list of components: where "components" is later, parts may be missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import Q

from ..client.payloads.shapes import Shape, shape_of
from ..events import (
    Event,
    Json,
    TemplateEvent,
    TemplateQualityChanged,
    TemplateStatusChanged,
    platform_id,
)
from ..events.canonical import canonical
from ..models import MessageTemplate
from ..models.statements import upsert
from .components import edited, of_event
from .facts import Fact

#: Columns that are told one by one.
TOLD = ("name", "language", "category", "quality", "parameter_format")
#: What people see of a row.
SEEN = (*TOLD, "status", "reason", "deleted_at")
COLUMNS = (*SEEN, "components", "waba_id", "told_at")


class TemplateWord(NamedTuple):
    """What is said about a template, by its id or by its name and language."""

    template_id: str
    waba_id: str
    at: datetime
    #: Those of ``TOLD`` that it speaks of.
    columns: dict[str, str]
    #: Its word and reason; None says nothing of it.
    status: tuple[str, str] | None = None
    components: list[Any] | None = None
    #: Whether these are all its components, with all that they have.
    is_whole: bool = False
    #: Whether it stands in the platform's list.
    is_listed: bool = False

    @property
    def stamp(self) -> str:
        """A spelling of its time that sorts as the time does.

        Events have whole seconds, requests of ours do not: of one second the event counts as the
        later one, since what was asked for may have been answered before it.
        """
        at = self.at if self.at.microsecond else self.at.replace(microsecond=999_999)
        return stamp(at)

    @property
    def place(self) -> tuple[str, str, str]:
        """By what it is found where no id is given."""
        return self.waba_id, self.columns.get("name", ""), self.columns.get("language", "")

    @property
    def key(self) -> str:
        """The external id of its row; a stand-in until the platform names one."""
        return self.template_id or stand_in(self.place)


class Kept(NamedTuple):
    """How many rows are new, and how many of the others read differently now."""

    new: int
    changed: int


def stand_in(place: tuple[str, str, str]) -> str:
    """The external id of a template of which only the name is known."""
    return platform_id("name:{}:{}:{}".format(*place))


def said(facts: Iterable[Fact]) -> list[TemplateWord]:
    """What these facts say of templates."""
    return [
        _word(fact.event, fact.event.occurred_at or fact.call.received_at)
        for fact in facts
        if isinstance(fact.event, TemplateEvent)
    ]


def write(account: str, words: Sequence[TemplateWord]) -> Kept:
    """Keep what is said; rows that are missing are made. Call it in a transaction.

    Two statements where all rows are there, four where some are new, whatever their number.
    """
    if not words:
        return Kept(0, 0)
    rows = _rows(account, words)
    missing = sorted({_home(word, rows).key for word in words} - rows.keys())
    if missing:
        made = [MessageTemplate(account=account, external_id=key) for key in missing]
        upsert(made, by=["account", "external_id"])
        rows = _rows(account, words)
    before = {key: _seen(row) for key, row in rows.items()}
    # Looked up before any of them counts: a word may take its name from a row.
    homes = [rows[_home(word, rows).key] for word in words]
    for row, word in zip(homes, words, strict=True):
        take(row, word)
    _absorb(rows)
    upsert([rows[key] for key in sorted(rows)], by=["id"], update=COLUMNS)
    changed = {key for key, row in rows.items() if before[key] != _seen(row)}
    return Kept(len(rows.keys() & set(missing)), len(changed - set(missing)))


def gone(account: str, told: Mapping[str, Any], *, at: datetime) -> int:
    """Mark templates as deleted of which nothing was said meanwhile; return how many.

    Two statements. Call it in a transaction.

    Args:
        told: their external ids, and what ``told_at`` was when the platform was asked.
        at: when that was.
    """
    rows = MessageTemplate.objects.select_for_update().filter(
        account=account, external_id__in=sorted(told), deleted_at=None
    )
    missing = [row for row in rows.order_by("external_id") if row.told_at == told[row.external_id]]
    for row in missing:
        row.deleted_at, row.told_at["status"] = at, stamp(at)
    if missing:
        upsert(missing, by=["id"], update=["deleted_at", "told_at"])
    return len(missing)


def synced(account: str, external_ids: Iterable[str], *, at: datetime) -> None:
    """Keep on all that a list named when it was read, once it was read to its end."""
    rows = MessageTemplate.objects.filter(account=account, external_id__in=sorted(external_ids))
    rows.filter(Q(synced_at=None) | Q(synced_at__lt=at)).update(synced_at=at)


def shape(row: MessageTemplate) -> Shape:
    """What a template is made of. Since an event about its components, parts may be unknown."""
    whole = row.told_at.get("whole")
    is_whole = whole is not None and whole == row.told_at.get("components")
    return shape_of(row.components, parameter_format=row.parameter_format, is_whole=is_whole)


def take(row: MessageTemplate, word: TemplateWord) -> None:
    """Let a word count, as far as it is the latest."""
    at = word.stamp
    row.waba_id = max(row.waba_id, word.waba_id)
    for column, value in word.columns.items():
        if _is_later(row, column, at, value, getattr(row, column)):
            setattr(row, column, value)
    _take_status(row, word, at)
    _take_components(row, word, at)


def stamp(at: datetime) -> str:
    """A spelling that sorts as the time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _take_status(row: MessageTemplate, word: TemplateWord, at: str) -> None:
    if word.status is None:
        return
    status, reason = word.status
    if word.is_listed and status == row.status and reason in row.reason:
        reason = row.reason  # an event had more words for the same
    gone = word.at if status == "DELETED" else None
    if _is_later(row, "status", at, [status, reason], [row.status, row.reason]):
        row.status, row.reason, row.deleted_at = status, reason, gone


def _take_components(row: MessageTemplate, word: TemplateWord, at: str) -> None:
    if word.components is None:
        return
    components, known = word.components, row.components
    was_whole = "whole" in row.told_at
    if was_whole and not word.is_whole:
        components = edited(known, components)
    if _is_later(row, "components", at, components, known):
        row.components = components
    elif word.is_whole and not was_whole:
        row.components = edited(components, known)
    else:
        return
    if word.is_whole:
        row.told_at["whole"] = at


def _is_later(row: MessageTemplate, column: str, at: str, value: Json, known: Json) -> bool:
    """Whether the word counts; if so its time is kept."""
    if (at, canonical(value)) < (row.told_at.get(column, ""), canonical(known)):
        return False
    row.told_at[column] = at
    return True


def _seen(row: MessageTemplate) -> list[str]:
    """What people see of it; a database may hand out the keys of an object in another order."""
    return [canonical(row.components), *(repr(getattr(row, name)) for name in SEEN)]


def _rows(account: str, words: Sequence[TemplateWord]) -> dict[str, MessageTemplate]:
    """The rows that the words are about, locked, by their external id; stand-ins too."""
    keys = {word.key for word in words} | {stand_in(word.place) for word in words}
    about = Q(external_id__in=sorted(keys))
    if names := sorted({word.place[1] for word in words if not word.template_id}):
        about |= Q(name__in=names)
    rows = MessageTemplate.objects.select_for_update().filter(about, account=account)
    return {row.external_id: row for row in rows.order_by("external_id")}


def _home(word: TemplateWord, rows: Mapping[str, MessageTemplate]) -> TemplateWord:
    """The word under the id of its row, where it names none and the row is known."""
    if word.template_id:
        return word
    named = [row for row in rows.values() if _place(row) == word.place]
    # Of a template that was made anew under its name the one that is still there.
    best = max(named, key=lambda row: (row.deleted_at is None, row.external_id), default=None)
    return word if best is None else word._replace(template_id=best.external_id)


def _absorb(rows: dict[str, MessageTemplate]) -> None:
    """Once a row with an id has the name of a stand-in, what was said of that is its own."""
    for _, row in sorted(rows.items()):
        nameless = rows.get(stand_in(_place(row)))
        if nameless is None or nameless is row or not row.name:
            continue
        for word in _retold(nameless):
            take(row, word)
        del rows[nameless.external_id]
        nameless.delete()


def _retold(row: MessageTemplate) -> list[TemplateWord]:
    """What was said to a row, as words."""
    words = []
    for column, at in row.told_at.items():
        word = TemplateWord("", row.waba_id, datetime.fromisoformat(at), {})
        if column in TOLD:
            words.append(word._replace(columns={column: getattr(row, column)}))
        elif column == "status":
            words.append(word._replace(status=(row.status, row.reason)))
        elif column == "components":
            words.append(word._replace(components=row.components))
    return words


def _place(row: MessageTemplate) -> tuple[str, str, str]:
    return row.waba_id, row.name, row.language


def _word(event: TemplateEvent, at: datetime) -> TemplateWord:
    named = {"name": event.name, "language": event.language, "category": event.category}
    if isinstance(event, TemplateQualityChanged):
        named["quality"] = event.quality
    return TemplateWord(
        event.template_id,
        event.waba_id,
        at,
        {column: word for column, word in named.items() if word},
        status=_status(event),
        components=of_event(event),
    )


def _status(event: Event) -> tuple[str, str] | None:
    if not isinstance(event, TemplateStatusChanged):
        return None
    until = event.disable_date and f"Disable date: {event.disable_date}."
    parts = (event.reason, event.title, event.description, event.recommendation, until)
    return event.status, "\n".join(filter(None, parts))
