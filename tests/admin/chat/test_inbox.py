"""The inbox: whom to answer, in which order, found how; and what is done with them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from django_chakra.admin.chat import inbox
from django_chakra.models import BusinessNumber, Conversation, Message
from tests.admin.looking import list_url, see

from .scenes import NOW, counted, hear, ours, thread_url, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def person(n: int, *, at: int | None = None, text: str = "hello", name: str = "") -> Conversation:
    """Somebody who wrote so many minutes ago."""
    at = NOW - n * 60 if at is None else at
    name = name or f"Person {n:03}"
    return hear("text", {"body": text}, at=at, sender=f"55118{n:08}", name=name).conversation


def listed(client: Client, query: str = "") -> list[int]:
    """The conversations that the inbox shows, in its order."""
    page = see(client, list_url(Conversation, query))
    return [int(pk) for pk in re.findall(r'data-key="c(\d+)"', page)]


def older(client: Client, query: str = "") -> str:
    """The query of the link to older ones; "" where there is none."""
    found = re.search(
        r'href="[^"?]*(\?[^"]*)" rel="next"', see(client, list_url(Conversation, query))
    )
    return found[1].replace("&amp;", "&") if found else ""


def change(conversation: Conversation, **columns: Any) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(**columns)


def test_the_latest_stands_first(staff: Client) -> None:
    """By the time of the last bubble, with name, number, preview and what is unread."""
    first, second = person(2, text="is it open?"), person(1)
    assert listed(staff) == [second.pk, first.pk]
    page = see(staff, list_url(Conversation))
    assert "Person 002" in page
    assert "+5511800000002" in page
    assert "is it open?" in page
    assert f'href="{thread_url(first)}"' in page
    assert 'data-unread="2"' in page


def test_pages_meet_without_gap_or_repeat(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """By keyset: also where many share one moment, and while others move up meanwhile."""
    monkeypatch.setattr(inbox, "PAGE", 3)
    for n in range(10):
        person(n, at=NOW - 60 * (n // 4))
    expected = list(Conversation.objects.order_by("-last_at", "-pk").values_list("pk", flat=True))
    seen: list[int] = []
    query = ""
    for page in range(4):
        seen += listed(staff, query)
        query = older(staff, query)
        person(3, at=NOW + 1 + page)
    assert query == ""
    assert seen == expected


def test_tabs(staff: Client) -> None:
    """Open, unread, closing soon, failed, done: each shows its own."""
    now = timezone.now()
    fresh, done, read, closing, failed = (person(n) for n in range(1, 6))
    change(done, done_at=now, unread_count=0)
    for one in (read, closing, failed):
        change(one, unread_count=0)
    change(closing, last_inbound_at=now - timedelta(hours=21))
    change(read, last_inbound_at=now - timedelta(hours=25))
    ours(failed, status="failed")
    tabs = {word: set(listed(staff, f"?show={word}")) for word in inbox.SHOW}

    everybody = {one.pk for one in (fresh, done, read, closing, failed)}
    assert tabs == {
        "open": everybody - {done.pk},
        "unread": {fresh.pk},
        "closing": {closing.pk},
        "failed": {failed.pk},
        "done": {done.pk},
        "all": everybody,
    }
    assert set(listed(staff)) == tabs["open"]


def test_what_was_sent_again_is_no_failure(staff: Client) -> None:
    """A failed message stands under "failed" until it is sent again, or put away."""
    conversation = person(1)
    failed = ours(conversation, status="failed")
    assert listed(staff, "?show=failed") == [conversation.pk]
    ours(conversation, retry_of=failed)
    assert listed(staff, "?show=failed") == []


def test_filters(staff: Client) -> None:
    """By account, number of ours, contact, and the day of the last message."""
    here = person(1)
    there = person(2)
    number = BusinessNumber.objects.create(account="other", key="9", name="Second shop")
    change(there, account="other", number=number, last_at=timezone.now() - timedelta(days=9))
    assert listed(staff, "?account=other") == [there.pk]
    assert listed(staff, f"?number={number.pk}") == [there.pk]
    assert listed(staff, f"?contact={here.contact_id}") == [here.pk]
    assert listed(staff, "?date=week") == [here.pk]
    assert listed(staff, "?date=month") == [here.pk, there.pk]
    assert "Second shop" in see(staff, list_url(Conversation))


@pytest.mark.parametrize(
    "query",
    [
        "?show=x", "?account=x", "?number=x", "?number=" + "9" * 30, "?date=x", "?before=x",
        "?before=" + "9" * 18 + "-1", "?before=1-" + "9" * 30, "?contact=-1", "?before=²-1",
    ],
)  # fmt: skip
def test_a_query_may_hold_anything(staff: Client, query: str) -> None:
    """What is no word of ours is passed over."""
    person(1)
    see(staff, list_url(Conversation, query))


@pytest.mark.parametrize("term", ["maria", "+55 11 80000-0007", "5511800000007"])
def test_search(staff: Client, term: str) -> None:
    """By a part of the name, and by the number however it is written; done ones too."""
    maria = person(7, name="Ana Maria Braga")
    person(1)
    change(maria, done_at=timezone.now())
    assert listed(staff, f"?q={term.replace('+', '%2B')}") == [maria.pk]


def test_search_by_name_ends_somewhere(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name only those are found that moved lately; by number all are."""
    monkeypatch.setattr(inbox, "NAMED", 2)
    rows = [person(n) for n in range(1, 4)]
    assert listed(staff, "?q=person") == [rows[0].pk, rows[1].pk]
    assert listed(staff, "?q=5511800000003") == [rows[2].pk]


def test_queries_do_not_grow(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six at most, with three and with thirty conversations, on every tab and page."""
    for n in range(3):
        ours(person(n), status="failed")
    urls = [list_url(Conversation, f"?show={word}") for word in inbox.SHOW]
    few = [len(counted(staff, url)) for url in urls]
    for n in range(3, 30):
        ours(person(n), status="failed")
    monkeypatch.setattr(inbox, "PAGE", 10)
    many = [len(counted(staff, url)) for url in urls]
    assert max(many) <= 6
    assert few == many
    assert len(counted(staff, list_url(Conversation, older(staff)))) <= 6


def test_no_page_loads_heavy_columns(staff: Client) -> None:
    """The inbox reads no payload and no whole text, and counts no table."""
    ours(person(1))
    for sql in counted(staff, list_url(Conversation)):
        assert "payload" not in sql
        assert "COUNT(" not in sql


def test_done_and_reopened(staff: Client) -> None:
    """A button puts a conversation away, another one brings it back; the history has both."""
    conversation = person(1)
    page = see(staff, list_url(Conversation))
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen
    back = list_url(Conversation, "?show=open")
    posted = {"seen": seen[1], "next": back}
    response = staff.post(url_of("mark", conversation.pk, "done"), posted)
    assert (response.status_code, response.headers["Location"]) == (302, back)
    assert listed(staff) == []
    assert listed(staff, "?show=done") == [conversation.pk]
    staff.post(url_of("mark", conversation.pk, "reopen"))
    assert listed(staff) == [conversation.pk]
    said = [entry.change_message for entry in LogEntry.objects.order_by("pk")]
    assert said == ["Done.", "Reopened."]


def test_who_wrote_meanwhile_stays_open(staff: Client) -> None:
    """Done from a page that does not show the latest message does nothing, and says so."""
    conversation = person(2)
    seen = conversation.last_inbound_at
    assert seen is not None
    person(2, at=NOW)
    url = url_of("mark", conversation.pk, "done")
    response = staff.post(url, {"seen": seen.isoformat()}, follow=True)
    assert "They have written meanwhile: it stays open." in response.content.decode()
    assert listed(staff) == [conversation.pk]
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example", "javascript:x", ""])
def test_a_form_leads_nowhere_else(staff: Client, next_: str) -> None:
    """After a form one comes to a page of this site."""
    url = url_of("mark", person(1).pk, "reopen")
    response = staff.post(url, {"next": next_})
    assert response.headers["Location"] == list_url(Conversation)


def test_who_may_only_look(reader: Client) -> None:
    """Permission to view shows all and offers nothing; nothing can be posted either."""
    conversation = person(1)
    assert listed(reader) == [conversation.pk]
    assert '<form method="post"' not in see(reader, list_url(Conversation)).split("<main")[-1]
    for url in (
        url_of("mark", conversation.pk, "done"),
        url_of("mark", conversation.pk, "unread"),
        url_of("read", conversation.pk),
    ):
        assert reader.post(url).status_code == 403
    assert Conversation.objects.get().done_at is None


def test_rows_are_chosen_for_a_form_in_the_table(staff: Client) -> None:
    """A form of the host's that picks a conversation gets Django's list, not the inbox."""
    conversation = person(1)
    response = staff.get(list_url(Conversation, "?_popup=1"))
    assert [row.pk for row in response.context["cl"].result_list] == [conversation.pk]


def test_a_preview_says_what_it_is(staff: Client) -> None:
    """Of a message without words its kind; of a deleted one that it is; of ours the ticks."""
    image = hear("image", {"id": "1", "mime_type": "image/png"}, at=NOW)
    assert "Picture" in see(staff, list_url(Conversation))
    Message.objects.update(revoked_at=timezone.now())
    assert "Deleted message" in see(staff, list_url(Conversation))
    ours(image.conversation, status="delivered")
    assert 'data-word="delivered" title="delivered"' in see(staff, list_url(Conversation))


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0, "Open for 23 hours"), (21, "Closes in 2 hours"), (23.5, "Closes in 29 minutes"),
        (25, "Closed"),
    ],
)  # fmt: skip
def test_the_window(staff: Client, hours: float, words: str) -> None:
    """How long any message may still be sent."""
    ago = timedelta(hours=hours, seconds=30)
    change(person(1), last_inbound_at=timezone.now() - ago)
    assert f">{words}<" in see(staff, list_url(Conversation))
