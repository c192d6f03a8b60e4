"""The conversation that a message of ours goes into, where there is none yet. It only inserts."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from ..events import Identity
from ..models import BusinessNumber, Conversation
from ..models.statements import upsert
from .joining import Announcer
from .numbers import NumberFact
from .people import People


def contact_of(account: str, identities: Sequence[Identity]) -> int:
    """The contact of somebody who is given by these names; made when nobody has them."""
    people = People(account, Announcer(timezone.now(), ""))
    people.meet([identities])
    return people.contacts[identities[0]]


def conversation_with(account: str, contact: int, number: NumberFact) -> int:
    """The conversation of this number with this contact; made when there is none.

    No row that is there is changed or locked: a webhook may want it while our caller's transaction
    goes on.
    """
    pair = {"number_id": _number(account, number), "contact_id": contact}
    found = Conversation.objects.filter(**pair).values_list("pk", flat=True)
    if known := found.first():
        return known
    upsert([Conversation(account=account, **pair)], by=["number", "contact"])
    return found.get()


def _number(account: str, number: NumberFact) -> int:
    rows = BusinessNumber.objects.filter(account=account, key=number.key)
    known = rows.values_list("pk", flat=True)
    if (pk := known.first()) is None:
        new = BusinessNumber(
            account=account,
            key=number.key,
            phone_number_id=number.phone_number_id,
            waba_id=number.waba_id,
        )
        upsert([new], by=["account", "key"])
        pk = known.get()
    return pk
