"""A sending process ended at every step: nothing is sent twice and nothing is lost."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from django.db import connections

from django_chakra import process, send
from django_chakra.models import BusinessNumber, Message, MessageStatus
from django_chakra.models.fields import DatabaseNow
from django_chakra.testing.fake import Habits, Misbehaviour, Reply, Request, Taken, serve
from django_chakra.testing.fake.replies import errors
from django_chakra.testing.fake.statuses import echo
from tests.paths.guarantees import assert_linked, let_time_pass

from .book import assert_one_row_each, ours
from .platform import Platform, Sender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

MOST_STEPS = 200
#: All that is told is due at once.
AT_ONCE = Habits(sent_after=0, delivered_after=0, reads=0)


def plays(n: int) -> list[dict[str, Any]]:
    """What is sent in one round: to two customers, in turns."""
    ana, bruno = f"55118{n:08}", f"55119{n:08}"
    return [
        {"kind": "text", "to": ana, "body": f"plain {n}"},
        {"kind": "text", "to": bruno, "body": f"echoed {n}"},
        {"kind": "image", "to": ana, "id": "no such file", "caption": f"refused {n}"},
        {"kind": "text", "to": bruno, "body": f"busy {n}"},
        {"kind": "text", "to": ana, "body": f"last {n}"},
    ]


class Rounds:
    """The same messages, sent by a process that is stopped one step later in each round."""

    def __init__(self, platform: Platform, sender: Sender, *, atomic: bool) -> None:
        self.platform, self.sender, self.atomic = platform, sender, atomic
        self.busy: set[str] = set()
        platform.fake.before.append(self._be_busy)
        platform.fake.on_taken.append(self._echo)
        #: What our rows were in the end, over all rounds.
        self.seen: set[tuple[str, str]] = set()

    def run(self, every: int = 1) -> int:
        """Stop before each step, or each so-manieth, until there are no more; the last step."""
        self.platform.meet([one["to"] for n in range(0, MOST_STEPS) for one in plays(n)[:2]])
        for at in range(1, MOST_STEPS, every):
            if not self._round(at):
                assert_one_row_each(self.platform.book)
                return at
        raise AssertionError("the process never came to its end")

    def _round(self, at: int) -> bool:
        messages = plays(at)
        answer = self.sender.ask("stop_sending", messages=messages, atomic=self.atomic, at=at)
        texts = [one.get("body") or one["caption"] for one in messages]
        rows = {text: row for text, row in ours().items() if text in texts}
        # What was committed is there, in its order, and of the rest nothing, at the platform too.
        assert list(rows) == texts[: len(rows)]
        assert not self.atomic or len(rows) in (0, len(texts))
        in_hand = [text for text, row in rows.items() if row.status == "sending"]
        assert len(in_hand) <= answer["stopped"]
        self._recover()
        self._check(in_hand, list(rows), told=False)
        self.platform.deliver()
        self._check(in_hand, list(rows), told=True)
        return bool(answer["stopped"])

    def _recover(self) -> None:
        """A healthy process comes, when all claims have run out and every wait has ended."""
        past = DatabaseNow() - timedelta(milliseconds=1)
        Message.objects.filter(sending_in__isnull=False).update(claimed_until=past)
        Message.objects.filter(next_attempt_at__isnull=False).update(next_attempt_at=past)
        BusinessNumber.objects.update(send_after=None)
        let_time_pass()
        while send.run() or Message.objects.filter(status=MessageStatus.QUEUED).exists():
            pass
        process.run()
        process.sweep()

    def _check(self, in_hand: list[str], texts: list[str], *, told: bool) -> None:
        fates, rows = self.platform.book.sent_once(), ours()
        for text in texts:
            row, fate = rows[text], fates.get(text)
            is_known = fate is not None and (fate.told or fate.echoed)
            # Nobody heard what was answered to the one in hand.
            word = "unknown" if text in in_hand and not is_known else fate and fate.status
            assert row.status == word, (text, fate)
            assert (row.external_id is None) == (word in ("unknown", "failed")), text
            assert row.sending_in is None
            if told:
                self.seen.add((text.split()[0], row.status))
        if told:
            assert_linked()
            assert not Message.objects.filter(announce_at__isnull=False).exists()

    def _be_busy(self, request: Request) -> Misbehaviour | None:
        """Too many requests, once for each of these."""
        body = json.loads(request.body)
        text = body.get("text", {}).get("body", "")
        if not text.startswith("busy") or text in self.busy:
            return None
        self.busy.add(text)
        again = errors(429, "Too many requests")
        return Misbehaviour.instead(Reply(429, {**again.headers, "retry-after": "0"}, again.body))

    def _echo(self, taken: Taken) -> None:
        """The site hears of some by an echo before they are answered."""
        if not (taken.message.text or "").startswith("echoed"):
            return
        try:
            fact = echo(self.platform.fake.events, taken.message)
            self.platform.fake.events.tell(fact)
            self.platform.fake.post_due(self.platform.post)
            process.run()
        finally:
            connections.close_all()


@contextmanager
def rounds(
    folder: Path, settings: Any, *, format: Literal["chakra", "both"], atomic: bool, runner: str
) -> Iterator[Rounds]:
    """A platform, and a process that is to be stopped."""
    platform = Platform(format, AT_ONCE)
    with serve(platform.fake) as url:
        settings.CHAKRA = platform.settings(url)
        chakra = platform.settings(url, RUNNER=runner)
        with Sender(folder / "heard", chakra=chakra) as sender:
            yield Rounds(platform, sender, atomic=atomic)


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize(
    ("format", "atomic", "runner", "every"),
    [("both", False, "inline", 1), ("chakra", True, "worker", 2)],
)
def test_a_process_stopped_at_any_step_sends_nothing_twice(
    format: Literal["chakra", "both"],
    atomic: bool,
    runner: str,
    every: int,
    tmp_path: Path,
    settings: Any,
) -> None:
    """What was committed is sent once, or of unknown end until the platform tells of it."""
    with rounds(tmp_path, settings, format=format, atomic=atomic, runner=runner) as of:
        assert of.run(every) > 30
    for word in ("plain", "echoed", "busy", "last"):
        assert {status for name, status in of.seen if name == word} == {"delivered", "unknown"}
    assert {status for name, status in of.seen if name == "refused"} == {"failed", "unknown"}


@pytest.mark.databases("sqlite", "mariadb")
def test_it_is_the_same_on_the_other_databases(tmp_path: Path, settings: Any) -> None:
    """Stopped at every seventh step, on SQLite and MariaDB."""
    with rounds(tmp_path, settings, format="both", atomic=False, runner="inline") as of:
        assert of.run(every=7) > 30
