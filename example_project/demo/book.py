"""What ought to be in the site's tables, by the fake's book; no row is looked at here."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django_chakra.testing.fake import FakeChakra, Message
from django_chakra.testing.fake.customers import MIME_TYPES
from django_chakra.testing.fake.script import Line, Script
from django_chakra.testing.fake.statuses import RANKS

from .both import unknown

#: Events of messages that stand in the chat. The other ones say something about such a one.
CHANGES = {"message.reaction", "message.edit", "message.revoke"}
#: What an act of a script is called in the book, where it is not "message." and the act's name.
EVENTS = {
    "reply": "message.text",
    "react": "message.reaction",
    "phone": "message_echo.phone",
    "inbox": "message_echo.inbox",
    "click": "message.interactive",
    "quality": "number.quality",
}


class Book:
    """The fake's ledger, with the texts that its state has.

    "Told" is what was posted to the site and answered with 200, each fact once, whatever the
    number of calls about it.
    """

    def __init__(self, fake: FakeChakra) -> None:
        self._fake = fake
        self._entries = fake.ledger.entries()

    def calls(self) -> list[dict[str, Any]]:
        """Every call that was posted: an entry "event" of the ledger."""
        return [entry for entry in self._entries if entry["kind"] == "event"]

    def answered(self) -> list[dict[str, Any]]:
        """Those that the site has taken."""
        return [call for call in self.calls() if call["status"] == 200]

    def told(self, family: str) -> list[tuple[str, str]]:
        """Event and wamid of what was told of messages or statuses: "message", "status", …"""
        facts = ((call["event"], call["wamid"]) for call in self.answered())
        return sorted({fact for fact in facts if fact[0].partition(".")[0] == family})

    def written(self) -> list[Message]:
        """What customers wrote into their chats, as it reads after their edits."""
        told = self.told("message")
        return [self._fake.state.messages[id] for event, id in told if event not in CHANGES]

    def files(self) -> Counter[str]:
        """The files that customers sent: "wamid sha256"."""
        written = [one for one in self.written() if one.kind in MIME_TYPES]
        contents = [self._fake.state.media[one.body["id"]].content for one in written]
        digests = (hashlib.sha256(content).hexdigest() for content in contents)
        return Counter(map(" ".join, zip((one.wamid for one in written), digests, strict=True)))

    def changes(self) -> Counter[str]:
        """The customers' reactions, edits and revokes: "wamid reaction"."""
        told = self.told("message")
        return Counter(f"{id} {event.partition('.')[2]}" for event, id in told if event in CHANGES)

    def taken(self) -> list[Message]:
        """What the site sent, and the platform took."""
        requests = (entry for entry in self._entries if entry["kind"] == "request")
        return [self._fake.state.messages[one["wamid"]] for one in requests if "wamid" in one]

    def by_phone(self) -> list[Message]:
        """What one of us wrote on the phone."""
        told = self.told("message_echo")
        return [self._fake.state.messages[id] for event, id in told if event.endswith(".phone")]

    def statuses(self) -> list[tuple[str, str]]:
        """Wamid and word of each status that was told."""
        return [(id, event.partition(".")[2]) for event, id in self.told("status")]

    def highest(self) -> Counter[str]:
        """What the site sent, each with the highest word that was told of it: "wamid read"."""
        words = {message.wamid: "accepted" for message in self.taken()}
        for id, word in self.statuses():
            words[id] = max(words[id], word, key=lambda one: RANKS.index(one.upper()))
        return Counter(f"{id} {word}" for id, word in words.items())

    def unknown(self) -> Counter[str]:
        """The names of the facts that no site knows, as often as they were posted."""
        names = (call["event"] for call in self.answered())
        return Counter(name for name in names if name == unknown().name)

    def played(self) -> Counter[str]:
        """What happened by itself, by event: each once, whether the site took it or not."""
        facts = {(call["event"], call["wamid"]) for call in self.calls()}
        own = ("message.", "message_echo.phone", "number.")
        return Counter(event for event, _ in facts if event.startswith(own))

    def place(self, message: Message) -> str:
        """In which conversation a message belongs."""
        return place(message.to, message.phone_number_id)


def place(customer: str | None, number: str) -> str:
    """A conversation in words."""
    return f"{customer} with number {number}"


def text(message: Message) -> str:
    """What a person reads of it; of a location that is its name."""
    return message.text or message.body.get("name", "")


def lines(script: Script) -> Counter[str]:
    """What a script lets happen, by event, where each of its answers happens once."""
    return Counter(map(_event, chain(script.steps, script.answers)))


def _event(line: Line) -> str:
    return EVENTS.get(line.act, f"message.{line.act}")


def digests(calls: list[dict[str, Any]]) -> Iterator[str]:
    """The SHA-256 of each call's body."""
    return (call["digest"] for call in calls)
