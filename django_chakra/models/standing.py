"""How a number stands, read for people: quality, limit, restrictions, health. Pure.

What is read here was written by the platform, and may have any form: what can't be read is passed
over, and an unknown word is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from .numbers import BusinessNumber

#: Quality, from the API (GREEN, …) and from events (FLAGGED, UNFLAGGED), by what it comes to.
QUALITIES: dict[str, tuple[Any, frozenset[str]]] = {
    "high": (pgettext_lazy("quality", "high"), frozenset({"GREEN", "UNFLAGGED"})),
    "medium": (pgettext_lazy("quality", "medium"), frozenset({"YELLOW"})),
    "low": (pgettext_lazy("quality", "low"), frozenset({"RED", "FLAGGED"})),
    "unknown": (pgettext_lazy("quality", "not rated"), frozenset({"UNKNOWN", "NA", ""})),
}

#: Words for the state of a number (of the API) or of a WABA (of events, and of its health) with
#: which all is well, and those with which nothing can be sent. Any other is to be looked at.
FINE = frozenset(
    {"CONNECTED", "AVAILABLE", "APPROVED", "VERIFIED_ACCOUNT", "REINSTATE", "ACCOUNT_RECONNECTED"}
)
STOPPED = frozenset(
    {
        "ACCOUNT_DELETED",
        "ACCOUNT_OFFBOARDED",
        "BANNED",
        "BLOCKED",
        "DELETED",
        "DISABLE",
        "DISABLED_UPDATE",
        "DISCONNECTED",
        "OFFLINE",
        "REJECTED",
        "RESTRICTED",
    }
)

#: https://developers.facebook.com/docs/whatsapp/webhooks/reference/account_update
RESTRICTIONS = {
    "RESTRICTED_BIZ_INITIATED_MESSAGING": gettext_lazy("may not write to customers first"),
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": gettext_lazy("may not answer customers"),
    "RESTRICTED_ADD_PHONE_NUMBER_ACTION": gettext_lazy("may not add numbers"),
}

#: So much of what the platform lists is read.
MOST = 20

#: The keys of what makes a :class:`Problem`.
_ERROR = ("error_code", "error_description", "possible_solution")
_LIMIT = re.compile(r"(?:TIER_)?([0-9]{1,12})([KM]?)")
_TIMES = {"": 1, "K": 1_000, "M": 1_000_000}


class Restriction(NamedTuple):
    """What a WABA may not do; ``expires_at`` None when not said, ``remediation`` "" likewise."""

    type: str
    expires_at: datetime | None
    remediation: str

    @property
    def words(self) -> str:
        """What it means; the platform's own word where that is unknown."""
        return str(RESTRICTIONS.get(self.type, self.type))

    @property
    def keeps_from_sending(self) -> bool:
        """Whether it concerns messages, and not merely what may be set up."""
        return "MESSAGING" in self.type

    def is_past(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now


class Problem(NamedTuple):
    """Why an entity can't send as it should, and what Meta says can be done; "" where not said."""

    code: str
    description: str
    solution: str


class Entity(NamedTuple):
    """One of those that have to be well for a message to leave: number, WABA, business, app.

    ``can_send`` is "AVAILABLE", "LIMITED" or "BLOCKED".
    """

    type: str
    id: str
    can_send: str
    problems: list[Problem]

    def as_answered(self) -> dict[str, Any]:
        """As it stands in an answer."""
        return {
            "entity_type": self.type,
            "id": self.id,
            "can_send_message": self.can_send,
            "errors": [dict(zip(_ERROR, problem, strict=True)) for problem in self.problems],
        }


class Told(NamedTuple):
    """Who said a word last, and when by the platform's clock."""

    by_api: bool
    at: datetime


def quality_words(quality: str) -> str:
    """What the word comes to: high, medium, low, not rated; "" when it is unknown."""
    return next((str(label) for label, words in QUALITIES.values() if quality in words), "")


def limit_words(limit: str) -> str:
    """To how many customers one may write first: TIER_1K is "1,000 customers in 24 hours"."""
    word = limit.strip().upper()
    if word in ("-1", "TIER_UNLIMITED", "UNLIMITED"):
        return _("no limit")
    found = _LIMIT.fullmatch(word)
    if found is None:
        return limit
    count = int(found[1]) * _TIMES[found[2]]
    text = ngettext("%(count)s customer in 24 hours", "%(count)s customers in 24 hours", count)
    return text % {"count": f"{count:,}"}


def restrictions(number: BusinessNumber) -> list[Restriction]:
    """What its WABA may not do, also what is past; it stands in the row of the WABA."""
    return [
        Restriction(_text(one, "type"), _time(one.get("expires_at")), _text(one, "remediation"))
        for one in _objects(number.restrictions)
    ]


def entities(answer: object) -> list[Entity]:
    """The entities in the API's answer about a number (or in our copy of it)."""
    health = answer.get("healthStatus") if isinstance(answer, Mapping) else None
    listed = health.get("entities") if isinstance(health, Mapping) else None
    return [
        Entity(
            _text(one, "entity_type").upper(),
            _text(one, "id"),
            _text(one, "can_send_message").upper(),
            list(_problems(one)),
        )
        for one in _objects(listed)
    ]


def _problems(entity: Mapping[str, Any]) -> Iterator[Problem]:
    for error in _objects(entity.get("errors")):
        problem = Problem(*(_text(error, name) for name in _ERROR))
        if any(problem):
            yield problem


def answer(number: BusinessNumber) -> Mapping[str, Any]:
    """Our copy of what the API last answered about a number; {} when it was never asked."""
    kept = number.health.get("answer") if isinstance(number.health, dict) else None
    return kept if isinstance(kept, dict) else {}


def told(number: BusinessNumber, column: str) -> Told | None:
    """Who said what stands in this column; None when nobody has."""
    stamps = number.told_at if isinstance(number.told_at, dict) else {}
    asked = number.health.get("told") if isinstance(number.health, dict) else None
    at = _time(stamps.get(column))
    if at is None:
        return None
    return Told(isinstance(asked, dict) and asked.get(column) == stamps[column], at)


def _objects(value: object) -> list[Mapping[str, Any]]:
    listed = value if isinstance(value, list) else []
    return [one for one in listed[:MOST] if isinstance(one, Mapping)]


def _text(one: Mapping[str, Any], key: str) -> str:
    value = one.get(key)
    return str(value)[:1000] if isinstance(value, str | int) else ""


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
