"""Which conversation a message belongs to, also while the platform has not named the number.

Chakra's own events name only the WABA, Meta's name the number. A message whose number is named goes
there, always. One whose number is not named goes to the contact's only conversation under that
WABA; as long as there is none, to a conversation under ``waba:<id>``, which becomes the number's as
soon as one is named. With several, the platform has not said which: then it is ``waba:<id>`` again,
also for those that came before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..models import Conversation, Message
from ..models.statements import upsert
from .people import NumberFact, People


@dataclass(slots=True)
class Places:
    """The conversations of a batch, as far as they are known in this transaction."""

    people: People
    #: Conversations that were made or renamed here.
    made: set[int] = field(default_factory=set)
    renamed: set[int] = field(default_factory=set)
    #: Conversations that were a contact's only one under their WABA until now: (pk, WABA, contact).
    divided: list[tuple[int, str, int]] = field(default_factory=list)

    def find(self, number: NumberFact, contact: int) -> int | None:
        """The conversation that is there for it, or None."""
        known = self.people.conversations.get(contact, {})
        if number.is_named:
            return known.get(number.key) or self._rename(number, contact)
        named = self._named(number.waba_id, contact)
        return next(iter(named.values())) if len(named) == 1 else known.get(number.key)

    def _named(self, waba_id: str, contact: int) -> dict[str, int]:
        """The contact's conversations under this WABA's numbers, by key."""
        known = self.people.conversations.get(contact, {})
        return {
            key: pk
            for key, pk in known.items()
            if waba_id and not key.startswith("waba:") and self.people.waba_of(key) == waba_id
        }

    def _rename(self, number: NumberFact, contact: int) -> int | None:
        """Let the conversation under the WABA become the number's, with all that stands in it."""
        known = self.people.conversations.get(contact, {})
        vague = NumberFact("", number.waba_id, "", None).key
        pk = known.get(vague)
        if pk is None or vague == "?" or self._named(number.waba_id, contact):
            return None
        # Where another worker made the number's conversation just now this is an integrity error,
        # and the transaction is tried again.
        Conversation.objects.filter(pk=pk).update(number=self.people.numbers[number.key])
        known[number.key] = known.pop(vague)
        self.renamed.add(pk)
        return pk

    def add(self, wanted: Iterable[tuple[NumberFact, int]]) -> None:
        """Make the conversations of (number, contact) that are not there yet."""
        wanted = list(wanted)
        missing = {(number.key, contact) for number, contact in wanted}
        if not missing:
            return
        for number, contact in wanted:
            known = self._named(number.waba_id, contact)
            if number.is_named and len(known) == 1:
                self.divided.append((next(iter(known.values())), number.waba_id, contact))
        numbers = self.people.numbers
        rows = [
            Conversation(account=self.people.account, number_id=number, contact_id=contact)
            for number, contact in sorted((numbers[key], contact) for key, contact in missing)
        ]
        upsert(rows, by=["number", "contact"])
        found = Conversation.objects.filter(
            number__in={row.number_id for row in rows}, contact__in={row.contact_id for row in rows}
        ).values_list("number__key", "contact_id", "pk")
        for key, contact, pk in found:
            if (key, contact) in missing:
                self.people.conversations.setdefault(contact, {})[key] = pk
                self.made.add(pk)

    def divide(self) -> list[tuple[Message, int]]:
        """Messages that followed a number while it was the only one, and where they go now."""
        moves: list[tuple[Message, int]] = []
        for pk, waba_id, contact in self.divided:
            rows = Message.objects.select_for_update().order_by("pk")
            unnamed = list(rows.filter(conversation=pk, number_named=False, contact=contact))
            if unnamed:
                number = NumberFact("", waba_id, "", None)
                self.people.add_numbers([number])
                self.add([(number, contact)])
                place = self.people.conversations[contact][number.key]
                moves += [(row, place) for row in unnamed]
        return moves
