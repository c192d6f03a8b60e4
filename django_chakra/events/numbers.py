"""Our numbers: their shown name, quality, limit, PIN and username.

https://developers.facebook.com/docs/whatsapp/webhooks/reference/phone_number_quality_update
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from .base import Event, Json, Reader, Source, Unreadable
from .contacts import username
from .facts import stated
from .storable import storable_text
from .words import needed


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberEvent(Event):
    """Something happened to one of our numbers.

    These facts do not name the number's id: ``display_number``, as the platform writes it, is all
    that says which one. It is never "", but may hold no digit.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberNameReviewed(NumberEvent):
    """The platform decided about the name that customers see.

    ``decision`` is its word in upper case ("APPROVED", "REJECTED", "DEFERRED", "PENDING"), ``name``
    the one asked for, ``reason`` why it was refused ("" also where the platform writes "NONE");
    both at most 255 characters.

    https://developers.facebook.com/docs/whatsapp/webhooks/reference/phone_number_name_update
    """

    KINDS: ClassVar[tuple[str, ...]] = ("number.name",)

    decision: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberQualityChanged(NumberEvent):
    """A number's quality, messaging limit or throughput changed.

    ``event`` is the platform's word in upper case ("FLAGGED", "UNFLAGGED", "UPGRADE", "DOWNGRADE",
    "ONBOARDING", "THROUGHPUT_UPGRADE"). ``old_limit`` and ``limit`` are words or digits, at most 64
    characters ("TIER_1K"), "" when not said.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("number.quality",)

    event: str
    old_limit: str
    limit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSecurityChanged(NumberEvent):
    """A number's PIN was changed, or somebody asked for that.

    ``event`` is the platform's word in upper case ("PIN_CHANGED", "PIN_RESET_REQUEST",
    "PIN_REQUEST_SUCCESS"), ``requester`` who asked, at most 255 characters.

    https://developers.facebook.com/docs/whatsapp/webhooks/reference/security
    """

    KINDS: ClassVar[tuple[str, ...]] = ("number.security",)

    event: str
    requester: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessUsernameChanged(NumberEvent):
    """A number's username was approved, reserved or deleted.

    ``status`` is the platform's word in lower case; ``username`` has at most 255 characters and no
    ``@``, and is "" once deleted.

    https://developers.facebook.com/docs/whatsapp/webhooks/reference/business_username_updates
    """

    KINDS: ClassVar[tuple[str, ...]] = ("number.username",)

    username: str
    status: str


def read_name(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``phone_number_name_update``; Unreadable without a decision."""
    reason = storable_text(item.get("rejection_reason"), 255)
    return NumberNameReviewed(
        **_number(source, item, "number.name"),
        decision=needed(item.get("decision"), "decision"),
        name=storable_text(item.get("requested_verified_name"), 255),
        reason="" if reason == "NONE" else reason,
    )


def read_quality(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``phone_number_quality_update``; Unreadable without its word."""
    limits = (item.get("current_limit"), item.get("max_daily_conversations_per_business"))
    return NumberQualityChanged(
        **_number(source, item, "number.quality"),
        event=needed(item.get("event"), "event"),
        old_limit=storable_text(item.get("old_limit"), 64),
        limit=next(filter(None, (storable_text(limit, 64) for limit in limits)), ""),
    )


def read_security(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``security``; Unreadable without its word."""
    return NumberSecurityChanged(
        **_number(source, item, "number.security"),
        event=needed(item.get("event"), "event"),
        requester=storable_text(item.get("requester"), 255),
    )


def read_username(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``business_username_updates``; Unreadable without a status."""
    status = needed(item.get("status"), "status").lower()
    return BusinessUsernameChanged(
        **_number(source, item, "number.username"),
        username="" if status == "deleted" else username(item.get("username")),
        status=status[:64],
    )


def _number(source: Source, item: dict[str, Json], kind: str) -> dict[str, Any]:
    """What every event of a number says; Unreadable when it does not say of which."""
    display = storable_text(item.get("display_phone_number"), 64)
    if not display:
        raise Unreadable("the fact names no number")
    return {**stated(source, item), "kind": kind, "display_number": display}


READERS: dict[tuple[str, str, str], Reader] = {
    ("meta", "phone_number_name_update", ""): read_name,
    ("meta", "phone_number_quality_update", ""): read_quality,
    ("meta", "security", ""): read_security,
    ("meta", "business_username_updates", ""): read_username,
    # The page's own example spells it so.
    ("meta", "business_username_update", ""): read_username,
}
"""By format, field or event, and list."""
