"""Compare what the database holds and what the bot heard with what the story says."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path

from django_chakra.models import (
    CallState,
    Conversation,
    DeliveryStatus,
    Direction,
    Message,
    ReceiverFailure,
    WebhookCall,
)
from django_chakra.testing.calls import PHONE_NUMBER_ID

from .heard import heard_by_signal
from .platform import unknown_body
from .play import Played, unfinished

#: Where a conversation's customer and our number stand.
PHONE, NUMBER = "contact__identities__value", "number__key"
#: Rows of a difference that are shown.
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table: things with how often they should be there, and how often they are."""

    what: str
    expected: Counter[str]
    found: Counter[str]

    @property
    def holds(self) -> bool:
        """Everything is there as often as it should be, and nothing else."""
        return self.expected == self.found

    def differences(self) -> Iterator[str]:
        """What is missing and what is too much, the first few of each."""
        pairs = (("missing", self.expected - self.found), ("too many", self.found - self.expected))
        for word, things in pairs:
            for thing in sorted(things)[:SHOWN]:
                yield f"{word}: {thing}"
            if len(things) > SHOWN:
                yield f"{word}: … and {len(things) - SHOWN} more"


def verify(played: Played, heard_in: Path) -> list[Finding]:
    """All findings, in the order in which things happen."""
    return [*_calls(played), *_messages(played), *_statuses(played), *_announced(played, heard_in)]


def table(findings: list[Finding]) -> Iterator[str]:
    """The findings as lines of text."""
    width = max(len(finding.what) for finding in findings)
    yield f"{'':{width}}  expected  found"
    for finding in findings:
        expected, found = finding.expected.total(), finding.found.total()
        verdict = "ok" if finding.holds else "WRONG"
        yield f"{finding.what:{width}}  {expected:8}  {found:5}  {verdict}"
        if not finding.holds:
            yield from (f"    {line}" for line in finding.differences())


def _calls(played: Played) -> Iterator[Finding]:
    posted = Counter({_digest(body): count for body, count in played.platform.posted.items()})
    rows = WebhookCall.objects.order_by("pk").values_list("digest", "state", "repeat_of")
    yield Finding(
        "calls answered with 200", Counter({"200": posted.total()}), played.platform.answers
    )
    yield Finding(
        "calls stored and processed",
        Counter({f"{CallState.PROCESSED} {digest}": n for digest, n in posted.items()}),
        Counter(f"{state} {digest}" for digest, state, _ in rows),
    )
    # Twins that came at the same moment may both be the first; a copy that came later may not.
    newest = {digest: original for digest, _, original in rows}
    yield Finding(
        "later copies marked as repeats",
        Counter(map(_digest, played.repeats)),
        Counter(digest for digest in map(_digest, played.repeats) if newest.get(digest)),
    )
    unreadable = WebhookCall.objects.filter(unreadable__gt=0).values_list("digest", flat=True)
    yield Finding("calls with something unreadable", Counter(), Counter(unreadable))


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _messages(played: Played) -> Iterator[Finding]:
    story = played.story
    phones = {text.customer.phone for text in story.texts}
    yield Finding(
        "conversations",
        Counter(map(_place, phones)),
        Counter(starmap(_place, Conversation.objects.values_list(PHONE, NUMBER))),
    )
    for direction, whose, lines in (
        (Direction.IN, "customers'", story.texts),
        (Direction.OUT, "our", story.answers),
    ):
        rows = Message.objects.filter(direction=direction).values_list(
            "external_id", "text", f"conversation__{PHONE}", f"conversation__{NUMBER}"
        )
        yield Finding(
            f"{whose} messages, once, in their conversation",
            Counter(f"{line.id} {line.text!r}, {_place(line.customer.phone)}" for line in lines),
            Counter(f"{id} {text!r}, {_place(*place)}" for id, text, *place in rows),
        )
    quoting = Message.objects.exclude(reply_to=None)
    yield Finding(
        "replies tied to what they quote",
        Counter(f"{text.id} quotes {text.reply_to}" for text in story.texts if text.reply_to),
        Counter(
            f"{id} quotes {quoted}"
            for id, quoted in quoting.values_list("external_id", "reply_to__external_id")
        ),
    )


def _place(phone: str, number: str = PHONE_NUMBER_ID) -> str:
    return f"{phone} with number {number}"


def _statuses(played: Played) -> Iterator[Finding]:
    answers = played.story.answers
    rows = DeliveryStatus.objects.values_list("message__external_id", "status")
    yield Finding(
        "delivery statuses, once, at their message",
        Counter(f"{answer.id} {word}" for answer in answers for word, _ in answer.ticks),
        Counter(f"{id} {word}" for id, word in rows),
    )
    ours = Message.objects.filter(direction=Direction.OUT).values_list("external_id", "status")
    yield Finding(
        "our messages with their highest status",
        Counter(f"{answer.id} {answer.fate}" for answer in answers),
        Counter(f"{id} {status}" for id, status in ours),
    )


def _announced(played: Played, heard_in: Path) -> Iterator[Finding]:
    heard, story = heard_by_signal(heard_in), played.story
    yield Finding(
        "the bot heard of each customer's message once",
        Counter(text.id for text in story.texts),
        heard.pop("message_received", Counter()),
    )
    unknown = played.platform.posted[unknown_body()]
    yield Finding(
        "the bot heard of each unknown fact",
        Counter({"billing": unknown}),
        heard.pop("event_received", Counter()),
    )
    yield Finding(
        "the bot heard of each delivery status once",
        Counter(
            f"message_{word} {answer.id}" for answer in story.answers for word, _ in answer.ticks
        ),
        Counter(
            {f"{signal} {about}": n for signal, rest in heard.items() for about, n in rest.items()}
        ),
    )
    failures = ReceiverFailure.objects.values_list("receiver", flat=True)
    yield Finding("receivers that failed", Counter(), Counter(failures))
    yield Finding("left to do", Counter(), unfinished())
