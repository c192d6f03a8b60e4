"""From what the platform calls a number and a person to the rows for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, cast

from django.db.models import Q

from ..events import Identity
from ..models import BusinessNumber, Contact, ContactIdentity
from ..models.statements import upsert


class NumberFact(NamedTuple):
    """What a fact says of our number."""

    phone_number_id: str
    waba_id: str
    display_number: str
    seen_at: datetime | None

    @property
    def key(self) -> str:
        """The number's key: its id, else the WABA's, else ``?``."""
        if self.phone_number_id:
            return self.phone_number_id
        # Cut like any id; a WABA id of that length is nobody's.
        return f"waba:{self.waba_id}"[:255] if self.waba_id else "?"

    @property
    def is_named(self) -> bool:
        """Whether the fact names the number itself, and not merely its WABA."""
        return bool(self.phone_number_id)


@dataclass(slots=True)
class People:
    """The rows behind numbers and identities, as far as they are known in this transaction."""

    account: str
    contacts: dict[Identity, int] = field(default_factory=dict)
    #: contact -> number key -> conversation
    conversations: dict[int, dict[str, int]] = field(default_factory=dict)
    names: dict[int, datetime | None] = field(default_factory=dict)
    #: number key -> number
    numbers: dict[str, int] = field(default_factory=dict)
    _numbers: dict[str, tuple[datetime | None, str, str]] = field(default_factory=dict)

    def look_up(self, identities: Iterable[Identity]) -> None:
        """One query for contacts, their conversations and the numbers of these."""
        wanted = set(identities)
        rows = ContactIdentity.objects.filter(
            account=self.account,
            kind__in={identity.kind for identity in wanted},
            value__in=sorted({identity.value for identity in wanted}),
        ).values_list(
            "kind",
            "value",
            "contact_id",
            "contact__name_at",
            "contact__conversations__pk",
            "contact__conversations__number_id",
            "contact__conversations__number__key",
            "contact__conversations__number__seen_at",
            "contact__conversations__number__waba_id",
            "contact__conversations__number__display_number",
        )
        for kind, value, contact, name_at, conversation, number, key, *told in rows:
            identity = Identity(kind, value)
            if identity not in wanted:
                continue
            self.contacts[identity] = contact
            self.names[contact] = name_at
            if conversation is not None:
                self.conversations.setdefault(contact, {})[key] = conversation
                self.numbers[key] = number
                self._numbers[key] = cast("tuple[datetime | None, str, str]", tuple(told))

    def add_contacts(self, identities: Iterable[Identity]) -> None:
        """Make contacts for identities that nobody has, in the order of their values."""
        missing = sorted({i for i in identities if i not in self.contacts})
        if not missing:
            return
        made = Contact.objects.bulk_create([Contact(account=self.account) for _ in missing])
        rows = [
            ContactIdentity(
                account=self.account, contact=contact, kind=i.kind, value=i.value, match_key=i.value
            )
            for i, contact in zip(missing, made, strict=True)
        ]
        upsert(
            rows,
            by=["account", "kind", "value"],
        )
        self.look_up(missing)
        # Another worker may have been first with some of them.
        used = set(self.contacts.values())
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
        rows = BusinessNumber.objects.select_for_update().order_by("key")
        for number in rows.filter(account=self.account, key__in=sorted(stale)):
            _merge(number, told[number.key])
            number.save(update_fields=["phone_number_id", "waba_id", "display_number", "seen_at"])
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

    def name(self, heard: dict[int, tuple[datetime, str]]) -> None:
        """Give contacts the newest name: greatest (platform time, name)."""
        newer = {
            contact: word
            for contact, word in heard.items()
            if (at := self.names.get(contact)) is None or word[0] >= at
        }
        if len(newer) == 1:
            # The usual case, in one statement that a concurrent writer can't undo.
            [(contact, (at, name))] = newer.items()
            rows = Contact.objects.filter(Q(name_at=None) | Q(name_at__lt=at), pk=contact)
            if self.names.get(contact) != at and rows.update(name=name, name_at=at):
                return
        if newer:
            _name_locked(newer)


def _name_locked(heard: dict[int, tuple[datetime, str]]) -> None:
    """Compare under lock, in the order of keys, and write those that change."""
    changed = []
    rows = Contact.objects.select_for_update().filter(pk__in=heard).order_by("pk")
    for contact in rows:
        at, name = heard[contact.pk]
        if contact.name_at is None or (at, name) > (contact.name_at, contact.name):
            contact.name, contact.name_at = name, at
            changed.append(contact)
    if changed:
        upsert(
            changed,
            by=["id"],
            update=["name", "name_at"],
        )


def _merge(number: BusinessNumber, about: list[NumberFact]) -> None:
    """Each column its greatest value: any rule would do that does not depend on the order."""
    for fact in about:
        number.phone_number_id = fact.phone_number_id
        number.waba_id = max(number.waba_id, fact.waba_id)
        number.display_number = max(number.display_number, fact.display_number)
        if fact.seen_at is not None and (number.seen_at is None or fact.seen_at > number.seen_at):
            number.seen_at = fact.seen_at
