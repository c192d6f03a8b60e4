"""What a search term may name: exact values in indexed columns, within the settings' accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..events import phone_digits, platform_id
from ..events.ids import match_key
from ..models import ContactIdentity, DeliveryStatus, IdentityKind, Message
from .filters import accounts

#: So many rows at most are found by one term.
MOST = 1000


def number_in(term: str) -> list[int]:
    """The term as the id of a row, if it can be one."""
    return [int(term)] if term.isascii() and term.isdigit() and len(term) < 19 else []


def messages(term: str) -> Iterable[Message]:
    """Messages of this external id, or of this id of Chakra's: keys and calls only."""
    name = platform_id(term)
    rows = Message.objects.only("pk", "call_id")
    yield from rows.filter(account__in=accounts(), external_id=name)
    yield from rows.filter(chakra_id=name)[:MOST]


def statuses(term: str) -> Iterator[DeliveryStatus]:
    """Delivery statuses of this external id, or of this id of Chakra's: keys and calls only."""
    name = platform_id(term)
    rows = DeliveryStatus.objects.only("pk", "call_id")
    yield from rows.filter(external_id=name)[:MOST]
    yield from rows.filter(chakra_id=name)[:MOST]


def identities(term: str) -> Iterable[ContactIdentity]:
    """Identities of this phone number, however it is written, or of this user id."""
    phone = phone_digits(term)
    names = {platform_id(term), phone, match_key(phone)} - {""}
    rows = ContactIdentity.objects.filter(account__in=accounts()).only("pk", "contact_id")
    yield from rows.filter(kind__in=IdentityKind.values, value__in=names)
    yield from rows.filter(match_key__in=names)[:MOST]
