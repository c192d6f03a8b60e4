"""Record what events say of people and of our numbers, apart from any message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from ..events import (
    AccountReviewed,
    AccountUpdated,
    BusinessUsernameChanged,
    CapabilityChanged,
    ContactSynced,
    Event,
    Json,
    MarketingPreferenceChanged,
    MessageEvent,
    NumberNameReviewed,
    NumberQualityChanged,
    UserIdChanged,
)
from ..events.ids import only_digits
from . import marketing, numbers, words
from .facts import Fact
from .joining import Words
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

Personal: TypeAlias = ContactSynced | MarketingPreferenceChanged | UserIdChanged


def write(people: People, facts: Sequence[Fact]) -> set[int]:
    """Know everybody whom these facts name, and keep what they say of people and numbers.

    Returns the conversations that changed, because contacts turned out to be one.
    """
    said = [word for fact in facts if (word := _of_number(fact))]
    if said:
        numbers.write(people.account, said)
    events = [event for fact in facts if isinstance(event := fact.event, MessageEvent | Personal)]
    named = [event for event in events if event.identities]
    if not named:
        return set()
    people.meet(event.identities for event in named)
    told = ((people.contacts[event.identities[0]], _of_person(event)) for event in named)
    words.keep(people, ((contact, said) for contact, said in told if said))
    places = Places(people)
    places.settle()
    return people.touched | places.changed | places.separate()


def _of_person(event: MessageEvent | Personal) -> Words:
    """What the event says of them; nothing without a time, by which words are compared."""
    at = event.occurred_at
    if at is None:
        return {}
    named = {"name": event.name, "username": event.username}
    said: Words = {column: (at, word) for column, word in named.items() if word}
    if isinstance(event, MarketingPreferenceChanged):
        said["marketing_stopped_at"] = (at, at if event.value == "stop" else None)
    elif isinstance(event, MessageEvent) and (stops := marketing.stops(event)) is not None:
        said["marketing_stopped_at"] = (at, at if stops else None)
    return said


def _of_number(fact: Fact) -> Word | None:
    """What the fact says of a number or of a WABA, if anything."""
    event = fact.event
    at = event.occurred_at or fact.received_at
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
        if event.ban_state == "REINSTATE":
            yield "restrictions", []
        else:
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
