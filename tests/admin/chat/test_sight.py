"""What the chat shows to whom, beyond what the walk over all pages looks for."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from django_chakra.models import BusinessNumber, Conversation, Message
from tests.admin.looking import list_url, page_url, see
from tests.admin.walking import SEE, chat_url, member
from tests.posting import ANA, process_all, stored, text

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def blind(db: None) -> Client:
    """Who may do everything but see numbers and payloads."""
    return member("blind", without=SEE)


def test_the_chat_without_numbers(blind: Client) -> None:
    """People have their names and two digits; numbers of any length go; there is no link to a call
    of which nothing may be read; our own number stays.
    """
    stored(text("wamid.1", text=f"call me: {ANA}"))
    stored(text("wamid.2", sender="5512345", name=""))
    process_all()
    inbox = see(blind, list_url(Conversation, "?show=all"))
    assert "call me: •••• 77" in inbox
    assert "5512345" not in inbox
    assert "•••• 45" in inbox
    message = Message.objects.get(external_id="wamid.1")
    thread = see(blind, page_url(message.conversation))
    assert str(BusinessNumber.objects.get()) in thread
    assert page_url(message) in thread
    assert page_url(message.call) not in thread
    assert page_url(message.call) in see(member("seeing"), page_url(message.conversation))


def test_half_a_number_in_the_inbox(blind: Client) -> None:
    """A number at which the inbox cuts a text, or an id that holds one, is gone."""
    for length in range(180, 200):
        stored(text(f"wamid.{length}", text="x" * (length - 1) + " 55 11 98888 7777", name="Ana"))
        process_all()
        page = see(blind, list_url(Conversation, "?show=all"))
        [shown_text] = re.findall(r'chat-preview"><bdi>(.*?)</bdi>', page)
        assert re.search(r"\d", shown_text.replace("•••• 77", "")) is None


def test_a_name_is_not_guessed_at(blind: Client) -> None:
    """A name that is a number is found by what is shown of it, not by other digits."""
    stored(text("wamid.1", name=f"Ana +{ANA}"))
    process_all()
    found = {
        term: "chat-row-main" in see(blind, list_url(Conversation, f"?q={term}"))
        for term in ("Ana", "98888", "5511", "8")
    }
    assert found == {"Ana": True, "98888": False, "5511": False, "8": False}
    assert "chat-row-main" in see(member("seeing"), list_url(Conversation, "?q=98888"))


def test_marks_leave_no_number(blind: Client) -> None:
    """Done, reopen and unread stand in the history without the number that the name is."""
    stored(text("wamid.1", name=f"+{ANA}"))
    process_all()
    row = Conversation.objects.get()
    Conversation.objects.update(unread_count=0)
    seeing = member("seeing")
    for word in ("done", "reopen", "unread"):
        seeing.post(chat_url("mark", row, word), {"seen": str(row.last_inbound_at)})
    told = [f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.all()]
    assert len(told) == 3
    assert ANA not in "".join(told)
    assert ANA not in see(blind, chat_url("history", row))
