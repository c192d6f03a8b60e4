"""Two processes send while the platform does all that goes wrong; its book says what must be."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from django.db import connections

from django_chakra import process
from django_chakra.models import DeliveryStatus, Message
from django_chakra.testing.fake import Habits, Misbehaviour, Request, Taken, serve
from django_chakra.testing.fake.misbehaviour import misbehave
from tests.paths.guarantees import assert_linked

from .book import WAITING, Book, Fate, assert_one_row_each, ours
from .platform import Platform, Sender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

HABITS = Habits(
    sent_after=0.05, delivered_after=0.1, read_after=0.2, reads=0.3, fails=0.1, never=0.6,
    doubled=0.1, delayed=0.1, delay=0.5, early=0.05, shuffled=0.2, echoes=0.05,
)  # fmt: skip
#: All but the one that is only met when nobody listens.
RULES = (
    "429:{0},seconds=0", "429:{1},seconds=1", "429:{1},seconds=1,retry-after=date",
    "429:{1},retry-after=no", "500:{0}", "html:{0}", "errors:{0}", "slow:{0},seconds=0.05",
    "timeout-before:{0}", "timeout-after:{0}", "cut-before:{0}", "cut-after:{0}", "cut-inside:{0}",
    "unreachable:{0}",
)  # fmt: skip
#: Small waits, but for the network: a busy machine must not make a slow answer a late one.
QUICK = {"READ_TIMEOUT": 1.5, "MAX_DELAY_SECONDS": 0.2}


class Storm:
    """Messages of two processes on their way through a platform that misbehaves."""

    def __init__(self, platform: Platform, count: int, conversations: int, rate: float) -> None:
        self.platform, self.count = platform, count
        self.met: Counter[str] = Counter()
        self.third = threading.Event()
        platform.fake.on_taken.append(self._count)
        for rule in RULES:
            self._misbehave(rule.format(rate, rate / 3))
        self.customers = [f"55118{n:08}" for n in range(conversations)]
        platform.meet(self.customers)

    def _misbehave(self, text: str) -> None:
        """Add a rule, and count how often it is met."""
        misbehave(self.platform.fake, text)
        decide = self.platform.fake.before.pop()

        def counted(request: Request) -> Misbehaviour | None:
            how = decide(request)
            self.met[text] += how is not None
            return how if isinstance(how, Misbehaviour) else None

        self.platform.fake.before.append(counted)

    def messages(self, place: int) -> list[dict[str, Any]]:
        """Those of one process: as many to each as to the others."""
        return [
            {"kind": "text", "to": to, "body": f"{place} {n}"}
            for n in range(self.count // 2)
            for to in [self.customers[n % len(self.customers)]]
        ]

    def run(self, senders: list[Sender], doors: ExitStack, port: int, threads: int) -> None:
        """Let both send all of theirs; in the middle nobody listens for a moment."""
        for place, sender in enumerate(senders):
            messages = self.messages(place)
            sender.tell("send_all", messages=messages, threads=threads, seed=place)
        outage = threading.Thread(target=self._be_away, args=(doors, port))
        outage.start()
        rows = Message.objects.filter(source="send")
        self._deliver_until(
            lambda: rows.count() == self.count and not rows.filter(status__in=WAITING).exists()
        )
        outage.join()
        for sender in senders:
            assert sender.answer() == {"written": self.count // 2}
        self.platform.fake.clock.move(60)
        self.platform.deliver()

    def _count(self, taken: Taken) -> None:
        if len(self.platform.fake.sent) > self.count / 3:
            self.third.set()

    def _be_away(self, doors: ExitStack, port: int) -> None:
        """After a third of all was taken nobody listens, until a process has met that."""
        self.third.wait(200)
        doors.close()
        end = time.monotonic() + 20
        while not met_nobody() and time.monotonic() < end:
            time.sleep(0.05)
        connections.close_all()
        doors.enter_context(serve(self.platform.fake, port=port))

    def _deliver_until(self, done: Any) -> None:
        """Post what is due and process it, as a site does beside its senders."""
        end = time.monotonic() + 240
        while not done():
            assert time.monotonic() < end, "it never came to its end"
            if not self.platform.fake.post_due(self.platform.post) + process.run():
                time.sleep(0.02)


def met_nobody() -> bool:
    """Whether a request could not leave."""
    logs = Message.objects.filter(source="send", attempts__gt=0).values_list("attempt_log")
    return any(one["words"].startswith("No connection") for (log,) in logs for one in log)


@contextmanager
def storm(
    folder: Path, settings: Any, *, format: Literal["chakra", "both"], count: int, threads: int
) -> Iterator[Storm]:
    """After it came through: the book, and what became of each message."""
    platform = Platform(format, HABITS)
    with ExitStack() as senders, ExitStack() as doors:
        url = doors.enter_context(serve(platform.fake))
        settings.CHAKRA = platform.settings(url, **QUICK)
        of = Storm(platform, count, count // 10, 0.01 if count > 1000 else 0.025)
        env = {"chakra": platform.settings(url, RUNNER="inline", **QUICK)}
        started = [
            senders.enter_context(Sender(folder / f"heard{place}", **env)) for place in range(2)
        ]
        of.run(started, doors, int(urlsplit(url).port or 0), threads)
        yield of


def check(of: Storm) -> None:
    """Each row against the book."""
    book = of.platform.book
    assert len(of.met) == len(RULES)
    assert all(of.met.values()), of.met
    assert len(ours()) == Message.objects.filter(source="send").count() == of.count
    fates = book.sent_once()
    wrong = {
        row.text: (row.status, row.attempt_log, fates.get(row.text))
        for row in ours().values()
        if not agrees(row, fates.get(row.text, Fate()), of.platform.fake.format)
    }
    assert not wrong
    assert not Message.objects.filter(sending_in__isnull=False).exists()
    check_seen(book)
    assert_linked()


def agrees(row: Message, fate: Fate, format: str) -> bool:
    """Whether a row says what the book implies."""
    if row.external_id not in [None, *fate.wamids]:
        return False
    if format == "chakra" and row.status == "unknown" and fate.asked and fate.wamids:
        # Without callback data what fits several is nobody's, and says so.
        return not fate.asked[-1].answered and (not fate.echoed or row.resolution == "ambiguous")
    return row.status == fate.status


def check_seen(book: Book) -> None:
    """All that the test is about has happened."""
    fates, rows = book.fates(), ours()
    ends = Counter(row.status for row in rows.values())
    assert {"accepted", "sent", "delivered", "read", "failed", "unknown"} <= ends.keys(), ends
    lost = [text for text, fate in fates.items() if fate.wamids and not fate.asked[-1].answered]
    known = {rows[text].status != "unknown" for text in lost}
    # Without callback data it may be that nothing fitted one alone.
    assert known == {True, False} or (known == {False} and book.fake.format == "chakra")
    assert met_nobody()
    copies = [one for one in book.fake.ledger.entries("event") if one.get("copy") == 2]
    assert copies
    assert DeliveryStatus.objects.exists()


@pytest.mark.databases("postgresql")
@pytest.mark.thorough
@pytest.mark.timeout(600)  # a busy machine may take its time
def test_2000_messages_through_every_misbehaviour(tmp_path: Path, settings: Any) -> None:
    """None is taken twice and none lost; each ends as the platform's book has it, else unknown."""
    with storm(tmp_path, settings, format="both", count=2000, threads=6) as of:
        check(of)
        assert_one_row_each(of.platform.book)


@pytest.mark.databases("postgresql")
def test_200_messages_through_every_misbehaviour(tmp_path: Path, settings: Any) -> None:
    """The same with fewer."""
    with storm(tmp_path, settings, format="both", count=200, threads=3) as of:
        check(of)
        assert_one_row_each(of.platform.book)


@pytest.mark.databases
@pytest.mark.thorough
def test_without_callback_data_nothing_is_taken_for_another(tmp_path: Path, settings: Any) -> None:
    """In Chakra's format alone what fits exactly one is that one's, and no row is wrong."""
    with storm(tmp_path, settings, format="chakra", count=200, threads=3) as of:
        check(of)
