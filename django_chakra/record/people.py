"""From what the platform calls a number and a person to the rows for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias, cast

from ..events import Identity
from ..events.ids import matched
from ..models import BusinessNumber, Contact, ContactIdentity, Conversation
from ..models.statements import upsert
from .joining import Announcer, join
from .numbers import NumberFact, absorb, display_key, merge

#: Whom a conversation is with: a contact's key, or a group's id.
Peer: TypeAlias = "int | str"

_NUMBER = ("pk", "number_id", "number__key", "number__seen_at", "number__waba_id")
_CONVERSATION = (*_NUMBER, "number__display_number")
_CONTACTS_CONVERSATION = tuple(f"contact__conversations__{name}" for name in _CONVERSATION)


@dataclass(slots=True)
class People:
    """The rows behind numbers and identities, as far as they are known in this transaction."""

    account: str
    by: Announcer
    contacts: dict[Identity, int] = field(default_factory=dict)
    #: peer -> number key -> conversation
    conversations: dict[Peer, dict[str, int]] = field(default_factory=dict)
    names: dict[int, datetime | None] = field(default_factory=dict)
    #: number key -> number
    numbers: dict[str, int] = field(default_factory=dict)
    #: Contacts that others were joined with, and conversations that this changed.
    joined: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    _numbers: dict[str, tuple[datetime | None, str, str]] = field(default_factory=dict)
    #: Everybody who has a spelling of this identity: more than one only until they are joined.
    _owners: dict[Identity, set[int]] = field(default_factory=dict)

    def meet(self, named: Iterable[Sequence[Identity]]) -> None:
        """Know each of these people, given by all their identities; one query when all are known.

        Identities that nobody has are added to whoever has another one of the same person, or to
        a new contact. Contacts that turn out to be one person are joined.
        """
        people = _one_each(named)
        if unknown := {i for person in people for i in person} - self.contacts.keys():
            self._look_up(unknown)
        if new := [p for p in people if any(identity not in self.contacts for identity in p)]:
            self._add(new)
        for person in people:
            if len(found := self._found(person)) > 1:
                self.join(found)

    def join(self, contacts: Collection[int]) -> None:
        """Make one contact of these, and know where its conversations are now."""
        kept, touched = join(contacts, self.by)
        self.touched |= touched
        self.joined.add(kept)
        for contact in contacts:
            self.conversations.pop(contact, None)
        known = [identity for identity, pk in self.contacts.items() if pk in contacts]
        self._look_up(known)

    def _found(self, person: Iterable[Identity]) -> set[int]:
        return {contact for identity in person for contact in self._owners[matched(identity)]}

    def _look_up(self, identities: Iterable[Identity]) -> None:
        """One query for contacts, their conversations and the numbers of these.

        By match key, so that a phone number is found in any spelling.
        """
        wanted: dict[Identity, list[Identity]] = {}
        for identity in identities:
            wanted.setdefault(matched(identity), []).append(identity)
        self._owners.update((key, set()) for key in wanted)
        rows = ContactIdentity.objects.filter(
            account=self.account, match_key__in=sorted({key.value for key in wanted})
        ).values_list("kind", "value", "contact_id", "contact__name_at", *_CONTACTS_CONVERSATION)
        for kind, value, contact, name_at, *conversation in rows:
            identity = Identity(kind, value)
            key = matched(identity)
            if key not in wanted:
                continue
            self._owners[key].add(contact)
            self.names[contact] = name_at
            if identity in wanted[key]:
                self.contacts[identity] = contact
            self._keep_conversation(contact, conversation)

    def meet_groups(self, group_ids: Iterable[str]) -> None:
        """Know the conversations of these groups."""
        wanted = sorted({group_id for group_id in group_ids if group_id})
        if wanted:
            rows = Conversation.objects.filter(account=self.account, group_id__in=wanted)
            for group_id, *conversation in rows.values_list("group_id", *_CONVERSATION):
                self._keep_conversation(group_id, conversation)

    def _keep_conversation(self, peer: Peer, row: list[Any]) -> None:
        conversation, number, key, *told = row
        if conversation is not None:
            self.conversations.setdefault(peer, {})[key] = conversation
            self.numbers[key] = number
            self._numbers[key] = cast("tuple[datetime | None, str, str]", tuple(told))

    def _add(self, people: list[list[Identity]]) -> None:
        """Write down identities that are new, in the order of their values."""
        homeless = [person for person in people if not self._found(person)]
        made = Contact.objects.bulk_create([Contact(account=self.account) for _ in homeless])
        homes = {id(p): contact.pk for p, contact in zip(homeless, made, strict=True)}
        rows = [
            ContactIdentity(
                account=self.account,
                contact_id=homes.get(id(person)) or min(self._found(person)),
                kind=identity.kind,
                value=identity.value,
                match_key=matched(identity).value,
            )
            for person in people
            for identity in person
            if identity not in self.contacts
        ]
        rows.sort(key=lambda row: (row.kind, row.value))
        upsert(rows, by=["account", "kind", "value"])
        self._look_up(identity for person in people for identity in person)
        # Another worker may have been first with some of them.
        used = set().union(*self._owners.values())
        if orphans := [contact.pk for contact in made if contact.pk not in used]:
            Contact.objects.filter(pk__in=orphans)._raw_delete(Contact.objects.db)

    def add_numbers(self, facts: Iterable[NumberFact]) -> None:
        """Write down numbers that are new, or about which something new is said."""
        told: dict[str, list[NumberFact]] = {}
        for fact in facts:
            told.setdefault(fact.key, []).append(fact)
        stale = {key for key, about in told.items() if self._says_more(key, about)}
        if not stale:
            return
        if new := sorted(stale - self._numbers.keys()):
            upsert(
                [BusinessNumber(account=self.account, key=key) for key in new],
                by=["account", "key"],
            )
        rows = BusinessNumber.objects.select_for_update().filter(account=self.account)
        dialled = {display_key(fact.display_number) for key in stale for fact in told[key]}
        known = {
            row.key: row for row in rows.filter(key__in=sorted(stale | dialled)).order_by("key")
        }
        for key in sorted(stale):
            number = known[key]
            merge(number, told[key])
            absorb(number, known.get(display_key(number.display_number)))
            self._numbers[number.key] = (number.seen_at, number.waba_id, number.display_number)
            self.numbers[number.key] = number.pk

    def _says_more(self, key: str, about: list[NumberFact]) -> bool:
        if key not in self._numbers:
            return True
        seen_at, waba_id, display = self._numbers[key]
        return any(
            fact.waba_id > waba_id
            or fact.display_number > display
            or (fact.seen_at is not None and (seen_at is None or fact.seen_at > seen_at))
            for fact in about
        )

    def waba_of(self, key: str) -> str:
        """The WABA of a number, as far as anybody has said."""
        return self._numbers[key][1]


def _one_each(named: Iterable[Sequence[Identity]]) -> list[list[Identity]]:
    """People who share an identity, as one; each identity once."""
    people: dict[Identity, dict[Identity, None]] = {}
    for identities in named:
        person: dict[Identity, None] = dict.fromkeys(identities)
        for known in {
            id(p): p for i in identities if (p := people.get(matched(i))) is not None
        }.values():
            person |= known
        for identity in person:
            people[matched(identity)] = person
    return [list(person) for person in {id(p): p for p in people.values()}.values()]
