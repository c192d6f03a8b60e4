"""Search: exact values in indexed columns, and nothing else."""

import pytest
from django.test import Client

from django_chakra.models import (
    BusinessNumber,
    Contact,
    ContactIdentity,
    Conversation,
    DeliveryStatus,
    Message,
    WebhookCall,
)
from django_chakra.testing import calls
from tests.posting import ANA, process_all, status, stored, text

from .looking import MODELS, list_url, shown

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_search_of_calls(staff: Client) -> None:
    """A call is found by id, uid, digest, and by a message that it was the first to name."""
    first, second = stored(text("wamid.A")), stored(text("wamid.B"))
    third = stored(status("wamid.A", "read"))
    process_all()

    assert shown(staff, WebhookCall, f"?q={first.pk}") == [first.pk]
    assert shown(staff, WebhookCall, f"?q={second.uid}") == [second.pk]
    assert shown(staff, WebhookCall, f"?q= {first.digest.upper()} ") == [first.pk]
    assert shown(staff, WebhookCall, "?q=wamid.A") == [third.pk, first.pk]


@pytest.mark.parametrize("term", ["wamid", "wamid.a", "hello", "9" * 40, "%", "ç"])
def test_search_finds_whole_ids_only(staff: Client, term: str) -> None:
    """Part of an id, an id in another case and a word of a text find nothing."""
    stored(text("wamid.A"))
    process_all()
    for model in MODELS:
        assert shown(staff, model, f"?q={term}") == []


def test_search_of_messages_and_statuses(staff: Client) -> None:
    """Messages and delivery statuses are found by WhatsApp's id, by Chakra's and by ours."""
    long = "wamid." + "x" * 300
    stored(text(long, format="chakra", chakra_id="chakra-1"))
    stored(status(long, "read", format="chakra", chakra_id="chakra-1"))
    stored(text("wamid.other"))
    process_all()
    message, tick = Message.objects.get(chakra_id="chakra-1"), DeliveryStatus.objects.get()

    for term in (long, "chakra-1", message.pk):
        assert shown(staff, Message, f"?q={term}") == [message.pk]
    for term in (long, "chakra-1", tick.pk):
        assert shown(staff, DeliveryStatus, f"?q={term}") == [tick.pk]


def test_search_of_people(staff: Client) -> None:
    """A contact, its identity and its conversation are found by the phone, however written."""
    stored(text("wamid.1"))
    stored(text("wamid.2", sender="BR.abc"))
    process_all()
    identity = ContactIdentity.objects.get(value=ANA)
    conversation = Conversation.objects.get(contact=identity.contact)

    for term in (ANA, "%2B55 11 98888-7777"):
        assert shown(staff, ContactIdentity, f"?q={term}") == [identity.pk]
        assert shown(staff, Contact, f"?q={term}") == [identity.contact_id]
        assert shown(staff, Conversation, f"?q={term}") == [conversation.pk]
    assert len(shown(staff, Contact, "?q=BR.abc")) == 1


def test_search_of_numbers(staff: Client) -> None:
    """A number is found by Meta's id of it."""
    stored(text("wamid.1"))
    process_all()
    number = BusinessNumber.objects.get()
    assert shown(staff, BusinessNumber, f"?q={calls.PHONE_NUMBER_ID}") == [number.pk]


@pytest.mark.parametrize("term", ["%00", "%ED%A0%80", "x" * 5000])
def test_searches_of_no_sense(staff: Client, term: str) -> None:
    """No search term is an error of ours."""
    for model in MODELS:
        assert staff.get(list_url(model, f"?q={term}")).status_code == 200
