"""Our rows of the templates are what the platform lists, whatever happens while it is asked."""

import itertools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_chakra import process, sync
from django_chakra.exceptions import (
    ConfigurationError,
    PermissionMissing,
    UnknownAccount,
    UnreadableAnswer,
)
from django_chakra.models import MessageTemplate
from django_chakra.testing.fake import FakeChakra, Reply, Request, reviews
from django_chakra.testing.fake.replies import errors
from django_chakra.testing.fake.state import Template
from tests.posting import post, process_all

from .templates_of import add, known, listed, row_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

LIST = "message_templates.list"


@pytest.fixture
def fake(chakra_fake: FakeChakra, transactional_db: None) -> FakeChakra:
    """A platform that has no templates yet."""
    chakra_fake.state.templates.clear()
    return chakra_fake


def pages(fake: FakeChakra) -> list[Request]:
    """Collects the requests for pages, from now on."""
    found: list[Request] = []
    fake.before.append(lambda request: found.append(request) if request.endpoint == LIST else None)
    return found


def on_page(fake: FakeChakra, number: int, work: Callable[[], Any]) -> None:
    """Do this when the page of that number, from 1, is asked for the first time."""
    asked: list[Request] = []

    def look(request: Request) -> Any:
        if request.endpoint == LIST:
            asked.append(request)
            if len(asked) == number:
                return work()
        return None

    fake.before.append(look)


def after_page(fake: FakeChakra, number: int, work: Callable[[], Any]) -> None:
    """The same when its answer is on its way."""
    answered: list[Request] = []

    def look(request: Request, reply: Reply) -> None:
        if request.endpoint == LIST:
            answered.append(request)
            if len(answered) == number:
                work()

    fake.on_answered.append(look)


def test_all_pages_are_kept(fake: FakeChakra) -> None:
    """500 templates come in pages of 100, each with all that we keep; again, nothing changes."""
    add(fake, 500)
    asked, told = pages(fake), list[int]()
    found = sync.templates(progress=told.append)
    assert found == (fake.waba_id, 500, 500, 0, 0)
    assert known() == listed(fake)
    assert len(asked) == 5
    assert told == [100, 200, 300, 400, 500]
    first = row_of("710000000000000").synced_at
    assert sync.templates() == (fake.waba_id, 500, 0, 0, 0)
    assert first is not None
    assert row_of("710000000000000").synced_at > first  # type: ignore[operator]


def test_a_page_costs_four_statements(fake: FakeChakra) -> None:
    """As many for a full page as for a short one, and two where nothing is new."""

    def counted() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            sync.templates()
        control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SET", "PRAGMA")
        sent = [query["sql"] for query in captured.captured_queries]
        # SQLite takes few parameters, so that Django sends several statements for one.
        return [
            sql
            for before, sql in zip(["", *sent], sent, strict=False)
            if not sql.upper().startswith(control) and sql[:40] != before[:40]
        ]

    counts = []
    for size in (10, 90, 100):
        add(fake, size)
        counts.append(len(counted()))
    again = len(counted())
    # Two to know what time it is and what there was before; then 1, 1 and 2 pages; one at the end.
    assert counts[:2] == [2 + 4 + 1, 2 + 4 + 1]
    assert counts[2] == 2 + 2 + 4 + 1
    assert again == 2 + 2 * 2 + 1


def test_what_changes_between_pages(fake: FakeChakra) -> None:
    """Renamed, rejected, edited and deleted while the list is read: nothing that is there is
    marked as deleted, and the next sync has all of it.
    """
    made = add(fake, 350)
    sync.templates()
    gone = made[5]

    def change() -> None:
        with fake.lock:
            made[20].name = "renamed_on_a_page_that_was_read"
            made[320].name = "renamed_on_a_page_to_come"
            made[321].status, made[321].rejected_reason = "REJECTED", "INVALID_FORMAT"
            made[322].components = [{"type": "BODY", "text": "Edited"}]
            made[322].category = "MARKETING"
            # All that follow move up: the first of the next page is passed over.
            del fake.state.templates[gone.id]

    on_page(fake, 3, change)
    found = sync.templates()
    assert (found.new, found.deleted) == (0, 0)
    fresh = ("renamed_on_a_page_to_come", "REJECTED", "Edited")
    rows = [row_of(one) for one in made[320:323]]
    assert (rows[0].name, rows[1].status, rows[2].components[0]["text"]) == fresh
    assert (rows[1].reason, rows[2].category) == ("INVALID_FORMAT", "MARKETING")

    found = sync.templates()
    assert found.deleted == 1
    assert row_of(gone).deleted_at is not None
    assert known() == listed(fake)


def test_what_moves_ahead_of_the_reader(fake: FakeChakra) -> None:
    """A template that goes to a page that was read already is not taken for deleted."""
    made = add(fake, 250)
    sync.templates()

    def move() -> None:
        with fake.lock:
            last = fake.state.templates.pop(made[-1].id)
            fake.state.templates = {last.id: last, **fake.state.templates}

    on_page(fake, 2, move)
    assert sync.templates().deleted == 0
    assert known() == listed(fake)


def test_deleted_and_there_again(fake: FakeChakra) -> None:
    """What is not listed any more is marked, once; what is listed again is there again."""
    made = add(fake, 150)
    sync.templates()
    kept = dict(fake.state.templates)
    for one in made[100:]:
        del fake.state.templates[one.id]
    assert sync.templates().deleted == 50
    at = row_of(made[120]).deleted_at
    assert sync.templates() == (fake.waba_id, 100, 0, 0, 0)
    assert row_of(made[120]).deleted_at == at
    assert row_of(made[120]).status == "APPROVED"
    fake.state.templates = kept
    assert sync.templates().changed == 50
    assert known() == listed(fake)


def test_a_page_that_fails(fake: FakeChakra) -> None:
    """What was read before is kept, nothing is marked as deleted, and the reason is raised.

    The last sync stays the last that was read to its end.
    """
    made = add(fake, 150)
    sync.templates()
    synced = row_of(made[0]).synced_at
    made[0].status = "PAUSED"
    new = add(fake, 200)
    del fake.state.templates[made[1].id]
    on_page(fake, 3, lambda: errors(403, "The role may not do this"))
    with pytest.raises(PermissionMissing, match="may not do this"):
        sync.templates()
    assert row_of(made[0]).status == "PAUSED"
    assert row_of(new[0]).name == new[0].name
    assert (row_of(made[0]).synced_at, row_of(new[0]).synced_at) == (synced, None)
    assert not MessageTemplate.objects.filter(external_id=new[-1].id).exists()
    assert not MessageTemplate.objects.exclude(deleted_at=None).exists()


@pytest.mark.parametrize(
    ("paging", "words"),
    [
        ({"cursors": {"after": "QQ"}, "next": "https://x.example/"}, "does not end"),
        ({"next": "https://x.example/?after=QQ"}, "does not end"),
        ({"next": "https://x.example/"}, "no cursor that leads to it"),
    ],
)
def test_a_list_without_an_end(fake: FakeChakra, paging: Any, words: str) -> None:
    """It ends all the same, and says why; nothing is marked as deleted."""
    one, other = add(fake, 2)
    sync.templates()
    page = {"data": [{"id": one.id, "name": "changed"}], "paging": paging}
    fake.before.append(lambda request: Reply.of(page))
    with pytest.raises(UnreadableAnswer, match=words):
        sync.templates()
    assert row_of(one).name == "changed"
    assert row_of(other).deleted_at is None


def test_a_list_that_goes_on_and_on(fake: FakeChakra) -> None:
    """A new cursor with every page, for ever, is no list either."""
    cursors = itertools.count()

    def answer(request: Request) -> Reply:
        paging = {"cursors": {"after": str(next(cursors))}, "next": "https://x.example/"}
        return Reply.of({"data": [], "paging": paging})

    fake.before.append(answer)
    with pytest.raises(UnreadableAnswer, match="does not end"):
        sync.templates()
    assert next(cursors) <= 1001


@pytest.mark.parametrize("answer", [[], {}, {"data": None}, {"data": {"id": "1"}}, "x"])
def test_no_list_is_no_empty_list(fake: FakeChakra, answer: Any) -> None:
    """An answer without a list does not mean that all templates are gone."""
    add(fake, 3)
    sync.templates()
    fake.before.append(lambda request: Reply.of(answer))
    with pytest.raises(UnreadableAnswer):
        sync.templates()
    assert len(known()) == 3


def test_odd_entries(fake: FakeChakra) -> None:
    """What can't be kept is passed over or cut, and costs no other entry."""
    page: list[Any] = [
        None, "x", {}, {"id": None}, {"id": {}}, {"id": 7, "name": 8, "language": ["en"]},
        {"id": "9", "name": "n" * 600, "language": "l" * 99, "category": 1, "status": "s" * 99,
         "quality_score": "GREEN", "components": {"a": 1}, "rejected_reason": "\x00"},
        {"id": "10", "name": "ten", "components": [{"type": "BODY", "text": "\ud800\x00"}],
         "quality_score": {"score": None}, "rejected_reason": "NONE", "status": "approved"},
        {"id": "i" * 300, "name": "long"},
    ]  # fmt: skip
    body = json.dumps({"data": page}).encode()
    fake.before.append(lambda request: Reply(200, {"content-type": "application/json"}, body))
    assert sync.templates().listed == 4
    assert (row_of("7").name, row_of("7").language) == ("8", "")
    nine, ten = row_of("9"), row_of("10")
    assert (len(nine.name), len(nine.language), len(nine.status)) == (512, 64, 64)
    assert (nine.quality, nine.components, nine.reason) == ("GREEN", [], "\ufffd")
    assert (ten.status, ten.reason, ten.quality) == ("APPROVED", "", "")
    assert ten.components == [{"type": "BODY", "text": "\ufffd\ufffd"}]


def test_an_event_that_is_newer_than_the_page(
    fake: FakeChakra, chakra_post_event: Callable[..., Any]
) -> None:
    """What an event says after the page was asked for stays; an older word does not come back."""
    made = add(fake, 4)

    def happen() -> None:
        chakra_post_event(reviews.reviewed(fake.events, made[0], "PAUSED").documents["meta"])
        chakra_post_event(reviews.rated(fake.events, made[1], "RED").documents["meta"])
        chakra_post_event(reviews.moved(fake.events, made[2], "MARKETING").documents["meta"])

    after_page(fake, 1, happen)
    sync.templates()
    assert [row_of(one).status for one in made] == ["PAUSED"] + ["APPROVED"] * 3
    assert (row_of(made[1]).quality, row_of(made[2]).category) == ("RED", "MARKETING")

    event = reviews.reviewed(fake.events, made[3], "DISABLED").documents["meta"]
    event["entry"][0]["time"] -= 60
    chakra_post_event(event)
    assert row_of(made[3]).status == "APPROVED"


def test_what_an_event_spoke_of_is_not_deleted(
    fake: FakeChakra, chakra_post_event: Callable[..., Any]
) -> None:
    """Neither a row that an event changed while the list was read, nor one that it made."""
    made = add(fake, 3)
    sync.templates()
    late = Template("990", "late", "en", "UTILITY", [], "APPROVED")
    for one in made:
        del fake.state.templates[one.id]

    def happen() -> None:
        # Even where it happened before: it was heard of after the platform was asked.
        for one in (made[0], late):
            event = reviews.reviewed(fake.events, one, "APPROVED").documents["meta"]
            event["entry"][0]["time"] -= 3600
            chakra_post_event(event)
        chakra_post_event(reviews.rated(fake.events, made[1], "RED").documents["meta"])

    after_page(fake, 1, happen)
    assert sync.templates().deleted == 2
    assert {row.name for row in MessageTemplate.objects.filter(deleted_at=None)} == {
        made[1].name,
        "late",
    }


def test_an_older_event_does_not_bring_back_what_is_gone(
    fake: FakeChakra, chakra_post_event: Callable[..., Any]
) -> None:
    """A newer one does."""
    (one,) = add(fake, 1)
    sync.templates()
    del fake.state.templates[one.id]
    sync.templates()
    event = reviews.reviewed(fake.events, one, "APPROVED").documents["meta"]
    chakra_post_event({**event, "entry": [{**event["entry"][0], "time": 1_700_000_000}]})
    assert row_of(one).deleted_at is not None
    chakra_post_event(event)
    assert row_of(one).deleted_at is None


def test_reasons(fake: FakeChakra, chakra_post_event: Callable[..., Any]) -> None:
    """A list that confirms a state keeps what an event said about it; another state ends it."""
    (one,) = add(fake, 1)
    event = reviews.reviewed(fake.events, one, "REJECTED").documents["meta"]
    value = event["entry"][0]["changes"][0]["value"]
    value["rejection_info"] = {"reason": "No words between", "recommendation": "Put some"}
    event["entry"][0]["time"] -= 60
    chakra_post_event(event)
    assert row_of(one).reason == "INVALID_FORMAT\nNo words between\nPut some"
    sync.templates()
    assert row_of(one).reason == "INVALID_FORMAT\nNo words between\nPut some"
    one.rejected_reason = "ABUSIVE_CONTENT"
    sync.templates()
    assert row_of(one).reason == "ABUSIVE_CONTENT"
    one.status, one.rejected_reason = "APPROVED", ""
    sync.templates()
    assert (row_of(one).status, row_of(one).reason) == ("APPROVED", "")


def test_two_at_once(fake: FakeChakra) -> None:
    """Several that sync at the same moment, while events come, leave one row for each template."""
    made = add(fake, 220)
    event = reviews.rated(fake.events, made[7], "RED").documents["meta"]
    body = json.dumps(event).encode()
    process_all()

    def work(_: int) -> int:
        try:
            post(body, secret=fake.secret)
            process.run()
            return sync.templates().listed
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(work, range(3))) == [220] * 3
    process_all()
    assert known() == listed(fake)


def test_each_account_of_metas_for_itself(fake: FakeChakra) -> None:
    """By ``waba_id`` another one is read; what one lacks is not deleted in the other."""
    fake.state.business_accounts["200000000000009"] = {"id": "200000000000009"}
    first, other = add(fake, 2), add(fake, 3, waba_id="200000000000009")
    assert sync.templates().listed == 2
    assert sync.templates(waba_id="200000000000009") == ("200000000000009", 3, 3, 0, 0)
    assert known() == listed(fake)
    del fake.state.templates[first[0].id]
    del fake.state.templates[other[0].id]
    assert sync.templates().deleted == 1
    assert row_of(other[0]).deleted_at is None


def test_each_account_of_ours_for_itself(fake: FakeChakra) -> None:
    """One account's templates are not another's, under the same ids too."""
    add(fake, 2)
    sync.templates("other")
    assert (known("default"), len(known("other"))) == ({}, 2)
    fake.state.templates.clear()
    assert sync.templates("default").deleted == 0
    assert len(known("other")) == 2


def test_what_is_not_set(fake: FakeChakra, settings: Any) -> None:
    """No account, no WABA, no token: each is named."""
    accounts = settings.CHAKRA["ACCOUNTS"]
    with pytest.raises(UnknownAccount):
        sync.templates("sales")
    for key in ("WABA_ID", "ACCESS_TOKEN"):
        changed = {**accounts, "default": {**accounts["default"], key: ""}}
        settings.CHAKRA = {**settings.CHAKRA, "ACCOUNTS": changed}
        with pytest.raises(ConfigurationError, match=key):
            sync.templates()


def test_the_last_sync_is_on_each_row(fake: FakeChakra) -> None:
    """A row says when the platform last listed it, and keeps that once it is gone."""
    made = add(fake, 2)
    before = timezone.now()
    sync.templates()
    at = row_of(made[1]).synced_at
    assert at is not None
    assert before <= at <= timezone.now()
    del fake.state.templates[made[1].id]
    sync.templates()
    assert row_of(made[1]).synced_at == at
    assert row_of(made[0]).synced_at > at  # type: ignore[operator]
    assert timezone.now() - at < timedelta(minutes=1)
