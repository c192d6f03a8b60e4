"""The thread: bubbles in their order, a page at a time, with what belongs to each."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from django_chakra import send
from django_chakra.admin.chat import cursors, live, thread
from django_chakra.models import Conversation, Message
from tests.admin.looking import see

from .scenes import NOW, counted, echo, every_kind, hear, ours, thread_url, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_DIR": str(tmp_path)}


def talk(count: int, *, begin: int = NOW - 9000) -> Conversation:
    """So many messages of Ana's; some of them at the same second."""
    for n in range(count):
        hear("text", {"body": f"text {n:03}"}, at=begin + n // 3, external_id=f"wamid.{n}")
    return Message.objects.get(external_id="wamid.0").conversation


def keys(page: str) -> list[int]:
    """The messages of a page, in their order."""
    return [int(pk) for pk in re.findall(r'data-key="m(\d+)"', page)]


def texts(page: str) -> list[str]:
    return re.findall(r"text \d{3}", page)


def bubble(page: str, message: Message) -> str:
    """The HTML of one message."""
    return page.partition(f'id="m{message.pk}"')[2].partition('<li class="chat-line')[0]


def test_bubbles_stand_in_order(staff: Client) -> None:
    """By time, then arrival, whatever came first; days stand between them."""
    late = hear("text", {"body": "second"}, at=NOW)
    early = hear("text", {"body": "first"}, at=NOW - 3 * 24 * 3600)
    page = see(staff, thread_url(late.conversation))
    assert keys(page) == [early.pk, late.pk]
    assert len(re.findall(r'data-key="d\d{4}-\d\d-\d\d"', page)) == 2


def test_pages_meet_without_gap_or_repeat(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Upwards by keyset, also where several stand at one second."""
    monkeypatch.setattr(thread, "PAGE", 4)
    conversation = talk(10)
    seen: list[int] = []
    url = thread_url(conversation)
    for _page in range(3):
        page = see(staff, url)
        seen = keys(page) + seen
        older = re.findall(r'data-older="([^"]*)"', page)[0]
        hear("text", {"body": "meanwhile"}, at=NOW)
        url = thread_url(conversation, f"?before={older}")
    assert older == ""
    first = Message.objects.filter(text__startswith="text").order_by("sort_at", "pk")
    assert seen == list(first.values_list("pk", flat=True))


def test_a_link_opens_there(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to a message shows it with what stands around it; from there one goes both ways."""
    monkeypatch.setattr(thread, "PAGE", 4)
    conversation = talk(10)
    middle = Message.objects.get(text="text 004")
    page = see(staff, thread_url(conversation, f"?message={middle.pk}"))
    assert texts(page) == ["text 002", "text 003", "text 004", "text 005"]
    newer = re.search(r'data-newer="([^"]+)"', page)
    assert newer
    following = see(staff, thread_url(conversation, f"?after={newer[1]}"))
    assert texts(following) == ["text 006", "text 007", "text 008", "text 009"]
    assert 'data-newer=""' in following


@pytest.mark.parametrize("query", ["?message=x", "?message=999999", "?before=x", "?after=1-x"])
def test_a_link_may_lead_nowhere(staff: Client, query: str) -> None:
    """What is not here, or is no place, leads to the end."""
    conversation = talk(2)
    assert texts(see(staff, thread_url(conversation, query))) == ["text 000", "text 001"]


def test_another_conversations_message_is_not_here(staff: Client) -> None:
    """Neither by a link to a message nor by an act on one."""
    conversation = talk(1)
    other = hear("text", {"body": "secret"}, sender="5511822223333")
    assert "secret" not in see(staff, thread_url(conversation, f"?message={other.pk}"))
    url = url_of("act", conversation.pk, other.pk, "check_with_platform")
    assert staff.post(url).status_code == 404


def test_queries_do_not_grow(staff: Client) -> None:
    """Eight at most, with few messages and with every kind of them, from any link."""
    few = talk(2)
    before = len(counted(staff, thread_url(few)))
    conversation = every_kind()
    first = Message.objects.order_by("pk")[0]
    group = group_of(4)
    for url in (
        thread_url(conversation),
        thread_url(conversation, f"?message={first.pk}"),
        thread_url(group),
        thread_url(group, f"?message={group.messages.order_by('pk')[1].pk}"),
    ):
        assert len(counted(staff, url)) <= 8
    talk(40, begin=NOW - 5000)
    assert before <= len(counted(staff, thread_url(few))) <= 8


def test_an_idle_poll_is_one_query(staff: Client) -> None:
    """Where nothing is new, thread and inbox each ask one question and say nothing."""
    conversation = talk(3)
    for page, poll in (
        (thread_url(conversation), url_of("updates", conversation.pk)),
        (url_of("changelist"), url_of("poll")),
    ):
        token = re.search(r'data-token="([^"]+)"', see(staff, page))
        assert token
        assert len(counted(staff, f"{poll}?token={token[1]}", status=204)) == 1


def group_of(count: int) -> Conversation:
    """A group in which so many nameless people speak and quote each other."""
    for n in range(count):
        hear(
            "text", {"body": "hello all"}, at=NOW - 60 + n, sender=f"551177777{n:04}", name="",
            group_id="G1", external_id=f"wamid.g{n}", context={"id": f"wamid.g{n - 1}"},
        )  # fmt: skip
    return Conversation.objects.get(group_id="G1")


def test_a_group_names_its_speakers(staff: Client) -> None:
    """In a group each bubble says who spoke; in a conversation of two none does."""
    page = see(staff, thread_url(group_of(2)))
    assert "Group G1" in page
    assert re.findall(r'chat-speaker"><bdi>([^<]+)', page) == ["+5511777770000", "+5511777770001"]
    assert "chat-speaker" not in see(staff, thread_url(hear().conversation))


def test_who_wrote_for_us(staff: Client) -> None:
    """Of ours: which colleague, the phone, Chakra's inbox, or the site by itself."""
    conversation = hear().conversation
    rosa = User.objects.create_user("rosa", first_name="Rosa")
    rows = {
        "Rosa": ours(conversation, author=rosa),
        "automatically": ours(conversation),
        "from the phone": echo("text", {"body": "x"}, at=NOW - 2),
        "from Chakra&#x27;s inbox": echo("text", {"body": "y"}, at=NOW - 1, phone=False),
    }
    page = see(staff, thread_url(conversation))
    for words, row in rows.items():
        assert words in bubble(page, row)


def test_reactions_stand_on_their_bubble(staff: Client) -> None:
    """The latest of each person; one that was taken back is gone."""
    message = hear(external_id="wamid.1", at=NOW - 9)
    hear("reaction", {"message_id": "wamid.1", "emoji": "👍"}, at=NOW - 5, external_id="r1")
    hear("reaction", {"message_id": "wamid.1", "emoji": "❤️"}, at=NOW - 4, external_id="r2")
    echo("reaction", {"message_id": "wamid.1", "emoji": "🙏"}, at=NOW - 3, external_id="r3")
    page = bubble(see(staff, thread_url(message.conversation)), message)
    assert "👍" not in page
    assert "❤️" in page
    assert "🙏" in page
    hear("reaction", {"message_id": "wamid.1", "emoji": ""}, at=NOW - 1, external_id="r4")
    page = see(staff, thread_url(message.conversation))
    assert "❤️" not in page
    assert keys(page) == [message.pk]


def test_what_is_about_nothing_is_not_lost(staff: Client) -> None:
    """A reaction, edit or revoke of a message that is not here stands there by itself."""
    hear("reaction", {"message_id": "gone", "emoji": "👍"}, at=NOW - 3)
    edit = {"type": "text", "text": {"body": "new"}}
    hear("edit", {"original_message_id": "gone", "message": edit}, at=NOW - 2)
    row = hear("revoke", {"original_message_id": "gone"}, at=NOW - 1)
    page = see(staff, thread_url(row.conversation))
    assert "Reacted with 👍 to a message that is not here" in page
    assert "Edited a message that is not here: new" in page
    assert "Deleted a message that is not here" in page


def test_marks(staff: Client) -> None:
    """Edited, deleted, forwarded, late, imported, fetched later: each is marked."""
    edited = hear("text", {"body": "old"}, external_id="wamid.e", at=NOW - 9)
    change = {
        "original_message_id": "wamid.e",
        "message": {"type": "text", "text": {"body": "new"}},
    }
    hear("edit", change, at=NOW - 8)
    deleted = hear("text", {"body": "wrong"}, external_id="wamid.d", at=NOW - 7)
    hear("revoke", {"original_message_id": "wamid.d"}, at=NOW - 6)
    passed = hear("text", {"body": "joke"}, at=NOW - 5, context={"frequently_forwarded": True})
    late = hear("text", {"body": "x"}, at=NOW - 4000)
    imported, fetched = hear(external_id="i"), hear(external_id="f")
    Message.objects.filter(pk=imported.pk).update(source="history")
    Message.objects.filter(pk=fetched.pk).update(source="backfill")
    page = see(staff, thread_url(edited.conversation))
    marks = {
        "new": edited, "edited": edited, "Deleted by whoever wrote it": deleted,
        "forwarded many times": passed, "came late, ": late, "imported": imported,
        "fetched later": fetched,
    }  # fmt: skip
    for words, row in marks.items():
        assert words in bubble(page, row), words
    assert "came late" not in bubble(page, edited)


@pytest.mark.parametrize(
    ("status", "words", "acts"),
    [
        ("failed", "Re-engagement", ["send_again"]),
        ("unknown", "Nobody knows whether it arrived", ["check_with_platform", "send_again"]),
        ("withheld", "Re-engagement", ["send_again"]),
        ("cancelled", "Cancelled, never sent", ["send_again"]),
        ("delivered", "", []),
        ("queued", "", []),
    ],
)
def test_trouble_is_told_with_what_can_be_done(
    staff: Client, status: str, words: str, acts: list[str]
) -> None:
    """The reason in words, the platform's code, and the acts that are left."""
    row = ours(hear().conversation, status=status, error_code=131047, error_title="Re-engagement")
    page = bubble(see(staff, thread_url(row.conversation)), row)
    assert f'data-word="{status}"' in page
    assert words in page
    assert ("131047" in page) == bool(words)
    assert re.findall(rf'action="[^"]*/message/{row.pk}/(\w+)/"', page) == acts


def test_sent_again_leads_to_the_new_one(staff: Client) -> None:
    """What was sent again offers no second time, and leads to the other message."""
    failed = ours(hear().conversation, status="failed")
    again = ours(failed.conversation, retry_of=failed)
    page = bubble(see(staff, thread_url(failed.conversation)), failed)
    assert f"?message={again.pk}#m{again.pk}" in page
    assert "send_again" not in page


def test_send_again_asks_first_and_comes_back(staff: Client) -> None:
    """From a bubble: the page that asks, and then the thread with the message."""
    conversation = hear().conversation
    failed = send.text(to=conversation, body="Hello again")
    Message.objects.filter(pk=failed.pk).update(status="failed")
    url = url_of("act", conversation.pk, failed.pk, "send_again")
    assert "Yes, send again" in staff.post(url).content.decode()
    assert not Message.objects.filter(retry_of=failed).exists()
    posted = {"confirmed": "yes", "_selected_action": failed.pk, "action": "send_again"}
    response = staff.post(url, posted)
    assert response.headers["Location"] == thread_url(
        conversation, f"?message={failed.pk}#m{failed.pk}"
    )
    assert Message.objects.filter(retry_of=failed).count() == 1


@pytest.mark.parametrize("act", ["delete_selected", "get_urls", "log_change", "x"])
def test_no_other_act(staff: Client, act: str) -> None:
    """Nothing but the acts of a bubble can be asked for by its address."""
    row = hear()
    assert staff.post(url_of("act", row.conversation_id, row.pk, act)).status_code == 404


def test_who_may_only_look(reader: Client) -> None:
    """Permission to view shows the thread without a form, and no act can be posted."""
    row = ours(hear().conversation, status="unknown")
    page = see(reader, thread_url(row.conversation)).partition('id="chat"')[2]
    assert "<form" not in page
    assert "data-read" not in page
    url = url_of("act", row.conversation_id, row.pk, "check_with_platform")
    assert reader.post(url).status_code == 403


def test_staff_without_permission(client: Client) -> None:
    """Who may not view conversations gets none of their pages."""
    row = hear()
    client.force_login(User.objects.create_user("new", is_staff=True))
    for page in ("updates", "bubbles", "details", "change"):
        assert client.get(url_of(page, row.conversation_id)).status_code == 403
    assert client.get(url_of("poll")).status_code == 403
    assert client.get(url_of("changelist")).status_code == 403


def test_a_quote_jumps(staff: Client) -> None:
    """A quoted message is shown with its speaker and leads there; one that is gone says so."""
    first = hear(external_id="wamid.1", at=NOW - 5)
    reply = hear("text", {"body": "and?"}, at=NOW - 4, context={"id": "wamid.1"})
    lost = hear("text", {"body": "hm"}, at=NOW - 3, context={"id": "wamid.gone"})
    page = see(staff, thread_url(first.conversation))
    assert f'href="{thread_url(first.conversation)}?message={first.pk}#m{first.pk}"' in bubble(
        page, reply
    )
    assert "Good morning!" in bubble(page, reply)
    assert "A message that is not here" in bubble(page, lost)


def test_evidence_is_one_click_away(staff: Client) -> None:
    """From a bubble to its delivery history and payload, and to the call that brought it."""
    row = hear()
    page = bubble(see(staff, thread_url(row.conversation)), row)
    assert f"/message/{row.pk}/change/" in page
    assert f"/webhookcall/{row.call_id}/change/" in page


def test_where_the_unread_begins(staff: Client) -> None:
    """A line stands over the first bubble that nobody has read."""
    first, second = hear(at=NOW - 9), hear("text", {"body": "more"}, at=NOW - 5)
    assert staff.post(
        url_of("read", first.conversation_id), {"to": cursor(first)}
    ).status_code == 204  # fmt: skip
    page = see(staff, thread_url(first.conversation))
    assert page.index(f'id="m{first.pk}"') < page.index('data-key="unread"')
    assert page.index('data-key="unread"') < page.index(f'id="m{second.pk}"')


def cursor(message: Message) -> str:
    return cursors.cursor(message.sort_at, message.pk)


def test_opening_marks_nothing(staff: Client) -> None:
    """What only looks changes nothing: reading is posted, by the script."""
    conversation = talk(2)
    see(staff, thread_url(conversation))
    assert Conversation.objects.get().unread_count == 2
    assert staff.get(url_of("read", conversation.pk)).status_code == 405


def test_reading_and_unread_again(staff: Client) -> None:
    """What was posted as read is read for all; "unread" brings the last one back."""
    conversation = talk(3)
    last = conversation.messages.order_by("-sort_at", "-pk")[0]
    staff.post(url_of("read", conversation.pk), {"to": cursor(last)})
    assert Conversation.objects.get().unread_count == 0
    staff.post(url_of("mark", conversation.pk, "unread"))
    assert Conversation.objects.get().unread_count >= 1
    assert staff.post(url_of("read", conversation.pk), {"to": "x"}).status_code == 400


def test_updates_bring_what_is_new(staff: Client) -> None:
    """A new message, a tick, a message that waits to be sent: each is in the next answer."""
    conversation = hear(at=NOW - 9).conversation
    token = ""
    changes: list[Callable[[], Message]] = [
        lambda: hear("text", {"body": "brand new"}, at=NOW - 5),
        lambda: send.text(to=conversation, body="on its way"),
        lambda: echo("text", {"body": "by phone"}, at=NOW - 3),
    ]
    for change in changes:
        change()
        url = url_of("updates", conversation.pk)
        found = staff.get(url, {"token": token})
        assert found.status_code == 200
        answer = found.json()
        assert answer["token"] != token
        token = answer["token"]
        assert staff.get(url, {"token": token}).status_code == 204
    assert "brand new" in answer["bubbles"]
    assert "on its way" in answer["bubbles"]
    assert "data-moving" in answer["bubbles"]
    assert answer["unread"] == 2
    assert "Ana Souza" in answer["head"]


def test_the_inboxs_poll_brings_its_rows(staff: Client) -> None:
    """A new message anywhere is in the next answer, with the count for the title."""
    first = hear(at=NOW - 9)
    token = staff.get(url_of("poll")).json()["token"]
    hear("text", {"body": "somebody new"}, sender="5511833334444", name="Bruno")
    found = staff.get(url_of("poll"), {"token": token}).json()
    assert "somebody new" in found["rows"]
    assert f'data-key="c{first.conversation_id}"' in found["rows"]
    assert found["unread"] == 2
    assert staff.get(url_of("poll"), {"token": found["token"]}).status_code == 204


def test_a_change_that_commits_late_is_seen(staff: Client) -> None:
    """A row whose time lies a little before one that was seen already is news all the same."""
    first, second = hear(at=NOW - 9), hear(sender="5511833334444", at=NOW - 8)
    token = staff.get(url_of("poll")).json()["token"]
    changed_at = second.conversation.changed_at
    assert changed_at is not None
    rows = Conversation.objects.filter(pk=first.conversation_id)
    rows.update(version=99, changed_at=changed_at - live.OVERLAP / 2)
    assert staff.get(url_of("poll"), {"token": token}).status_code == 200


def test_a_conversation_that_is_gone(staff: Client) -> None:
    """Its page leads back as Django's do, and the script hears 404."""
    assert staff.get(url_of("change", 999)).status_code == 302
    assert staff.get(url_of("change", "x")).status_code == 302
    assert staff.get(url_of("updates", 999)).status_code == 404
