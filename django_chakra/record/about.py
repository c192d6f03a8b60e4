"""Record what events say of people and of our numbers, apart from any message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..events import (
    AccountReviewed,
    AccountUpdated,
    BusinessUsernameChanged,
    CapabilityChanged,
    ContactSynced,
    Event,
    Identity,
    Json,
    MarketingPreferenceChanged,
    NumberNameReviewed,
    NumberQualityChanged,
    UserIdChanged,
)
from ..events.ids import only_digits
from . import numbers, words
from .facts import Fact
from .joining import Announcer, Words
from .numbers import Word, waba_key
from .people import People
from .places import Places

#: What an account update may say that is the state of the WABA; the others are incidents.
STATES = frozenset(
    {
        "ACCOUNT_DELETED",
        "ACCOUNT_OFFBOARDED",
        "ACCOUNT_RECONNECTED",
        "ACCOUNT_RESTRICTION",
        "ACCOUNT_VIOLATION",
        "DISABLED_UPDATE",
        "VERIFIED_ACCOUNT",
    }
)

PERSONAL = (ContactSynced, MarketingPreferenceChanged, UserIdChanged)


def write(account: str, facts: Sequence[Fact], *, by: Announcer) -> set[int]:
    """Record what these facts say of people and numbers; return conversations that changed."""
    said = [word for fact in facts if (word := _of_number(fact))]
    if said:
        numbers.write(account, said)
    told = [
        (e.identities, _of_person(e)) for fact in facts if isinstance(e := fact.event, PERSONAL)
    ]
    told = [(identities, said) for identities, said in told if identities]
    return _people(account, told, by) if told else set()


def _people(
    account: str, told: list[tuple[tuple[Identity, ...], Words]], by: Announcer
) -> set[int]:
    people = People(account, by)
    people.meet(identities for identities, _ in told)
    words.keep(people, ((people.contacts[i[0]], said) for i, said in told if said))
    places = Places(people)
    places.settle()
    return people.touched | places.changed | places.separate()


def _of_person(event: ContactSynced | MarketingPreferenceChanged | UserIdChanged) -> Words:
    """What the event says of them; nothing without a time, by which words are compared."""
    at = event.occurred_at
    if at is None:
        return {}
    named = {"name": event.name, "username": event.username}
    said: Words = {column: (at, word) for column, word in named.items() if word}
    if isinstance(event, MarketingPreferenceChanged):
        said["marketing_stopped_at"] = (at, at if event.value == "stop" else None)
    return said


def _of_number(fact: Fact) -> Word | None:
    """What the fact says of a number or of a WABA, if anything."""
    event = fact.event
    at = event.occurred_at or fact.call.received_at
    columns = {name: value for name, value in _columns(event) if value not in ("", None)}
    if isinstance(event, BusinessUsernameChanged):
        # Once it is deleted, nothing stands in its place.
        columns["username"] = event.username
    if not columns:
        return None
    if isinstance(event, AccountReviewed | AccountUpdated | CapabilityChanged):
        key = waba_key(event.waba_id)
        return Word(key, "", at, columns) if key != "?" else None
    return (
        Word("", event.display_number, at, columns) if only_digits(event.display_number) else None
    )


def _columns(event: Event) -> Iterable[tuple[str, Json]]:
    """Columns of ``BusinessNumber`` and what the event says of them."""
    if isinstance(event, NumberQualityChanged):
        if event.event in ("FLAGGED", "UNFLAGGED"):
            yield "quality", event.event
        yield "messaging_limit", event.limit[:64]
    elif isinstance(event, NumberNameReviewed):
        yield "name_status", event.decision
        if event.decision == "APPROVED":
            yield "name", event.name
    else:
        yield from _account_columns(event)


def _account_columns(event: Event) -> Iterable[tuple[str, Json]]:
    """The same for what is said of a whole WABA."""
    if isinstance(event, AccountReviewed):
        yield "status", event.decision
    elif isinstance(event, AccountUpdated):
        if event.event in STATES:
            yield "status", event.ban_state or event.event
        yield "restrictions", _restrictions(event) or None
    elif isinstance(event, CapabilityChanged):
        yield "messaging_limit", event.max_daily_conversations[:64]


def _restrictions(event: AccountUpdated) -> Json:
    return [
        {
            "type": one.type,
            "expires_at": one.expires_at.isoformat() if one.expires_at else "",
            "remediation": one.remediation,
        }
        for one in event.restrictions
    ]
