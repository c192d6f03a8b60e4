"""Conversions: what came of advertisements and marketing messages.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/automatic_events
https://developers.facebook.com/documentation/business-messaging/whatsapp/marketing-messages/click-tracking
(``tracking_events`` is on no page; its shape is unverified)
"""

from dataclasses import dataclass
from typing import ClassVar

from .base import Event, Identity, Json, Reader, Source, Unreadable, mapping
from .facts import only_profile, stated, whole_number
from .ids import platform_id
from .storable import storable_text
from .unknown import unknown

_CLICK = "marketing_messages_link_click"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionEvent(Event):
    """Something that an advertisement or a marketing message led to.

    ``click_id`` names the click, at most 1024 characters, "" when not said.
    """

    click_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionReported(ConversionEvent):
    """The platform saw a lead or a purchase in a conversation.

    ``message_id`` is the wamid of the chat message it was seen in, which is an event of its own.
    ``event_name`` is the platform's word ("LeadSubmitted", "Purchase"), at most 128 characters;
    ``click_id`` that of the advertisement (``ctwa_clid``). A purchase has ``currency`` (at most 16
    characters) and ``value_thousandths``, the price times 1000.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("conversion.event",)

    message_id: str
    event_name: str
    currency: str
    value_thousandths: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingReported(ConversionEvent):
    """The platform tells of a tracked event after a click.

    ``event_name`` is at most 128 characters, ``tracking_token`` at most 1024.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("conversion.tracking",)

    event_name: str
    tracking_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkClicked(ConversionEvent):
    """Somebody clicked in a marketing message.

    ``identities`` are those of the only person beside the fact, empty when there is not exactly
    one. ``click_component`` is the platform's word in lower case ("cta", "body"), at most 64
    characters; ``product_id`` that of the catalogue, ``tracking_token`` at most 1024 characters.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("conversion.click",)

    identities: tuple[Identity, ...]
    click_component: str
    product_id: str
    tracking_token: str


def read_conversion(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``automatic_events[]``; Unreadable without a name."""
    data = mapping(item.get("custom_data"))
    return ConversionReported(
        kind="conversion.event",
        **stated(source, item),
        message_id=platform_id(item.get("id")),
        event_name=_event_name(item),
        click_id=storable_text(item.get("ctwa_clid"), 1024),
        currency=storable_text(data.get("currency"), 16),
        value_thousandths=whole_number(data.get("value"), 2**63),
    )


def read_tracking(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``events[]`` of ``tracking_events``; Unreadable without a name."""
    data = mapping(item.get("tracking_data"))
    return TrackingReported(
        kind="conversion.tracking",
        **stated(source, item),
        event_name=_event_name(item),
        click_id=storable_text(data.get("click_id"), 1024),
        tracking_token=storable_text(data.get("tracking_token"), 1024),
    )


def read_action(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``user_actions[]``; an UnknownEvent for one that is no click."""
    if item.get("action_type") != _CLICK:
        at = item.get("timestamp")
        name = f"{source.name}.user_actions"
        return unknown(source, name, item, at=at, reason="an action of an unknown type")
    data = mapping(item.get(f"{_CLICK}_data"))
    return LinkClicked(
        kind="conversion.click",
        **stated(source, item),
        identities=only_profile(source).identities,
        click_id=storable_text(data.get("click_id"), 1024),
        click_component=storable_text(data.get("click_component"), 64).lower()[:64],
        product_id=platform_id(data.get("product_id")),
        tracking_token=storable_text(data.get("tracking_token"), 1024),
    )


def _event_name(item: dict[str, Json]) -> str:
    """What happened; Unreadable when nothing says so."""
    name = storable_text(item.get("event_name"), 128)
    if not name:
        raise Unreadable("event_name is missing")
    return name


READERS: dict[tuple[str, str, str], Reader] = {
    ("meta", "automatic_events", "automatic_events"): read_conversion,
    ("meta", "tracking_events", "events"): read_tracking,
    ("meta", "messages", "user_actions"): read_action,
}
"""By format, field or event, and list."""
