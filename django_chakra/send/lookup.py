"""Where many messages go: what :mod:`.addressing` does for one, in a few statements for all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from .. import conf, record
from ..events import Identity
from ..events.ids import matched
from ..exceptions import SendRefused, ValidationFailed
from ..models import Contact, ContactIdentity, Conversation, Message
from ..models.clock import Clock
from .addressing import (
    PREFERRED,
    Place,
    To,
    account_of,
    check_number,
    checked,
    identity_of,
    number_fact,
    number_keys,
)


class Directory:
    """Who the recipients of a list are, and the conversations with them.

    Args:
        account: whose they are.
        clock: the database's.
        phone_number_id: to send from, instead of each conversation's or the account's.
    """

    def __init__(self, account: str, clock: Clock, phone_number_id: str = "") -> None:
        self.account, self._clock = account, clock
        self._asked = phone_number_id
        self._own = phone_number_id or str(conf.account(account).phone_number_id or "")
        self._conversations: dict[int, Conversation] = {}
        #: contact -> its conversation, that with the number to send from before others
        self._open: dict[int, Conversation] = {}
        #: contact, or a name in one spelling -> the names, the best one first
        self._names: dict[Any, list[ContactIdentity]] = {}
        self._contacts: dict[int, Contact] = {}

    def meet(self, recipients: Iterable[Any]) -> None:
        """Know all of these: three queries at most. Those that are none are left out."""
        known = list(recipients)
        names = {name for to in known if isinstance(to, str) for name in _match_keys(to)}
        contacts = {to.merged_into_id or to.pk for to in known if isinstance(to, Contact)}
        pks = {_conversation_of(to) for to in known if isinstance(to, Conversation | Message)}
        if pks:
            rows = Conversation.objects.filter(account=self.account, pk__in=pks)
            self._conversations = rows.select_related("number", "contact").in_bulk()
            contacts |= {row.contact_id for row in self._conversations.values() if row.contact_id}
        self._meet_names(names, contacts)
        self._meet_conversations()

    def _meet_names(self, names: set[str], contacts: set[Any]) -> None:
        named = Q(match_key__in=sorted(names)) | Q(contact__in=sorted(contacts))
        rows = ContactIdentity.objects.filter(named, account=self.account)
        found = list(rows.select_related("contact").order_by("-pk"))
        found.sort(key=lambda row: PREFERRED.index(row.kind))
        for row in found:
            self._contacts[row.contact_id] = row.contact
            self._names.setdefault(row.contact_id, []).append(row)
            self._names.setdefault(Identity(row.kind, row.match_key), []).append(row)

    def _meet_conversations(self) -> None:
        keys = [self._own] if self._asked else number_keys(self.account, self._own)
        rows = Conversation.objects.filter(contact__in=sorted(self._contacts), number__key__in=keys)
        for row in rows.select_related("number").order_by("pk"):
            assert row.contact_id is not None  # noqa: S101  they were asked for by contact
            row.contact = self._contacts[row.contact_id]
            known = self._open.setdefault(row.contact_id, row)
            if row.number.key == self._own and known.number.key != self._own:
                self._open[row.contact_id] = row

    def place(self, to: To) -> Place:
        """Where a message to this recipient goes; :meth:`meet` has been told of it.

        Raises:
            SendRefused, ValidationFailed, ConfigurationError: as :func:`.addressing.find`.
        """
        if not isinstance(to, str | Contact | Conversation | Message):
            raise SendRefused(f"A {type(to).__name__} is no recipient")
        account_of(to, self.account)
        if isinstance(to, Conversation | Message):
            return checked(self._known(self._conversations.get(_conversation_of(to))))
        if isinstance(to, Contact):
            contact = to.merged_into_id or to.pk
            names = self._names.get(contact, [])
            return checked(self._person(contact, names[0].value if names else ""))
        asked = identity_of(to)
        names = self._names.get(matched(asked), [])
        if not names:
            return checked(self._person(None, asked.value))
        exact = [name for name in names if name.value == asked.value]
        best = (exact or names)[0]
        return checked(self._person(best.contact_id, best.value))

    def contact(self, place: Place) -> Contact | None:
        """The person at this place, if we know one."""
        return None if place.contact is None else self._contacts.get(place.contact)

    def open(self, places: Iterable[Place]) -> None:
        """Make the conversations that are missing, with their contacts. Only inserts."""
        missing = [place for place in places if place.conversation is None]
        if not missing:
            return
        new = {id(one): identity_of(one.recipient) for one in missing if one.contact is None}
        if new:
            now = self._clock.now()
            made = record.contacts_of(self.account, sorted(set(new.values())), now=now)
            for place in missing:
                place.contact = made[new[id(place)]] if place.contact is None else place.contact
        number = number_fact(missing[0])
        contacts = {place.contact for place in missing if place.contact is not None}
        pairs = record.conversations_with(self.account, contacts, number)
        rows = Conversation.objects.select_related("number").in_bulk(list(pairs.values()))
        for place in missing:
            place.conversation = rows[pairs[place.contact or 0]]

    def _known(self, conversation: Conversation | None) -> Place:
        if conversation is None:
            raise SendRefused("This conversation is not there any more")
        check_number(conversation, self._asked)
        contact = conversation.contact_id
        names = self._names.get(contact, [])
        recipient = conversation.group_id or (names[0].value if names else "")
        return self._place(conversation, contact, recipient)

    def _person(self, contact: int | None, recipient: str) -> Place:
        conversation = None if contact is None else self._open.get(contact)
        return self._place(conversation, contact, recipient)

    def _place(
        self, conversation: Conversation | None, contact: int | None, recipient: str
    ) -> Place:
        number = conversation.number.phone_number_id if conversation else ""
        return Place(
            account=self.account,
            phone_number_id=self._asked or number or self._own,
            conversation=conversation,
            contact=contact,
            recipient=recipient,
            clock=self._clock,
            is_group=conversation is not None and conversation.group_id is not None,
        )


def _match_keys(to: str) -> list[str]:
    """By what this number or BSUID is found; nothing for what is none."""
    try:
        return [matched(identity_of(to)).value]
    except ValidationFailed:
        return []


def _conversation_of(to: Conversation | Message) -> Any:
    return to.conversation_id if isinstance(to, Message) else to.pk
