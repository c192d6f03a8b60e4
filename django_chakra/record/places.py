"""Which conversation a message belongs to, also while the platform has not named the number.

Chakra's own events name only the WABA, Meta's name the number. A message whose number is named goes
there, always. One whose number is not named goes to the only conversation with that contact or
group under that WABA; as long as there is none, to a conversation under ``waba:<id>``, which
becomes the number's as soon as one is named. With several, the platform has not said which: then it
is ``waba:<id>`` again, also for those that came before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..models import Conversation, Message, MessageSource
from ..models.statements import upsert
from .conversations import fold
from .joining import shift
from .numbers import NumberFact, waba_key
from .people import Peer, People


@dataclass(slots=True)
class Places:
    """The conversations of a batch, as far as they are known in this transaction."""

    people: People
    #: Conversations that were made here.
    made: set[int] = field(default_factory=set)
    #: Conversations that were renamed, or got the messages of another one.
    changed: set[int] = field(default_factory=set)
    #: Conversations that were a peer's only one under their WABA until now: (pk, WABA, peer).
    divided: list[tuple[int, str, Peer]] = field(default_factory=list)

    def find(self, number: NumberFact, peer: Peer) -> int | None:
        """The conversation that is there for it, or None."""
        known = self.people.conversations.get(peer, {})
        if number.is_named:
            return known.get(number.key) or self._rename(number, peer)
        named = self._named(number.waba_id, peer)
        return next(iter(named.values())) if len(named) == 1 else known.get(number.key)

    def _named(self, waba_id: str, peer: Peer) -> dict[str, int]:
        """The peer's conversations under this WABA's numbers, by key."""
        known = self.people.conversations.get(peer, {})
        return {
            key: pk
            for key, pk in known.items()
            if waba_id and not key.startswith("waba:") and self.people.waba_of(key) == waba_id
        }

    def _rename(self, number: NumberFact, peer: Peer) -> int | None:
        """Let the conversation under the WABA become the number's, with all that stands in it."""
        known = self.people.conversations.get(peer, {})
        vague = waba_key(number.waba_id)
        pk = known.get(vague)
        if pk is None or vague == "?" or self._named(number.waba_id, peer):
            return None
        # Where another worker made the number's conversation just now this is an integrity error,
        # and the transaction is tried again.
        Conversation.objects.filter(pk=pk).update(number=self.people.numbers[number.key])
        known[number.key] = known.pop(vague)
        self.changed.add(pk)
        return pk

    def settle(self) -> None:
        """The same rules for contacts that were joined, whose conversations came together."""
        by = self.people.by
        for peer in sorted(self.people.joined):
            known = self.people.conversations.get(peer, {})
            for vague in [key for key in known if key.startswith("waba:")]:
                named = self._named(vague.removeprefix("waba:"), peer)
                if len(named) == 1:
                    [into] = named.values()
                    before = Conversation.objects.select_for_update().get(pk=known.pop(vague))
                    shift(Message.objects.filter(conversation=before), before, into, by)
                    fold(before.pk, into)
                    self.changed.add(into)
            for waba_id in {self.people.waba_of(key) for key in known}:
                named = self._named(waba_id, peer)
                if len(named) > 1:
                    self.divided += [(pk, waba_id, peer) for pk in named.values()]
        self.people.joined.clear()

    def add(self, wanted: Iterable[tuple[NumberFact, Peer]]) -> None:
        """Make the conversations of (number, peer) that are not there yet."""
        wanted = list(wanted)
        missing = {(number.key, peer) for number, peer in wanted}
        for number, peer in wanted:
            known = self._named(number.waba_id, peer)
            if number.is_named and len(known) == 1:
                self.divided.append((next(iter(known.values())), number.waba_id, peer))
        self._make(missing)

    def _make(self, missing: set[tuple[str, Peer]]) -> None:
        """Contacts and groups apart: each has a unique constraint of its own."""
        for column, kind in (("contact_id", int), ("group_id", str)):
            pairs = {(key, peer) for key, peer in missing if isinstance(peer, kind)}
            if pairs:
                self._make_by(column, pairs)

    def _make_by(self, column: str, pairs: set[tuple[str, Peer]]) -> None:
        numbers = self.people.numbers
        rows = [
            Conversation(account=self.people.account, number_id=number, **{column: peer})
            for number, peer in sorted((numbers[key], peer) for key, peer in pairs)
        ]
        upsert(rows, by=["number", "contact" if column == "contact_id" else column])
        found = Conversation.objects.filter(
            number__in={row.number_id for row in rows},
            **{f"{column}__in": {peer for _, peer in pairs}},
        ).values_list("number__key", column, "pk")
        for key, peer, pk in found:
            if (key, peer) in pairs:
                self.people.conversations.setdefault(peer, {})[key] = pk
                self.made.add(pk)

    def separate(self) -> set[int]:
        """Move what followed a peer's only number, now that there are two; what changed."""
        changed: set[int] = set()
        for pk, waba_id, peer in self.divided:
            unnamed = Message.objects.filter(conversation=pk, number_named=False).exclude(
                source=MessageSource.SEND
            )
            if unnamed.exists():
                number = NumberFact("", waba_id, "", None)
                self.people.add_numbers([number])
                place = self.people.conversations[peer].get(number.key)
                if place is None:
                    self._make({(number.key, peer)})
                    place = self.people.conversations[peer][number.key]
                before = Conversation.objects.select_for_update().get(pk=pk)
                shift(unnamed, before, place, self.people.by)
                changed |= {pk, place}
        self.divided.clear()
        return changed
