"""A sending process ended at every step: nothing is sent twice and nothing is lost."""

import json
from collections.abc import Iterator, Sequence
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

MOST_STEPS = 120
#: All that is told is due at once.
AT_ONCE = Habits(sent_after=0, delivered_after=0, reads=0)


def customers(n: int) -> tuple[str, str]:
    """Those whom a round's messages go to."""
    return f"55118{n:08}", f"55119{n:08}"


def play(n: int, names: Sequence[str]) -> list[dict[str, Any]]:
    """What is sent in one round; the one that is refused to another customer than the rest."""
    ana, bruno = customers(n)
    refused = {"kind": "image", "to": ana, "id": "no such file", "caption": f"refused {n}"}
    texts = {name: {"kind": "text", "to": bruno, "body": f"{name} {n}"} for name in names}
    return [refused if name == "refused" else texts[name] for name in names]


class Rounds:
    """The same messages, sent by a process that is stopped one step later in each round."""

    def __init__(
        self, platform: Platform, sender: Sender, names: Sequence[str], *, atomic: bool
    ) -> None:
        self.platform, self.sender, self.names, self.atomic = platform, sender, names, atomic
        self.busy: set[str] = set()
        platform.fake.before.append(self._be_busy)
        platform.fake.on_taken.append(self._tell_early)
        #: What our rows were in the end, over all rounds.
        self.seen: set[tuple[str, str]] = set()

    def run(self, every: int = 1) -> int:
        """Stop before each step, or each so-manieth, until there are no more; the last step."""
        self.platform.meet([one for n in range(1, MOST_STEPS, every) for one in customers(n)])
        for at in range(1, MOST_STEPS, every):
            if not self._round(at):
                assert_one_row_each(self.platform.book)
                return at
        raise AssertionError("the process never came to its end")

    def _round(self, at: int) -> bool:
        messages = play(at, self.names)
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

    def _tell_early(self, taken: Taken) -> None:
        """The site hears of some before they are answered: by an echo too, or by ticks alone."""
        name = (taken.message.text or "").split()[0]
        if name not in ("echoed", "last"):
            return
        try:
            if name == "echoed":
                self.platform.fake.events.tell(echo(self.platform.fake.events, taken.message))
            self.platform.fake.post_due(self.platform.post)
            process.run()
        finally:
            connections.close_all()


@contextmanager
def rounds(
    folder: Path,
    settings: Any,
    names: Sequence[str],
    *,
    format: Literal["chakra", "both"],
    atomic: bool,
    runner: str,
) -> Iterator[Rounds]:
    """A platform, and a process that is to be stopped while it sends these."""
    platform = Platform(format, AT_ONCE)
    with serve(platform.fake) as url:
        settings.CHAKRA = platform.settings(url)
        chakra = platform.settings(url, RUNNER=runner)
        with Sender(folder / "heard", chakra=chakra) as sender:
            yield Rounds(platform, sender, names, atomic=atomic)


def check(of: Rounds, caplog: pytest.LogCaptureFixture) -> None:
    """What became of each, when it was not the one in hand."""
    for name in of.names:
        ends = {status for one, status in of.seen if one == name}
        assert ends - {"unknown"} == {"failed" if name == "refused" else "delivered"}
    assert "unknown" in {status for _, status in of.seen}
    assert "could not be recorded" not in caplog.text


@pytest.mark.databases("postgresql")
@pytest.mark.thorough
@pytest.mark.timeout(600)  # a busy machine may take its time
@pytest.mark.parametrize("names", [("echoed", "refused"), ("busy", "last")])
def test_a_process_stopped_at_any_step_sends_nothing_twice(
    names: Sequence[str], tmp_path: Path, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """What was committed is sent once, or of unknown end until the platform tells of it."""
    with rounds(tmp_path, settings, names, format="chakra", atomic=False, runner="inline") as of:
        assert of.run() > 20
    check(of, caplog)


@pytest.mark.databases
def test_it_is_the_same_for_a_worker_and_in_one_transaction(
    tmp_path: Path, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Stopped at every seventh step, with callback data in half of the events."""
    names = ("echoed", "refused", "busy", "last")
    with rounds(tmp_path, settings, names, format="both", atomic=True, runner="worker") as of:
        assert of.run(every=7) > 30
    check(of, caplog)
