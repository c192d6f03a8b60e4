"""What the events of all families share: where their fact stands, and its numbers. Pure."""

from collections.abc import Mapping
from typing import Any

from .base import Json, Profile, Source
from .clock import platform_time
from .contacts import NOBODY
from .ids import platform_id
from .storable import storable

#: How Chakra may spell the key of our number's id.
NUMBER_KEYS = (
    "phoneNumberId",
    "whatsappPhoneNumberId",
    "phone_number_id",
    "whatsapp_phone_number_id",
    "businessPhoneNumberId",
    "business_phone_number_id",
    "phoneNumberID",
    "whatsappPhoneNumberID",
)


def stated(source: Source, item: dict[str, Json], at: Json = None) -> dict[str, Any]:
    """What every event says beside its kind, from where it stands and the fact itself.

    ``at`` is the fact's time as the platform wrote it, for facts that do not have it under
    ``timestamp``.
    """
    own = platform_time(at) or platform_time(item.get("timestamp"))
    return {
        "format": source.format,
        "waba_id": source.waba_id,
        "phone_number_id": source.phone_number_id,
        "display_number": source.display_number,
        "occurred_at": own or platform_time(source.time),
        "raw": storable(item),
    }


def number_id(value: Mapping[str, Json]) -> str:
    """Our number's id in an object of Chakra's, which spells it in many ways, or leaves it out."""
    return next(filter(None, (platform_id(value.get(key)) for key in NUMBER_KEYS)), "")


def only_profile(source: Source) -> Profile:
    """The one person beside the fact; an empty profile when there are several, or none."""
    people = {profile.identities: profile for profile in source.profiles.values()}
    return next(iter(people.values())) if len(people) == 1 else NOBODY


def whole_number(value: Json, below: int) -> int | None:
    """A number from 0 to below the limit, as a number or as ASCII digits; None for any other."""
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < below:
        return None
    return int(value) if value == int(value) else None
