"""What the fake's ledger says of each message of ours, known by its text, and what that implies."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field

from django_chakra.models import Message, MessageStatus
from django_chakra.testing.fake import FakeChakra, Reply, Request

#: Of messages that have still to leave.
WAITING = (MessageStatus.QUEUED, MessageStatus.SENDING)


@dataclass
class Asked:
    """One request for a message."""

    number: int
    taken: bool
    #: Of the answer; 0 for none.
    status: int
    #: Whether the answer went out whole.
    answered: bool


@dataclass
class Fate:
    """What the platform knows of one message."""

    asked: list[Asked] = field(default_factory=list)
    wamids: list[str] = field(default_factory=list)
    #: Words of statuses that the site took.
    told: set[str] = field(default_factory=set)
    #: Whether the site took an echo of it.
    echoed: bool = False

    @property
    def status(self) -> str:
        """What our row must say, if every answer that went out whole was heard."""
        if self.told:
            return max(self.told, key=MessageStatus.rank)
        last = self.asked[-1] if self.asked else None
        if self.echoed or (last and last.taken and last.answered):
            return "accepted"
        if last and last.answered and last.status < 500:
            return "queued" if last.status == 429 else "failed"
        return "unknown"


class Book:
    """Listens to a fake from its beginning."""

    def __init__(self, fake: FakeChakra) -> None:
        self.fake = fake
        self._texts: dict[int, str] = {}
        self._answered: set[int] = set()
        fake.before.insert(0, self._ask)
        fake.on_answered.append(self._answer)

    def _ask(self, request: Request) -> None:
        if request.endpoint == "session_messages.send":
            body = json.loads(request.body)
            content = body[body["type"]]
            self._texts[request.number] = content.get("body") or content.get("caption")

    def _answer(self, request: Request, reply: Reply) -> None:
        self._answered.add(request.number)

    def fates(self) -> dict[str, Fate]:
        """By text, of every message that was ever asked for."""
        found: dict[str, Fate] = defaultdict(Fate)
        by_wamid: dict[str, Fate] = {}
        answers = {one["number"]: one["status"] for one in self.fake.ledger.entries("answer")}
        for one in self.fake.ledger.entries("request"):
            if (text := self._texts.get(one["number"])) is None:
                continue
            fate, number = found[text], one["number"]
            answered = number in self._answered
            fate.asked.append(Asked(number, one["taken"], answers.get(number, 0), answered))
            if one["taken"]:
                fate.wamids.append(one["wamid"])
                by_wamid[one["wamid"]] = fate
        for one in self.fake.ledger.entries("event"):
            if one["status"] == 200 and one["wamid"] in by_wamid:
                fate = by_wamid[one["wamid"]]
                fate.echoed |= one["event"].startswith("message_echo")
                fate.told |= {one["word"]} if one["word"] else set()
        return found

    def sent_once(self) -> dict[str, Fate]:
        """The fates: nothing taken twice, or asked again but after a 429; each written down."""
        written = set(Message.objects.filter(source="send").values_list("text", flat=True))
        fates = self.fates()
        assert set(fates) <= written
        for text, fate in fates.items():
            assert len(fate.wamids) <= 1, text
            assert {one.status for one in fate.asked[:-1]} <= {429}, text
            assert all(one.answered for one in fate.asked[:-1]), text
        return fates


def ours() -> dict[str, Message]:
    """Our rows by text."""
    return {row.text: row for row in Message.objects.filter(source="send").order_by("pk")}


def assert_one_row_each(book: Book) -> None:
    """What the platform calls by an id is one row, of ours and with the right text and ticks."""
    fates = book.fates()
    named = {wamid: text for text, fate in fates.items() for wamid in fate.wamids}
    for row in Message.objects.filter(direction="out").prefetch_related("delivery_statuses"):
        assert row.source == "send", row.text
        if row.external_id is not None:
            assert named[row.external_id] == row.text
            words = [one.status for one in row.delivery_statuses.all()]
            assert sorted(words) == sorted(fates[row.text].told), row.text
