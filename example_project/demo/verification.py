"""Compare what the database holds and what the bot heard with what the fake's book says."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, starmap
from pathlib import Path

from django_chakra.models import (
    CallState,
    Conversation,
    DeliveryStatus,
    Direction,
    MediaFile,
    MediaState,
    Message,
    MessageRole,
    MessageSource,
    ReceiverFailure,
    WebhookCall,
)
from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.script import load

from .book import Book, digests, lines, place, text
from .both import OPENING, unfinished
from .heard import heard_by_signal

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


def verify(fake: FakeChakra, heard_in: Path) -> list[Finding]:
    """All findings, in the order in which things happen."""
    book = Book(fake)
    return [*_calls(book), *_messages(book), *_statuses(book), *_announced(book, heard_in)]


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


def _calls(book: Book) -> Iterator[Finding]:
    yield Finding("lines of the script that happened", lines(load(OPENING)), book.played())
    posted = book.calls()
    yield Finding(
        "calls answered with 200",
        Counter({"200": len(posted)}),
        Counter(str(call["status"]) for call in posted),
    )
    rows = WebhookCall.objects.order_by("pk")
    yield Finding(
        "calls stored and processed",
        Counter(f"{CallState.PROCESSED} {digest}" for digest in digests(book.answered())),
        Counter(f"{state} {digest}" for digest, state in rows.values_list("digest", "state")),
    )
    yield Finding("later copies marked as repeats", *_repeats(book))
    unreadable = rows.filter(unreadable__gt=0).values_list("digest", flat=True)
    yield Finding("calls with something unreadable", Counter(), Counter(unreadable))


def _repeats(book: Book) -> tuple[Counter[str], Counter[str]]:
    """Copies that came after an equal call was processed, and those of them that are marked.

    Where two copies are processed at the same moment both may be the first, so the book alone can't
    say which are repeats.
    """
    copied = Counter(digests(book.answered()))
    several = [digest for digest, times in copied.items() if times > 1]
    rows = list(WebhookCall.objects.filter(digest__in=several))
    done: dict[str, datetime] = {}
    for row in rows:
        if row.processed_at is not None:
            done[row.digest] = min(row.processed_at, done.get(row.digest, row.processed_at))
    late = [row for row in rows if row.digest in done and done[row.digest] <= row.received_at]
    marked = [row for row in late if row.repeat_of_id is not None]
    return Counter(row.digest for row in late), Counter(row.digest for row in marked)


def _messages(book: Book) -> Iterator[Finding]:
    written, ours = book.written(), book.taken() + book.by_phone()
    yield Finding(
        "conversations",
        Counter({book.place(message) for message in chain(written, ours)}),
        Counter(starmap(place, Conversation.objects.values_list(PHONE, NUMBER))),
    )
    bubbles = Message.objects.filter(role=MessageRole.BUBBLE)
    for direction, whose, messages in (
        (Direction.IN, "customers'", written),
        (Direction.OUT, "our", ours),
    ):
        rows = bubbles.filter(direction=direction).values_list(
            "external_id", "text", f"conversation__{PHONE}", f"conversation__{NUMBER}"
        )
        yield Finding(
            f"{whose} messages, once, in their conversation",
            Counter(f"{one.wamid} {text(one)!r}, {book.place(one)}" for one in messages),
            Counter(f"{id} {words!r}, {place(*where)}" for id, words, *where in rows),
        )
    yield Finding("customers' files, byte for byte", book.files(), _files())
    others = Message.objects.exclude(role=MessageRole.BUBBLE).values_list("external_id", "role")
    yield Finding(
        "reactions, edits and revokes, once",
        book.changes(),
        Counter(f"{id} {role}" for id, role in others),
    )
    quoting = Message.objects.filter(direction=Direction.IN).exclude(reply_to=None)
    yield Finding(
        "replies tied to what they quote",
        Counter(f"{one.wamid} quotes {one.reply_to}" for one in written if one.reply_to),
        Counter(
            f"{id} quotes {quoted}"
            for id, quoted in quoting.values_list("external_id", "reply_to__external_id")
        ),
    )


def _files() -> Counter[str]:
    """The files that are kept, by what stands in the storage: "wamid sha256"."""
    found: Counter[str] = Counter()
    for media in MediaFile.objects.filter(state=MediaState.KEPT).select_related("message"):
        with media.file.open("rb") as content:
            found[f"{media.message.external_id} {hashlib.sha256(content.read()).hexdigest()}"] += 1
    return found


def _statuses(book: Book) -> Iterator[Finding]:
    rows = DeliveryStatus.objects.values_list("message__external_id", "status")
    yield Finding(
        "delivery statuses, once, at their message",
        Counter(f"{id} {word}" for id, word in book.statuses()),
        Counter(f"{id} {word}" for id, word in rows),
    )
    sent = Message.objects.filter(direction=Direction.OUT).exclude(source=MessageSource.ECHO_PHONE)
    yield Finding(
        "our messages with their highest status",
        book.highest(),
        Counter(f"{id} {status}" for id, status in sent.values_list("external_id", "status")),
    )


def _announced(book: Book, heard_in: Path) -> Iterator[Finding]:
    heard = heard_by_signal(heard_in)
    yield Finding(
        "the bot heard of each customer's message once",
        Counter(id for _, id in book.told("message")),
        heard.pop("message_received", Counter()),
    )
    yield Finding(
        "the bot heard of each message from the phone once",
        Counter(message.wamid for message in book.by_phone()),
        heard.pop("message_echoed", Counter()),
    )
    yield Finding(
        "the bot heard of each unknown fact",
        book.unknown(),
        heard.pop("event_received", Counter()),
    )
    yield Finding(
        "the bot heard of each delivery status once",
        Counter(f"message_{word} {id}" for id, word in book.statuses()),
        Counter(
            {f"{signal} {about}": n for signal, rest in heard.items() for about, n in rest.items()}
        ),
    )
    failures = ReceiverFailure.objects.values_list("receiver", flat=True)
    yield Finding("receivers that failed", Counter(), Counter(failures))
    yield Finding("left to do", Counter(), unfinished())
