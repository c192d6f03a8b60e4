"""Handovers: who of several responders owns a conversation, and what the others may see of it.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messaging-handovers
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/standby
https://developers.facebook.com/documentation/business-messaging/whatsapp/conversation-routing
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from .base import Event, Identity, Json, Opener, Reader, Source, Unreadable, mapping
from .contacts import identities, profile_of, profiles, together
from .facts import only_profile, stated
from .ids import platform_id
from .storable import storable_text
from .unknown import unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverEvent(Event):
    """Something about who owns a conversation; ``identities`` are those of the customer."""

    identities: tuple[Identity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverReported(HandoverEvent):
    """A conversation was given to another responder, or taken by one.

    ``type`` is the platform's word ("control_passed", "control_taken"), at most 64 characters, and
    so are the roles ("ai_agent", "escalation"), which may be "". ``metadata`` is what the former
    owner wrote for the new one, ``summary`` the platform's own; both whole.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("handover",)

    type: str
    previous_owner_role: str
    new_owner_role: str
    metadata: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandbyReported(HandoverEvent):
    """A copy of what belongs to another responder: to be seen, never to be answered.

    ``standby_type`` is "message", "message_echo" or "status"; ``external_id`` the wamid of that
    message, for which there is no row of ours. The copy itself is ``raw``.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("handover.standby",)

    standby_type: str
    external_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationContextReceived(HandoverEvent):
    """What was said before the conversation was handed to us, beside the first messages.

    ``identities`` are those of the only person beside it, empty when there is not exactly one.
    ``context_type`` is the platform's word ("summary"), at most 64 characters; ``summary`` its
    text, whole.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("handover.context",)

    context_type: str
    summary: str


def read_handover(source: Source, item: dict[str, Json]) -> Event:
    """The event of a value of ``messaging_handovers``; Unreadable when it does not say which."""
    # The type is missing in what the dashboard's Test button posts.
    guessed = next((key for key in item if key.startswith("control_")), "")
    word = storable_text(item.get("type"), 64) or storable_text(guessed, 64)
    if not word:
        raise Unreadable("type is no word")
    control = mapping(item.get(word))
    recipient, sender = mapping(item.get("recipient")), mapping(item.get("sender"))
    number = replace(
        source,
        phone_number_id=platform_id(recipient.get("phone_number_id")) or source.phone_number_id,
        display_number=storable_text(recipient.get("display_phone_number"), 64)
        or source.display_number,
    )
    return HandoverReported(
        kind="handover",
        **stated(number, item),
        identities=tuple(
            identities(
                sender.get("phone_number"), sender.get("user_id"), sender.get("parent_user_id")
            )
        ),
        type=word,
        previous_owner_role=_role(control, "previous"),
        new_owner_role=_role(control, "new"),
        metadata=storable_text(control.get("metadata")),
        summary=_summary(control.get("conversation_context")),
    )


def open_standby(source: Source, value: dict[str, Json]) -> Iterator[tuple[Source, str, Json]]:
    """Each item of each list in ``standby``; Unreadable when there is none."""
    standby = value.get("standby")
    if not isinstance(standby, dict):
        raise Unreadable("standby is no object")
    people = profiles(standby.get("contacts"))
    inside = replace(source, profiles={**people, **source.profiles})
    parts = [(key, part) for key, part in standby.items() if key != "contacts"]
    # What nobody has named yet is kept too, inside and beside.
    parts += [(key, part) for key, part in value.items() if key not in _AROUND]
    facts = [
        (inside, key, item)
        for key, part in parts
        if part is not None
        for item in (part if isinstance(part, list) else [part])
    ]
    if not facts:
        raise Unreadable("standby holds no message")
    yield from facts


_AROUND = ("standby", "metadata", "messaging_product", "contacts")


def _read_standby(standby_type: str, source: Source, item: dict[str, Json]) -> Event:
    """The event of a message, an echo or a status inside ``standby``."""
    known = _CUSTOMERS[standby_type](item)
    profile = profile_of(source.profiles, known)
    return StandbyReported(
        kind="handover.standby",
        **stated(source, item),
        identities=together(known, profile.identities),
        standby_type=standby_type,
        external_id=platform_id(item.get("id")),
    )


def _of_message(item: dict[str, Json]) -> list[Identity]:
    return identities(item.get("from"), item.get("from_user_id"), item.get("from_parent_user_id"))


def _of_echo(item: dict[str, Json]) -> list[Identity]:
    """To whom; an echo here holds the body of the send call under ``message``."""
    body = mapping(item.get("message"))
    if "group" in (body.get("recipient_type"), item.get("recipient_type")):
        return []
    return identities(
        body.get("to") or item.get("to"),
        body.get("recipient") or item.get("to_user_id"),
        item.get("to_parent_user_id"),
    )


def _of_status(item: dict[str, Json]) -> list[Identity]:
    """Whose tick it is; in a group the recipient is the group."""
    keys = ("recipient_id", "recipient_user_id", "recipient_parent_user_id")
    if item.get("recipient_type") == "group":
        keys = (
            "recipient_participant_id",
            "recipient_participant_user_id",
            "recipient_participant_parent_user_id",
        )
    return identities(*(item.get(key) for key in keys))


_CUSTOMERS = {"message": _of_message, "message_echo": _of_echo, "status": _of_status}


def read_beside(source: Source, item: dict[str, Json]) -> Event:
    """The event of what stands beside the lists of field ``messages``: a context, else unknown."""
    if item.get("conversation_context") is None:
        whole: dict[str, Json] = {
            "entry": source.waba_id,
            "time": source.time,
            "field": source.name,
            "value": item,
        }
        return unknown(source, source.name, whole, at=item.get("timestamp"))
    context = item["conversation_context"]
    return ConversationContextReceived(
        kind="handover.context",
        **stated(source, item),
        identities=only_profile(source).identities,
        context_type=storable_text(mapping(context).get("type"), 64),
        summary=_summary(context),
    )


def _role(control: dict[str, Json], which: str) -> str:
    """The role of one owner in the conversation, else that of its app."""
    role = storable_text(control.get(f"{which}_owner_role"), 64)
    return role or storable_text(control.get(f"{which}_owner_app_role"), 64)


def _summary(context: Json) -> str:
    """The words of a context, which may be bare."""
    summary = mapping(context).get("summary") if isinstance(context, dict) else context
    return storable_text(mapping(summary).get("text") if isinstance(summary, dict) else summary)


OPENERS: dict[tuple[str, str, str], Opener] = {("meta", "standby", ""): open_standby}
"""What holds several facts."""

READERS: dict[tuple[str, str, str], Reader] = {
    ("meta", "messaging_handovers", ""): read_handover,
    ("meta", "standby", "messages"): partial(_read_standby, "message"),
    ("meta", "standby", "message_echoes"): partial(_read_standby, "message_echo"),
    ("meta", "standby", "statuses"): partial(_read_standby, "status"),
    ("meta", "messages", ""): read_beside,
}
"""By format, field or event, and list."""
