"""The conversation that a message of ours goes into, where there is none yet. It only inserts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from ..events import Identity
from ..models import BusinessNumber, Conversation
from ..models.statements import upsert
from .joining import Announcer
from .numbers import NumberFact
from .people import People


def contacts_of(
    account: str, identities: Collection[Identity], *, now: datetime
) -> dict[Identity, int]:
    """The contacts of people who are given by one name each; made for those that nobody has.

    A number of statements that does not grow with the people. ``now`` is the database's time.
    """
    people = People(account, Announcer(now, ""))
    people.meet([identity] for identity in identities)
    return people.contacts


def conversations_with(
    account: str, contacts: Collection[int], number: NumberFact
) -> dict[int, int]:
    """Contact -> its conversation with this number; made where there is none.

    No row that is there is changed or locked: a webhook may want it while our caller's transaction
    goes on.
    """
    pk = _number(account, number)
    found = Conversation.objects.filter(number=pk, contact__in=contacts)
    pairs = found.values_list("contact_id", "pk")
    known = dict(pairs)
    if missing := sorted(set(contacts) - known.keys()):
        rows = [
            Conversation(account=account, number_id=pk, contact_id=contact) for contact in missing
        ]
        upsert(rows, by=["number", "contact"])
        known = dict(pairs.all())
    return {contact: known[contact] for contact in contacts}


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
