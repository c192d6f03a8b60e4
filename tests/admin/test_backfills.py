"""What staff see of backfills, and asking for one conversation."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from django_chakra.models import Backfill, Conversation
from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.replies import errors
from tests.backfill.asking import ANA, ask, said, texts, wrote

from .looking import act, list_url, page_url, see

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.fixture
def actor(client: Client) -> Client:
    """Staff who may use the actions."""
    user = User.objects.create_user("ana", is_staff=True)
    names = ("view_conversation", "change_conversation", "view_backfill")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


def test_what_a_backfill_came_to(actor: Client) -> None:
    """Its page says what was missed, of what, and what went wrong; as text."""
    row = Backfill.objects.create(
        account="default",
        scope={"number": "300000000000001"},
        reason="gap",
        missed=1234,
        missed_statuses=56,
        state="stopped",
        error="<script>alert(1)</script>",
        cursor={"page": 3},
    )
    page = see(actor, page_url(row))
    assert "1234" in page
    assert "number 300000000000001" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    listed = see(actor, list_url(Backfill))
    assert 'data-word="stopped"' in listed
    assert "1234" in listed


def test_ask_what_is_missing(actor: Client, chakra_fake: FakeChakra) -> None:
    """Of the ticked conversations; what was found is said and in the history."""
    wrote(chakra_fake, ANA, "hello", ago=500)
    ask()
    wrote(chakra_fake, ANA, "anybody?", ago=50)
    said(chakra_fake, ANA, "Yes", ago=40, status="READ")
    conversation = Conversation.objects.get()
    words = f"{conversation}: Asked: 2 messages and 1 statuses were missing."
    assert act(actor, Conversation, "ask_what_is_missing", conversation) == [words]
    assert texts() == ["hello", "anybody?", "Yes"]
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.user.username) == (str(conversation.pk), "ana")
    assert "2 messages" in entry.change_message
    row = Backfill.objects.latest("pk")
    assert (row.reason, row.scope) == ("admin", {"conversation": conversation.pk})


def test_what_can_not_be_asked(actor: Client, chakra_fake: FakeChakra) -> None:
    """A group is passed over; where the platform does not answer it ends, and says so. Both stand
    in the history: some may have been recorded before."""
    wrote(chakra_fake, ANA, "hello")
    ask()
    person = Conversation.objects.get()
    group = Conversation.objects.create(account="default", number=person.number, group_id="G")
    [words] = act(actor, Conversation, "ask_what_is_missing", group)
    assert "no person's" in words
    chakra_fake.before.append(lambda request: errors(403, "Not <b>you</b>"))
    [words] = act(actor, Conversation, "ask_what_is_missing", person)
    assert words.startswith("The platform could not be asked, and nothing more was:")
    entries = LogEntry.objects.order_by("pk").values_list("object_id", "change_message")
    assert [id for id, _ in entries] == [str(group.pk), str(person.pk)]
    assert ["no person's" in entries[0][1], "Not <b>you</b>" in entries[1][1]] == [True, True]
    free = Backfill.objects.filter(open_key__isnull=False)
    free.update(claimed_until=timezone.now() + timedelta(hours=1))
    [words] = act(actor, Conversation, "ask_what_is_missing", person)
    assert "Another process" in words
    assert "Another process" in LogEntry.objects.latest("pk").change_message


def test_who_may_not_change_may_not_ask(actor: Client, chakra_fake: FakeChakra) -> None:
    """The action is not there."""
    wrote(chakra_fake, ANA, "hello")
    ask()
    user = User.objects.get()
    user.user_permissions.set(Permission.objects.filter(codename="view_conversation"))
    asked: list[Any] = []
    chakra_fake.before.append(lambda request: asked.append(request))
    act(actor, Conversation, "ask_what_is_missing", Conversation.objects.get())
    assert "ask_what_is_missing" not in see(actor, list_url(Conversation))
    assert asked == []
