"""The people whom a fact names: by which identities, and what they call themselves.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages (contacts)
"""

import re
from collections.abc import Iterable, Mapping

from .base import Identity, Json, Profile, mapping
from .ids import matched, phone_digits, platform_id
from .storable import storable_text

NOBODY = Profile((), "", "")

_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_PARENT_USER_ID = re.compile(r"[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}")


def identities(phone: Json, user_id: Json = None, parent_user_id: Json = None) -> list[Identity]:
    """The identities that these values are, the phone number first; values that are none are left
    out. A user id in the place of the phone number, as seen in the wild, is taken for one."""
    if isinstance(phone, str):
        if not user_id and _USER_ID.fullmatch(phone):
            user_id = phone
        elif not parent_user_id and _PARENT_USER_ID.fullmatch(phone):
            parent_user_id = phone
    named = (
        Identity("phone", phone_digits(phone)),
        Identity("user_id", platform_id(user_id)),
        Identity("parent_user_id", platform_id(parent_user_id)),
    )
    return [identity for identity in named if identity.value]


def person(value: Mapping[str, Json]) -> list[Identity]:
    """The identities in an object with ``wa_id``, ``user_id`` and ``parent_user_id``."""
    return identities(value.get("wa_id"), value.get("user_id"), value.get("parent_user_id"))


def profiles(contacts: Json) -> dict[Identity, Profile]:
    """The people in a list of contacts, by each of their identities. Never raises.

    A dict and never the position: there may be fewer contacts than senders, or more, in any order.
    A phone number stands there by its match key, since ``wa_id`` may be spelt otherwise than
    ``from``. Of one identity's profiles the first stays.
    """
    found: dict[Identity, Profile] = {}
    for entry in contacts if isinstance(contacts, list) else []:
        contact = mapping(entry)
        profile = mapping(contact.get("profile"))
        known = tuple(person(contact))
        told = Profile(
            known, storable_text(profile.get("name"), 255), username(profile.get("username"))
        )
        for identity in known:
            found.setdefault(matched(identity), told)
    return found


def profile_of(people: Mapping[Identity, Profile], known: Iterable[Identity]) -> Profile:
    """The profile of whoever has one of these identities; an empty one when nobody has."""
    found = (people.get(matched(identity)) for identity in known)
    return next(filter(None, found), NOBODY)


def only_person(people: Mapping[Identity, Profile]) -> list[Identity]:
    """The identities of the one person whom a list of contacts names; none when it names more."""
    found = {profile.identities for profile in people.values()}
    return list(found.pop()) if len(found) == 1 else []


def username(value: Json) -> str:
    """A username without its ``@``, which some pages print and others do not."""
    return storable_text(value, 256).removeprefix("@")[:255]


def together(*groups: Iterable[Identity]) -> tuple[Identity, ...]:
    """Identities of one person from several places, each once, in their order."""
    return tuple(dict.fromkeys(identity for group in groups for identity in group))
