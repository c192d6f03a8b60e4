"""The page of one row: what came, readably, and links to all that belongs to it."""

import json
import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import clear_url_caches, reverse

from django_chakra import receive
from django_chakra.admin import ContactAdmin, EvidenceAdmin
from django_chakra.models import (
    BusinessNumber,
    Contact,
    ContactIdentity,
    Conversation,
    DeliveryStatus,
    Message,
    ReceiverFailure,
    WebhookCall,
)
from django_chakra.signature import sign
from django_chakra.testing import calls
from tests.posting import post, process_all, status, stored, text

from .looking import MODELS, details_url, list_url, page_url, play, see, shown

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def links(client: Client, row: Model) -> set[str]:
    """Where the page of a row leads to."""
    return set(re.findall(r'href="([^"]*)"', see(client, details_url(row))))


def body_page(client: Client, body: bytes) -> str:
    """The page of a call with this body, whether or not the webhook would take it."""
    return see(client, page_url(receive.store("default", body, "")))


def test_every_model_is_there(staff: Client) -> None:
    """Every model has an admin of ours, a list and a page for each of its rows."""
    play(0, 1)
    for model in MODELS:
        assert isinstance(admin.site.get_model_admin(model), EvidenceAdmin)
        see(staff, list_url(model))
        row = model._default_manager.get(pk=shown(staff, model)[0])
        see(staff, page_url(row))
        see(staff, details_url(row))
    assert "Chakra" in see(staff, reverse("admin:index"))


def test_a_call_leads_on(staff: Client) -> None:
    """The page of a call leads to the message, the status, the conversation and the contact."""
    first = stored(text("wamid.1", text="good morning"))
    second = stored(status("wamid.1", "read"))
    process_all()
    message, tick = Message.objects.get(), DeliveryStatus.objects.get()
    conversation, contact = Conversation.objects.get(), Contact.objects.get()
    both = {page_url(message), page_url(conversation), page_url(contact)}

    assert both <= links(staff, first)
    assert "good morning" in see(staff, page_url(first))
    assert both | {page_url(tick)} <= links(staff, second)
    assert list_url(Message, f"?call={first.pk}") in links(staff, first)
    assert list_url(DeliveryStatus, f"?call={second.pk}") in links(staff, second)
    assert shown(staff, Message, f"?call={first.pk}") == [message.pk]
    assert shown(staff, DeliveryStatus, f"?call={second.pk}") == [tick.pk]


def test_the_other_format_leads_to_the_same_message(staff: Client) -> None:
    """A call that was not the first to bring a message leads to it all the same."""
    stored(text("wamid.1", format="meta"))
    later = stored(text("wamid.1", format="chakra"))
    process_all()
    assert page_url(Message.objects.get()) in links(staff, later)
    assert shown(staff, Message, f"?call={later.pk}") == []


def test_a_repeat_leads_to_the_first(staff: Client) -> None:
    """A call with the same bytes leads to the first one, and the first one to its repeats."""
    first, second = stored(text("wamid.1")), stored(text("wamid.1"))
    process_all()
    assert page_url(first) in links(staff, second)
    assert shown(staff, WebhookCall, f"?repeat_of={first.pk}") == [second.pk]


def test_a_message_leads_on(staff: Client) -> None:
    """The page of a message leads to its call, conversation, contact, statuses and quote."""
    first = stored(text("wamid.1"))
    stored(text("wamid.2", reply_to="wamid.1", at=1))
    stored(text("wamid.3", reply_to="wamid.gone", at=2))
    stored(status("wamid.1", "failed", error_code=131047, error_title="Too late"))
    process_all()
    message, reply, lost = Message.objects.order_by("sort_at")
    tick = DeliveryStatus.objects.get()
    ends = {page_url(Conversation.objects.get()), page_url(Contact.objects.get())}

    assert ends | {page_url(first), page_url(tick), page_url(tick.call)} <= links(staff, message)
    assert page_url(message) in links(staff, reply)
    assert "wamid.gone" in see(staff, page_url(lost))
    assert "131047 Too late" in see(staff, page_url(message))
    assert shown(staff, DeliveryStatus, f"?message={message.pk}") == [tick.pk]
    assert {page_url(message), page_url(tick.call)} <= links(staff, tick)


def test_a_conversation_leads_on(staff: Client) -> None:
    """The page of a conversation leads to both ends and to its messages."""
    play(0, 2)
    conversation = Conversation.objects.order_by("pk")[0]
    message = conversation.messages.get()
    number, contact = conversation.number, conversation.contact
    assert contact is not None
    found = links(staff, conversation)

    assert {page_url(number), page_url(contact), page_url(message)} <= found
    assert list_url(Message, f"?conversation={conversation.pk}") in found
    assert shown(staff, Message, f"?conversation={conversation.pk}") == [message.pk]
    assert shown(staff, Conversation, f"?number={number.pk}") == [conversation.pk]
    assert shown(staff, Conversation, f"?contact={contact.pk}") == [conversation.pk]
    assert list_url(Conversation, f"?number={number.pk}") in links(staff, number)
    assert list_url(Conversation, f"?contact={contact.pk}") in links(staff, contact)
    identity = contact.identities.get()
    assert page_url(identity) in links(staff, contact)
    assert page_url(contact) in links(staff, identity)


def test_a_failure_leads_to_its_subject(staff: Client) -> None:
    """The page of a failure leads to what the receiver was to hear, and shows the traceback."""
    play(0, 1)
    failure, message = ReceiverFailure.objects.get(), Message.objects.get()
    tick, call = DeliveryStatus.objects.get(), WebhookCall.objects.order_by("pk")[0]
    on_tick = ReceiverFailure.objects.create(account="default", key="1", delivery_status=tick)
    on_call = ReceiverFailure.objects.create(account="default", key="2", call=call)

    assert page_url(message) in links(staff, failure)
    assert page_url(tick) in links(staff, on_tick)
    assert page_url(call) in links(staff, on_call)
    assert "ValueError: the till is on fire" in see(staff, page_url(failure))
    assert "Traceback (most recent call last)" in see(staff, page_url(failure))
    assert "ValueError: the till is on fire" in see(staff, list_url(ReceiverFailure))
    assert shown(staff, ReceiverFailure, f"?message={message.pk}") == [failure.pk]


def test_an_error_is_shown_in_full(staff: Client) -> None:
    """A call's error is shown to its last line."""
    call = stored(text("wamid.1"))
    error = "\n".join(f"line {number}" for number in range(1000))
    WebhookCall.objects.filter(pk=call.pk).update(error=error)
    assert error in see(staff, page_url(call))


def test_a_body_is_indented(staff: Client) -> None:
    """A body of JSON is shown indented, with its text readable."""
    page = body_page(staff, '{"text":"olá","list":[1,2]}'.encode())
    assert "{\n  &quot;text&quot;: &quot;olá&quot;,\n  &quot;list&quot;: [\n    1,\n" in page


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (b'{"a": NaN}', "&quot;a&quot;: NaN"),
        (b'\xef\xbb\xbf{"a": 1}', "&quot;a&quot;: 1"),
        ('{"a": 1}'.encode("utf-16"), "&quot;a&quot;: 1"),
        (b'{"a": "\\ud800 \\u0000 \\u0085"}', r"\ud800 \u0000 \x85"),
        (b'{"a": "\xff\x00"}', r"&quot;\xff\x00&quot;"),
        (b"plain words", "plain words"),
        (b'{"a": ' + b"9" * 5000 + b"}", "9" * 5000),
        (b'{"a": ' + b"[" * 100_000, "[" * 1000),
        # Some Pythons parse so deep, and then it is shown level by level.
        (b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}", "["),
        (b"", "0 bytes"),
    ],
)
def test_a_body_of_any_bytes(staff: Client, body: bytes, seen: str) -> None:
    """Whatever the bytes are, they can be read on the page, and the page is there."""
    page = body_page(staff, body)
    assert seen in page


def test_a_long_body_is_cut(staff: Client) -> None:
    """Of a very long body the beginning is shown, and the page says so."""
    for body in (json.dumps({"a": ["x"] * 300_000}).encode(), b"\xff" * 1_000_000):
        page = body_page(staff, body)
        assert "Only the first 200,000 characters are shown." in page
        assert len(page) < 1_500_000


def test_a_call_of_many_facts(staff: Client) -> None:
    """Of a call with very many facts the first are shown, and the page says so."""
    call = stored(calls.batch_call(*(text(f"wamid.{index}") for index in range(60))))
    process_all()
    page = see(staff, page_url(call))
    assert "Only the first 50 of 60 facts are shown." in page
    assert len(re.findall(r"/message/\d+/change/", page)) == 50


def test_the_signature_is_shortened(staff: Client) -> None:
    """Of a signature only the beginning is shown, with the name of its header."""
    body = calls.body(text("wamid.1"))
    signature = sign(body, "test-secret")
    page = see(staff, page_url(stored(body)))
    assert f"X-Chakra-Signature-256: {signature[:12]}…" in page
    assert signature[:13] not in page


def test_nobody_changes_evidence(staff: Client) -> None:
    """Not even a superuser can add, change or delete a row, and no page offers it."""
    play(0, 1)
    for model in MODELS:
        name = f"admin:django_chakra_{model._meta.model_name}"
        row = model._default_manager.all()[0]
        assert staff.get(reverse(f"{name}_add")).status_code == 403
        assert staff.post(page_url(row), {"account": "other"}).status_code == 403
        assert staff.post(reverse(f"{name}_delete", args=[row.pk])).status_code == 403
        page = see(staff, page_url(row))
        assert 'name="_save"' not in page
        assert "deletelink" not in page
        assert "delete_selected" not in see(staff, list_url(model))
        assert model._default_manager.filter(pk=row.pk, account="default").exists()


def test_strangers_are_sent_to_the_login() -> None:
    """Who is not logged in comes to the login page, also with the login-required middleware."""
    post(text("wamid.1"))
    for model in MODELS:
        response = Client().get(list_url(model))
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("admin:login"))


def test_staff_without_permission_see_nothing() -> None:
    """Who may not view a model gets none of its pages."""
    call = stored(text("wamid.1"))
    client = Client()
    client.force_login(User.objects.create_user("new", is_staff=True))
    assert client.get(list_url(WebhookCall)).status_code == 403
    assert client.get(page_url(call)).status_code == 403


def test_a_host_can_put_its_own_in_place(staff: Client) -> None:
    """An admin can be unregistered and subclassed, and pages live with one that is gone."""

    class OurContactAdmin(ContactAdmin):
        list_display = [*ContactAdmin.list_display, "username"]

    call = stored(text("wamid.1"))
    process_all()
    contact = Contact.objects.get()
    original: Any = type(admin.site.get_model_admin(Contact))
    admin.site.unregister(Contact)
    try:
        reload_urls()
        assert "Ana" in see(staff, page_url(call))
        assert f"/contact/{contact.pk}/" not in see(staff, page_url(call))
        admin.site.register(Contact, OurContactAdmin)
        reload_urls()
        assert "username" in see(staff, list_url(Contact)).lower()
        assert shown(staff, Contact) == [contact.pk]
    finally:
        if admin.site.is_registered(Contact):
            admin.site.unregister(Contact)
        admin.site.register(Contact, original)
        reload_urls()
    assert ContactIdentity.objects.count() == BusinessNumber.objects.count() == 1


def reload_urls() -> None:
    """Let the site's URLs be those of what is registered now."""
    import importlib

    import tests.urls

    clear_url_caches()
    importlib.reload(tests.urls)
    clear_url_caches()
