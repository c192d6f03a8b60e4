"""People: who wants no more marketing, whose user id changed, who is in the phone's address book.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences
https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/smb_app_state_sync
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from .base import Event, Identity, Json, Reader, Source, Unreadable, mapping
from .contacts import identities, person, profile_of, together, username
from .facts import stated
from .ids import platform_id
from .storable import storable_text
from .unknown import unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceEvent(Event):
    """Something that a person wants from us, or does not want."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketingPreferenceChanged(PreferenceEvent):
    """A person stopped marketing messages, takes them again, or signed up for them.

    ``value`` is the platform's word in lower case, at most 64 characters: "stop", "resume",
    "signup". ``detail`` is its sentence for people, whole; ``signup_id`` names the form. ``name``
    and ``username`` are what the person calls themselves, each at most 255 characters.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("person.preference",)

    identities: tuple[Identity, ...]
    name: str
    username: str
    value: str
    detail: str
    signup_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityEvent(Event):
    """Something about who a person is.

    ``identities`` are all of one person. ``name`` and ``username`` are at most 255 characters each,
    "" when not said.
    """

    identities: tuple[Identity, ...]
    name: str
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserIdChanged(IdentityEvent):
    """A person has another user id; ``identities`` hold the phone number and all ids, old and new.

    ``previous_user_id`` and ``current_user_id`` may be ""; ``detail`` is the platform's sentence
    for people, whole.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("person.user_id",)

    previous_user_id: str
    current_user_id: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSynced(IdentityEvent):
    """The address book of the WhatsApp Business app has, or no longer has, a person.

    ``name`` is that of the address book, not the person's own. ``action`` is the platform's word,
    at most 64 characters: "add" (also for a changed name) or "remove".
    """

    KINDS: ClassVar[tuple[str, ...]] = ("person.contact",)

    action: str


def read_preference(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``user_preferences[]``; an UnknownEvent for another category.

    Unreadable when it names nobody, or says nothing.
    """
    if item.get("category") not in (None, "marketing_messages"):
        name = f"{source.name}.user_preferences"
        return unknown(source, name, item, reason="a preference of an unknown category")
    value = storable_text(item.get("value"), 64).lower()[:64]
    if not value:
        raise Unreadable("the preference has no value")
    return MarketingPreferenceChanged(
        kind="person.preference",
        **stated(source, item),
        **_who(source, person(item)),
        value=value,
        detail=storable_text(item.get("detail")),
        signup_id=platform_id(item.get("signup_id")),
    )


def read_user_id(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``user_id_update[]``; Unreadable when it names nobody."""
    user_ids, parents = _change(item.get("user_id")), _change(item.get("parent_user_id"))
    known = together(
        identities(item.get("wa_id")),
        *(identities(None, user_id) for user_id in user_ids),
        *(identities(None, None, parent) for parent in parents),
    )
    return UserIdChanged(
        kind="person.user_id",
        **stated(source, item),
        **_who(source, known),
        previous_user_id=user_ids[0],
        current_user_id=user_ids[1],
        detail=storable_text(item.get("detail")),
    )


def read_contact(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``state_sync[]``; an UnknownEvent for what is no contact.

    Unreadable when it names nobody.
    """
    if item.get("type") not in (None, "contact"):
        name = f"{source.name}.state_sync"
        return unknown(source, name, item, reason="a state of an unknown type")
    contact = mapping(item.get("contact"))
    known = identities(
        contact.get("phone_number"), contact.get("user_id"), contact.get("parent_user_id")
    )
    if not known:
        raise Unreadable("neither phone_number nor user_id names the contact")
    name = storable_text(contact.get("full_name"), 255)
    return ContactSynced(
        kind="person.contact",
        **stated(source, item, mapping(item.get("metadata")).get("timestamp")),
        identities=tuple(known),
        name=name or storable_text(contact.get("first_name"), 255),
        username=username(contact.get("username")),
        action=storable_text(item.get("action"), 64).lower()[:64],
    )


def _change(value: Json) -> tuple[str, str]:
    """The previous and the current id; elsewhere than here an id is a bare text."""
    if not isinstance(value, dict):
        return "", platform_id(value)
    return platform_id(value.get("previous")), platform_id(value.get("current"))


def _who(source: Source, known: Iterable[Identity]) -> dict[str, Any]:
    """The person with these identities, as the contacts beside the fact tell; Unreadable when
    there is none."""
    own = tuple(known)
    if not own:
        raise Unreadable("neither wa_id nor user_id names the person")
    profile = profile_of(source.profiles, own)
    return {
        "identities": together(own, profile.identities),
        "name": profile.name,
        "username": profile.username,
    }


READERS: dict[tuple[str, str, str], Reader] = {
    ("meta", "user_preferences", "user_preferences"): read_preference,
    ("meta", "user_id_update", "user_id_update"): read_user_id,
    ("meta", "smb_app_state_sync", "state_sync"): read_contact,
}
"""By format, field or event, and list."""
