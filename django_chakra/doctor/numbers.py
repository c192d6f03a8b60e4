"""How an account's numbers stand: as the API says now, else as our rows have it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.utils import timezone

from .. import conf
from ..exceptions import ApiError, ConfigurationError, NetworkFailed, NotFound
from ..models import BusinessNumber, standing
from ..record.asked import OurNumber, columns, ours
from ..record.numbers import display_key, waba_key
from .findings import Level, Said, of_error
from .platform import Platform

MANAGER = "See the number in WhatsApp Manager and in Chakra's WhatsApp Setup."
SUPPORT = "See the account's quality in Meta's Business Support Home."

#: Column -> what it is called here, and the value in words.
_SHOWN = {
    "quality": "quality",
    "messaging_limit": "limit",
    "name_status": "name",
    "status": "status",
}


class Number(NamedTuple):
    """A number or a WABA, with its row and what the API says now, as far as there are any."""

    name: str
    row: BusinessNumber | None
    answer: Any = None
    waba_id: str = ""


def numbers(alias: str, platform: Platform | None) -> Iterator[Said]:
    """A line per number, and one for each thing that keeps it from sending.

    Args:
        platform: None asks nobody: then the rows speak.
    """
    rows = list(BusinessNumber.objects.filter(account=alias).order_by("key"))
    found: list[Number] = []
    if platform is not None and conf.account(alias).access_token:
        yield from _ask(alias, platform, rows, found)
    wabas = _wabas(found)
    asked = {number.row.pk for number in found if number.row is not None}
    for row in rows:
        if row.pk not in asked and (row.phone_number_id or row.told_at):
            found.append(Number(_name(row), row, wabas.get(row.key)))
    seen: set[str] = set()
    for number in found:
        yield _standing(number)
        yield from _health(number, seen)
        if number.row is not None:
            yield from _restrictions(number.row, wabas.get(number.row.key, {}).get("status", ""))
    if not found:
        yield Said(Level.OK, "No number is known yet.")


def _ask(
    alias: str, platform: Platform, rows: list[BusinessNumber], found: list[Number]
) -> Iterator[Said]:
    """Add the numbers that the API tells of; say what it does not tell, and why."""
    try:
        mine = ours(alias, platform.listed(), rows)
    except (ApiError, ConfigurationError) as error:
        yield _unasked(error, "The numbers can't be asked about; our rows may be old")
        return
    if mine.others and not mine.numbers:
        yield Said(
            Level.WARNING,
            f"Chakra knows {mine.others} numbers, and none of them is known as this account's.",
            "Set WABA_ID or PHONE_NUMBER_ID.",
        )
    by_key = {row.key: row for row in rows}
    for number in mine.numbers:
        name, display = number.phone_number_id, display_key(number.display_number)
        row = by_key.get(name) or by_key.get(display)
        try:
            answer = platform.answer(name)
        except NotFound:
            known = f"Chakra knows no number {_called(number)}, or not any more."
            yield Said(Level.WARNING, known, "If it moved elsewhere, take it out of CHAKRA.")
            continue
        except NetworkFailed as error:
            yield _unasked(error, "No further number can be asked about; our rows may be old")
            return
        except ApiError as error:
            yield _unasked(error, f"Number {_called(number)} can't be asked about")
            continue
        answer = answer if isinstance(answer, dict) else {}
        found.append(Number(_called(number), row, answer, number.waba_id))


def _unasked(error: Exception, words: str) -> Said:
    """Other lines say how bad that is."""
    said = of_error(error)
    return Said(Level.WARNING, f"{words}. {said.found}", said.do)


def _standing(number: Number) -> Said:
    """All of its words in one line, with the worst level among them."""
    parts: list[str] = []
    grades: list[tuple[Level, str]] = [(Level.OK, "")]
    said = columns(number.answer)
    for column, label in _SHOWN.items():
        value = said.get(column) or (getattr(number.row, column) if number.row else "")
        if value:
            notes = [_meaning(column, value), _origin(number, column, said.get(column, ""))]
            shown = f"{label} {value}"
            parts.append(f"{shown} ({'; '.join(filter(None, notes))})" if any(notes) else shown)
            grades.append(_grade(column, value))
    level = max((grade for grade, _ in grades), key=lambda one: one.rank)
    advice = " ".join(dict.fromkeys(words for grade, words in grades if grade is not Level.OK))
    told = ", ".join(parts) or "nothing is said of quality, limit, name and status"
    now = " The API says so now." if said else ""
    return Said(level, f"{number.name}: {told}.{now}", advice)


def _meaning(column: str, value: str) -> str:
    """The platform's word in ours, where that says more."""
    if column == "quality":
        return standing.quality_words(value)
    if column == "messaging_limit":
        words = standing.limit_words(value)
        return words if words != value else ""
    return ""


def _origin(number: Number, column: str, now: str) -> str:
    """Who says so, unless it is the API at this moment; and who said something else, and when."""
    row = number.row
    told = standing.told(row, column) if row is not None else None
    if row is None or told is None:
        return ""
    kept = getattr(row, column)
    who = "the API" if told.by_api else "an event"
    if now:
        older = "newer" if told.at > timezone.now() else "older"
        same = _same(column, kept, now)
        return "" if same else f"{who} said {kept} on {_minute(told.at)}, which is {older}"
    words = f"as {who} said on {_minute(told.at)}"
    before = columns(standing.answer(row)).get(column, "")
    if told.by_api or not before or row.checked_at is None or _same(column, kept, before):
        return words
    return f"{words}; the API said {before} on {_minute(row.checked_at)}, which is older"


def _same(column: str, one: str, other: str) -> bool:
    """Whether two words come to the same: an event's are not those of the API."""
    means = {
        "quality": lambda word: standing.quality_words(word) or word,
        "messaging_limit": standing.limit_words,
    }.get(column, str)
    return bool(means(one) == means(other))


def _grade(column: str, value: str) -> tuple[Level, str]:
    """How bad the word is, and what to do about it."""
    if column == "quality":
        return _grade_of_quality(value)
    if column == "name_status":
        if value in ("APPROVED", "AVAILABLE_WITHOUT_REVIEW"):
            return Level.OK, ""
        if value.startswith(("PENDING", "DEFERRED")):
            return Level.WARNING, "Wait for Meta's review of the name."
        return Level.WARNING, "Choose another display name in WhatsApp Manager."
    if column == "status" and value not in standing.FINE:
        return Level.RED if value in standing.STOPPED else Level.WARNING, MANAGER
    return Level.OK, ""


def _grade_of_quality(value: str) -> tuple[Level, str]:
    if value in standing.QUALITIES["low"][1]:
        advice = "Stop marketing for now, and write only to people who asked for it."
        return Level.RED, f"People block and report its messages. {advice}"
    if value in standing.QUALITIES["medium"][1]:
        return Level.WARNING, "Write less marketing, and only to people who asked for it."
    return Level.OK, ""


def _health(number: Number, seen: set[str]) -> Iterator[Said]:
    """A line per entity that can't send as it should; what several numbers share, once."""
    row = number.row
    if number.answer is not None:
        answer, when = number.answer, ""
    elif row is not None and row.checked_at is not None:
        answer, when = standing.answer(row), f" (the API, on {_minute(row.checked_at)})"
    else:
        return
    for entity in standing.entities(answer):
        key = repr(entity)
        if entity.can_send in ("", "AVAILABLE") or key in seen:
            continue
        if entity.type != "PHONE_NUMBER":
            seen.add(key)
        why = "; ".join(f"{one.code} {one.description}".strip() for one in entity.problems)
        yield Said(
            Level.RED if entity.can_send == "BLOCKED" else Level.WARNING,
            f"{number.name}: {entity.type}: sending is {entity.can_send}{when}. {why}".strip(),
            " ".join(filter(None, (one.solution for one in entity.problems))) or MANAGER,
        )


def _wabas(found: list[Number]) -> dict[str, dict[str, Any]]:
    """By key of its row, what the API says now of each WABA: its part of its numbers' answers."""
    return {
        waba_key(entity.id or number.waba_id): {
            "status": entity.can_send,
            "healthStatus": {"entities": [entity.as_answered()]},
        }
        for number in found
        for entity in standing.entities(number.answer)
        if entity.type == "WABA"
    }


def _restrictions(row: BusinessNumber, state: str) -> Iterator[Said]:
    """A line per restriction: those that are past are well, and said as such."""
    told, now = standing.told(row, "restrictions"), timezone.now()
    since = f", as an event said on {_minute(told.at)}" if told else ""
    for one in standing.restrictions(row):
        what = f"{_name(row)}: {one.words}" + (f" ({one.type})" if one.words != one.type else "")
        until = f"until {_minute(one.expires_at)}" if one.expires_at else "with no end said"
        if one.is_past(now):
            yield Said(Level.OK, f"{what}, {until}: that is past.")
        elif one.keeps_from_sending and state == "AVAILABLE":
            yield Said(Level.OK, f"{what}, {until}{since}; the API says now that it can send.")
        else:
            level = Level.RED if one.keeps_from_sending else Level.WARNING
            yield Said(level, f"{what}, {until}{since}.", one.remediation or SUPPORT)


def _name(row: BusinessNumber) -> str:
    if row.key.startswith("waba:"):
        return f"WABA {row.key.removeprefix('waba:')}"
    return _called(OurNumber(row.phone_number_id, "", row.display_number))


def _called(number: OurNumber) -> str:
    """As people know it, with its id."""
    display, named = number.display_number, number.phone_number_id
    return f"{display} ({named})" if display and named else display or named


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
