"""Where a run goes on: after a stop at any step, over lists that shift, and never two at once."""

import json
import random
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_chakra import backfill, process
from django_chakra.backfill import Scope, walk
from django_chakra.exceptions import BackfillRunning, PermissionMissing, RateLimited
from django_chakra.models import Backfill, Conversation, DeliveryStatus, Message
from django_chakra.models.fields import DatabaseNow
from django_chakra.testing.fake import FakeChakra, Reply, Request, serve
from django_chakra.testing.fake.replies import errors
from django_chakra.testing.fake.taking import shown
from django_chakra.testing.site import settings_for
from tests.paths.guarantees import assert_linked, let_time_pass
from tests.paths.hearing import heard
from tests.paths.processes import Child
from tests.tables import tables
from tests.test_statement_counts import statements

from .asking import ANA, DEFAULT, ask, listening, said, small_pages, texts, wrote

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


class Asker(Child):
    """A process that asks."""

    module = "tests.backfill.child"


def customers(round: int) -> list[str]:
    return [f"5511{n}{round:07}" for n in (7, 8, 9)]


def happen(fake: FakeChakra, round: int) -> None:
    """What was missed in a round: three chats, in two pages each."""
    for n, who in enumerate(customers(round)):
        for m in range(3):
            wrote(fake, who, f"{round} {n} {m}", ago=100 - m)
        said(fake, who, f"{round} {n} ours", ago=50, status="READ")


def claims_run_out() -> None:
    let_time_pass()
    past = DatabaseNow() - timedelta(seconds=1)
    Backfill.objects.filter(claimed_until__isnull=False).update(claimed_until=past)


def play(settings: Any, folder: Path, *, every: int, start: int = 1) -> int:
    """Stop a run before each so-manieth step, go on, and look; the number of rounds."""
    fake = FakeChakra()
    rounds = 0
    log = folder / "heard"
    with serve(fake) as url:
        settings.CHAKRA = {**settings_for(fake), "BASE_URL": url}
        with Asker(log, chakra=settings.CHAKRA) as asker:
            for at in range(start, 1000, every):
                rounds += 1
                fake.state.chats.clear()
                fake.state.messages.clear()
                happen(fake, at)
                answer = asker.ask("stop_asking", at=at, page=2)
                claims_run_out()
                with small_pages(2):
                    backfill.run(DEFAULT)
                process.sweep()
                expected = [f"{at} {n} {m}" for n in range(3) for m in (0, 1, 2, "ours")]
                assert sorted(texts(text__startswith=f"{at} ")) == sorted(expected)
                assert not Backfill.objects.exclude(state="done").exists()
                if not answer["stopped"]:
                    break
    assert not Message.objects.filter(announced_at=None).exists()
    assert not Conversation.objects.filter(last_message=None).exists()
    assert_linked()
    assert set(Message.objects.filter(direction="out").values_list("status", flat=True)) == {"read"}
    missed = sum(Backfill.objects.values_list("missed", flat=True))
    assert missed == Message.objects.count()
    assert sum(Backfill.objects.values_list("missed_statuses", flat=True)) == (
        DeliveryStatus.objects.count()
    )
    told = [one.about for one in heard(log)]
    assert len(told) < 2 * 3 * (len(set(told)) + 1)
    return rounds


@pytest.mark.processes
def test_stopped_at_some_steps(settings: Any, tmp_path: Path) -> None:
    """Ended as by a power cut, it goes on: nothing is missing, counted twice or told to nobody."""
    assert play(settings, tmp_path, every=29) > 3


@pytest.mark.processes
@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_stopped_at_every_step(settings: Any, tmp_path: Path) -> None:
    """The same at each statement, commit and request."""
    assert play(settings, tmp_path, every=1) > 100


def test_goes_on_with_the_next_page(chakra_fake: FakeChakra) -> None:
    """A failing page ends it with the platform's words; the same call begins with that page."""
    for n in range(7):
        wrote(chakra_fake, ANA, str(n), ago=100 - n)
    asked: list[bytes] = []

    def fails(request: Request) -> Reply | None:
        asked.append(request.body)
        return errors(403, "Oh no") if b'"page": 3' in request.body else None

    with small_pages(2):
        chakra_fake.before.append(fails)
        with pytest.raises(PermissionMissing):
            ask()
        stopped = Backfill.objects.get()
        assert (stopped.state, "Oh no" in stopped.error, stopped.missed) == ("stopped", True, 4)
        assert stopped.claimed_until is None
        chakra_fake.before.clear()
        asked.clear()
        chakra_fake.before.append(lambda request: asked.append(request.body))
        with listening() as told:
            ask()
        assert [b'"page": 3' in body for body in asked[:2]] == [False, True]
    assert texts() == list("0123456")
    assert [text for _, text in told] == ["1", "2", "0"]
    stopped.refresh_from_db()
    assert (stopped.state, stopped.missed, stopped.error) == ("done", 7, "")


def test_what_came_since_it_began_is_looked_for(chakra_fake: FakeChakra) -> None:
    """After one that was stopped: chats that were done before may have got something."""
    wrote(chakra_fake, ANA, "one")
    wrote(chakra_fake, "5511966665555", "two", ago=30)
    assert ask(limit=1).state == "stopped"
    for who in (ANA, "5511966665555"):
        wrote(chakra_fake, who, "three", ago=0)
    last = ask()
    assert (last.state, last.is_resumed if hasattr(last, "is_resumed") else False) == (
        "done",
        False,
    )
    assert sorted(texts()) == ["one", "three", "three", "two"]
    assert Backfill.objects.count() == 2


def test_begins_anew(chakra_fake: FakeChakra) -> None:
    """Where asked, where it has to look further back, or was begun before what is wanted."""
    for n, who in enumerate((ANA, "5511966665555", "5511955554444")):
        wrote(chakra_fake, who, str(n), ago=60)
    now = timezone.now()
    cases: list[tuple[dict[str, Any], dict[str, Any], int]] = [
        ({}, {}, 1),
        ({"anew": True}, {}, 3),
        ({"since": now - timedelta(days=3)}, {}, 3),
        ({"since": now - timedelta(hours=1)}, {}, 1),
        ({"since": now - timedelta(hours=1)}, {"started_at": now - timedelta(hours=2)}, 3),
    ]
    for options, changes, chats in cases:
        Backfill.objects.all().delete()
        ask(limit=2)
        Backfill.objects.update(**{"started_at": now, **changes})
        # One request for the list of chats, one for each that is looked at.
        asked: list[str] = []
        chakra_fake.before.append(lambda request, asked=asked: asked.append(request.path))  # type: ignore[misc]
        first = Backfill.objects.get()
        ask(**options)
        chakra_fake.before.clear()
        first.refresh_from_db()
        assert first.state == "done", options
        # Where it went on another one follows, over all of them.
        follows = 0 if chats == 3 else 4
        assert len(asked) == 1 + chats + follows, options


def test_two_at_once(chakra_fake: FakeChakra) -> None:
    """The second one says so and ends; of another scope it goes on."""
    wrote(chakra_fake, ANA, "hello")
    said_no: list[Any] = []

    def second(row: Backfill, found: Any) -> None:
        try:
            ask()
        except BackfillRunning as error:
            said_no.append(error)
        said_no.append(ask(Scope(account="other")).state)
        said_no.append(ask(Scope(account="default", number="1")).state)

    row = ask(progress=second)
    assert row.state == "done"
    assert [str(one) for one in said_no] == [
        "Another process is asking the platform for the same", "done", "done",
    ]  # fmt: skip


@pytest.mark.databases("postgresql", "mariadb")
def test_many_begin_at_once(chakra_fake: FakeChakra) -> None:
    """One runs, also where no row was there before."""
    wrote(chakra_fake, ANA, "hello")
    ends: list[str] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        try:
            barrier.wait()
            ends.append(ask(progress=lambda row, found: barrier_two.wait()).state)
        except BackfillRunning:
            ends.append("running")
            barrier_two.wait()
        finally:
            connections.close_all()

    barrier_two = threading.Barrier(4)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["done", "running", "running", "running"]
    assert (texts(), Backfill.objects.count()) == (["hello"], 1)


def test_one_that_lost_its_claim_ends(chakra_fake: FakeChakra) -> None:
    """Another process went on with it: this one writes nothing more."""
    for n in range(4):
        wrote(chakra_fake, ANA, str(n), ago=100 - n)

    def taken(row: Backfill, found: Any) -> None:
        Backfill.objects.update(claimed_by="another")

    with small_pages(2), pytest.raises(BackfillRunning):
        ask(progress=taken)
    assert texts() == ["2", "3"]
    assert Backfill.objects.get().claimed_by == "another"


def test_lists_that_shift(chakra_fake: FakeChakra) -> None:
    """What comes in while it is read pushes the rest down: nothing is passed over."""
    people = [f"55119{n:08}" for n in range(1, 5)]
    for who in people:
        for n in range(5):
            wrote(chakra_fake, who, f"{who} {n}", ago=500 - n)
    late = iter(range(1000))

    def shift(row: Backfill, found: Any) -> None:
        n = next(late)
        if n % 3 == 0:
            wrote(chakra_fake, f"55218{n:08}", "new", ago=0)
        for who in people:
            wrote(chakra_fake, who, f"later {n}", ago=0)

    with small_pages(3):
        row = ask(progress=shift)
    assert row.state == "done"
    known = set(texts())
    assert {f"{who} {n}" for who in people for n in range(5)} <= known


@pytest.mark.parametrize("ids", ["same", "new"])
def test_a_list_that_never_ends(chakra_fake: FakeChakra, monkeypatch: Any, ids: str) -> None:
    """Whether it gives the same page for ever or always another one."""
    monkeypatch.setattr(walk, "MOST_PAGES", 20)
    asked: list[str] = []
    now = int(chakra_fake.clock.now() * 1000)

    def endless(request: Request) -> Reply:
        asked.append(request.path)
        number = 0 if ids == "same" else len(asked)
        entries = [
            {"id": f"{number}-{n}", "externalId": f"wamid.{number}-{n}", "dataType": "text",
             "text": "x", "direction": "INBOUND", "timestamp": now - n,
             "context": {"contactIdentifier": ANA}}
            for n in range(50)
        ]  # fmt: skip
        if request.path == "/v1/ext/chat":
            entries = [{"id": "c-1"}] * 50
        return Reply.of({"_data": entries, "_meta": {}})

    chakra_fake.before.append(endless)
    row = ask()
    assert row.state == "done"
    assert len(asked) == (14 if ids == "same" else 27)
    assert Message.objects.count() == (50 if ids == "same" else 1000)
    assert row.error == ("" if ids == "same" else "1 × a list that did not end")


def page_of(request: Request) -> int:
    return int(json.loads(request.body)["page"])


def test_reads_no_further_than_it_has_to(chakra_fake: FakeChakra) -> None:
    """Where the list is the newest first it ends with the first page that is too old."""
    for n in range(40):
        wrote(chakra_fake, ANA, str(n), ago=3 * 24 * 3600 + 100 - n)
    wrote(chakra_fake, ANA, "new")
    asked: list[str] = []
    chakra_fake.before.append(lambda request: asked.append(request.path))
    with small_pages(5):
        ask()
    assert (len(asked), texts()) == (2, ["new"])


@pytest.mark.parametrize("order", ["oldest first", "none"])
def test_another_order(chakra_fake: FakeChakra, order: str) -> None:
    """Nobody says which order the lists have: otherwise they are read to their end."""
    for n in range(20):
        wrote(chakra_fake, ANA, str(n), ago=3 * 24 * 3600 + 100 - n)
    names = [wrote(chakra_fake, ANA, "new")]
    ordered = sorted(chakra_fake.state.messages.values(), key=lambda one: one.accepted_at)
    if order == "none":
        random.Random(5).shuffle(ordered)

    def answer(request: Request) -> Reply | None:
        if not request.path.endswith("/message"):
            return None
        start = (page_of(request) - 1) * 5
        page = [shown(chakra_fake, one) for one in ordered[start : start + 5]]
        return Reply.of({"_data": page, "_meta": {}})

    chakra_fake.before.append(answer)
    with small_pages(5):
        ask()
    assert list(Message.objects.values_list("external_id", flat=True)) == names


@pytest.mark.parametrize("says", ["hasMore", "total", "nothing"])
def test_smaller_pages_than_asked_for(chakra_fake: FakeChakra, says: str) -> None:
    """A short page is not the end: the platform says that, or a page that is shorter still."""
    for n in range(5):
        wrote(chakra_fake, ANA, str(n), ago=100 - n)
    ordered = list(reversed(chakra_fake.state.messages.values()))
    asked: list[int] = []

    def answer(request: Request) -> Reply | None:
        if not request.path.endswith("/message"):
            return None
        asked.append(page_of(request))
        start = (asked[-1] - 1) * 2
        page = [shown(chakra_fake, one) for one in ordered[start : start + 2]]
        meta = {"hasMore": start + 2 < 5, "total": 5}
        return Reply.of({"_data": page, "_meta": {k: v for k, v in meta.items() if k == says}})

    chakra_fake.before.append(answer)
    ask()
    assert (texts(), asked) == (list("01234"), [1, 2, 3])


def test_chats_in_smaller_pages_than_asked_for(chakra_fake: FakeChakra) -> None:
    """All of them are looked at, also where an empty page alone says that they end."""
    for n in range(4):
        wrote(chakra_fake, f"551197000000{n}", str(n), ago=100 - n)
    ids = [{"id": one} for one in chakra_fake.state.chats]
    asked: list[int] = []

    def answer(request: Request) -> Reply | None:
        if request.path != "/v1/ext/chat":
            return None
        asked.append(page_of(request))
        start = (asked[-1] - 1) * 2
        return Reply.of({"_data": ids[start : start + 2], "_meta": {}})

    chakra_fake.before.append(answer)
    assert ask().chats == 4
    assert (texts(), asked) == (list("0123"), [1, 2, 3])


def test_too_many_requests(chakra_fake: FakeChakra) -> None:
    """The client waits as long as it is told; where that is too long, the run may go on later."""
    wrote(chakra_fake, ANA, "hello")
    again = errors(429, "Too many requests")
    seconds = ["0", "0"]

    def busy(request: Request) -> Reply | None:
        if not seconds:
            return None
        return Reply(429, {**again.headers, "retry-after": seconds.pop()}, again.body)

    chakra_fake.before.append(busy)
    assert ask().missed == 1
    seconds.append("3600")
    with pytest.raises(RateLimited):
        ask()
    assert Backfill.objects.order_by("-pk")[0].state == "stopped"
    assert ask().state == "done"


def test_a_chat_that_is_gone(chakra_fake: FakeChakra) -> None:
    """It is passed over."""
    wrote(chakra_fake, ANA, "one")
    wrote(chakra_fake, "5511966665555", "two", ago=30)
    gone = next(iter(chakra_fake.state.chats))
    chakra_fake.before.append(
        lambda request: errors(404, "No such chat") if gone in request.path else None
    )
    row = ask()
    assert (texts(), row.state, row.error) == (
        ["two"],
        "done",
        "1 × a chat that is not there any more",
    )


def test_stopping_when_asked(chakra_fake: FakeChakra) -> None:
    """After the page in hand; and it goes on."""
    for n in range(4):
        wrote(chakra_fake, ANA, str(n), ago=100 - n)
    with small_pages(2):
        row = ask(is_stopped=lambda: True)
        assert (row.state, row.missed, row.error) == ("stopped", 2, "")
        assert ask().state == "done"
    assert texts() == list("0123")


def test_a_receiver_that_raises_stops_nothing(chakra_fake: FakeChakra) -> None:
    """It hears again, as always."""
    from django_chakra.models import ReceiverFailure
    from django_chakra.signals import message_received

    def raises(**told: Any) -> None:
        raise ValueError("the till is on fire")

    wrote(chakra_fake, ANA, "one")
    message_received.connect(raises, dispatch_uid="till")
    try:
        assert ask().state == "done"
    finally:
        message_received.disconnect(dispatch_uid="till")
    assert ReceiverFailure.objects.count() == 1


@pytest.mark.databases("postgresql")
def test_statements_of_a_page(chakra_fake: FakeChakra) -> None:
    """They do not grow with what is missing in it, and are few where nothing is."""
    counted: list[int] = []
    for size, base in ((1, 0), (5, 10), (60, 100)):
        for n in range(size):
            wrote(chakra_fake, ANA, f"{base + n}", ago=5000 - base - n)
            said(chakra_fake, ANA, f"our {base + n}", ago=5000 - base - n, status="READ")
        with small_pages(200):
            data, _ = statements(ask)
        counted.append(len(data))
    with small_pages(200):
        idle, _ = statements(ask)
    assert counted[1] == counted[2] <= 28, "\n".join(data)
    assert len(idle) <= 15, "\n".join(idle)


def test_an_account_without_a_token(settings: Any) -> None:
    """Nothing is begun."""
    from django_chakra.exceptions import ConfigurationError

    with pytest.raises(ConfigurationError):
        ask()
    assert not Backfill.objects.exists()


def test_no_tables_change_where_nothing_was_missed(chakra_fake: FakeChakra) -> None:
    """A second run in a row finds all of it here."""
    wrote(chakra_fake, ANA, "one")
    said(chakra_fake, ANA, "two", status="READ")
    ask()
    before = tables("default", leave_out=["x"])
    versions = list(Conversation.objects.values_list("version", flat=True))
    with CaptureQueriesContext(connection) as captured:
        row = backfill.run(DEFAULT, since=timezone.now() - timedelta(days=2))
    assert (row.missed, row.missed_statuses, row.seen) == (0, 0, 2)
    assert tables("default", leave_out=["x"]) == before
    assert list(Conversation.objects.values_list("version", flat=True)) == versions
    written = [q["sql"] for q in captured if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert all("django_chakra_backfill" in sql for sql in written)
