"""The people a value names beside its messages: which profile name belongs to whom."""

from .base import Identity, Json, mapping
from .ids import phone_digits, platform_id
from .storable import storable_text


def profile_names(contacts: Json) -> dict[Identity, str]:
    """The names in a list of contacts, by phone and by user id. Never raises.

    A dict and never the position: there may be fewer contacts than senders, or more, in any order.
    Of one identity's names the first stays. A name is cut to 255 characters.
    """
    names: dict[Identity, str] = {}
    for entry in contacts if isinstance(contacts, list) else []:
        contact = mapping(entry)
        name = storable_text(mapping(contact.get("profile")).get("name"), 255)
        identities = (
            Identity("phone", phone_digits(contact.get("wa_id"))),
            Identity("user_id", platform_id(contact.get("user_id"))),
        )
        for identity in identities:
            if name and identity.value:
                names.setdefault(identity, name)
    return names
