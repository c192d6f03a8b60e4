"""Every kind of message: who it goes to, what leaves, and what is refused before it is written."""

import json
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from django_chakra import send
from django_chakra.client import payloads
from django_chakra.exceptions import (
    ConfigurationError,
    NumberNeeded,
    SendRefused,
    UnknownAccount,
    ValidationFailed,
)
from django_chakra.models import BusinessNumber, Contact, Conversation, Message
from django_chakra.models.callback_data import callback_data
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra
from tests.posting import ANA

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

LINK = "https://example.com/file"
OTHER = "919900000000"
BSUID = "BR.1234567890"
BUTTONS = [{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}]
CARD = {"name": {"formatted_name": "Bruno", "first_name": "Bruno"}, "phones": [{"phone": "+55"}]}
READY: dict[str, Any] = {"name": "order_ready", "language": "pt_BR", "category": "utility"}
READ = "order_ready\nAna"
LANGUAGE = {"policy": "deterministic", "code": "pt_BR"}


class Kind(NamedTuple):
    """One way to send: the function, its arguments, and what leaves beside the recipient."""

    function: Callable[..., Message]
    arguments: dict[str, Any]
    leaves: dict[str, Any]
    #: What a person reads of it.
    text: str = ""


def interactive(kind: str, action: dict[str, Any], **more: Any) -> dict[str, Any]:
    content = {"type": kind, "body": {"text": "Well?"}, "action": action, **more}
    return {"type": "interactive", "interactive": content}


def ready(*components: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"name": "order_ready", "language": LANGUAGE}
    if components:
        content["components"] = list(components)
    return {"type": "template", "template": content}


def words(*texts: str, **named: str) -> dict[str, Any]:
    given = [{"type": "text", "text": text} for text in texts]
    given += [
        {"type": "text", "parameter_name": name, "text": text} for name, text in named.items()
    ]
    return {"type": "body", "parameters": given}


KINDS = {
    "text": Kind(
        send.text,
        {"body": "Hi", "preview_url": True},
        {"type": "text", "text": {"body": "Hi", "preview_url": True}},
        "Hi",
    ),
    "image": Kind(
        send.image,
        {"link": LINK, "caption": "Look"},
        {"type": "image", "image": {"link": LINK, "caption": "Look"}},
        "Look",
    ),
    "image by id": Kind(
        send.image, {"id": "77"}, {"type": "image", "image": {"id": "77"}}
    ),
    "video": Kind(
        send.video,
        {"link": LINK, "caption": "Look"},
        {"type": "video", "video": {"link": LINK, "caption": "Look"}},
        "Look",
    ),
    "audio": Kind(
        send.audio,
        {"link": LINK, "voice": True},
        {"type": "audio", "audio": {"link": LINK, "voice": True}},
    ),
    "document": Kind(
        send.document,
        {"link": LINK, "caption": "Yours", "filename": "bill.pdf"},
        {
            "type": "document",
            "document": {"link": LINK, "caption": "Yours", "filename": "bill.pdf"},
        },
        "Yours",
    ),
    "sticker": Kind(send.sticker, {"id": "77"}, {"type": "sticker", "sticker": {"id": "77"}}),
    "location": Kind(
        send.location,
        {"latitude": -23.5, "longitude": -46.6, "name": "Shop", "address": "Rua A"},
        {
            "type": "location",
            "location": {
                "latitude": -23.5, "longitude": -46.6, "name": "Shop", "address": "Rua A",
            },
        },
        "Shop\nRua A",
    ),
    "location_request": Kind(
        send.location_request,
        {"body": "Well?"},
        interactive("location_request_message", {"name": "send_location"}),
        "Well?",
    ),
    "contacts": Kind(
        send.contacts, {"contacts": [CARD]}, {"type": "contacts", "contacts": [CARD]}, "Bruno · +55"
    ),
    "buttons": Kind(
        send.buttons,
        {"body": "Well?", "buttons": BUTTONS, "header_image": LINK, "footer": "Us"},
        interactive(
            "button",
            {"buttons": [{"type": "reply", "reply": button} for button in BUTTONS]},
            header={"type": "image", "image": {"link": LINK}},
            footer={"text": "Us"},
        ),
        "Well?",
    ),
    "list_message": Kind(
        send.list_message,
        {"body": "Well?", "button": "Choose", "sections": [{"rows": BUTTONS}],
         "header_text": "A"},
        interactive(
            "list",
            {"button": "Choose", "sections": [{"rows": BUTTONS}]},
            header={"type": "text", "text": "A"},
        ),
        "Well?",
    ),
    "cta_url": Kind(
        send.cta_url,
        {"body": "Well?", "display_text": "Open", "url": LINK, "header_document": {"id": "7"}},
        interactive(
            "cta_url",
            {"name": "cta_url", "parameters": {"display_text": "Open", "url": LINK}},
            header={"type": "document", "document": {"id": "7"}},
        ),
        "Well?",
    ),
    "flow": Kind(
        send.flow,
        {"body": "Well?", "cta": "Begin", "flow_id": "9", "token": "t", "screen": "ONE",
         "data": {"a": 1}, "action": "navigate", "draft": True},
        interactive(
            "flow",
            {
                "name": "flow",
                "parameters": {
                    "flow_message_version": "3", "flow_id": "9", "flow_cta": "Begin",
                    "flow_token": "t", "mode": "draft", "flow_action": "navigate",
                    "flow_action_payload": {"screen": "ONE", "data": {"a": 1}},
                },
            },
        ),
        "Well?",
    ),
    "product": Kind(
        send.product,
        {"catalog_id": "1", "product_retailer_id": "sku"},
        {
            "type": "interactive",
            "interactive": {
                "type": "product",
                "action": {"catalog_id": "1", "product_retailer_id": "sku"},
            },
        },
    ),
    "product_list": Kind(
        send.product_list,
        {"catalog_id": "1", "header_text": "All", "body": "Well?",
         "sections": [{"product_items": ["sku"]}]},
        interactive(
            "product_list",
            {"catalog_id": "1", "sections": [{"product_items": [{"product_retailer_id": "sku"}]}]},
            header={"type": "text", "text": "All"},
        ),
        "Well?",
    ),
    "catalog_message": Kind(
        send.catalog_message,
        {"body": "Well?", "thumbnail_product_retailer_id": "sku"},
        interactive(
            "catalog_message",
            {
                "name": "catalog_message",
                "parameters": {"thumbnail_product_retailer_id": "sku"},
            },
        ),
        "Well?",
    ),
    "reaction": Kind(
        send.reaction,
        {"emoji": "👍", "message_id": "wamid.theirs"},
        {"type": "reaction", "reaction": {"message_id": "wamid.theirs", "emoji": "👍"}},
        "👍",
    ),
    "template": Kind(send.template, {**READY, "body": ["Ana"]}, ready(words("Ana")), READ),
    "template with names": Kind(
        send.template, {**READY, "body": {"who": "Ana"}}, ready(words(who="Ana")), READ
    ),
    "template with a picture": Kind(
        send.template,
        {**READY, "body": ["Ana"], "header_image": LINK, "buttons": [{"url": "42"}]},
        ready(
            {"type": "header", "parameters": [{"type": "image", "image": {"link": LINK}}]},
            words("Ana"),
            {
                "type": "button", "sub_type": "url", "index": "0",
                "parameters": [{"type": "text", "text": "42"}],
            },
        ),
        "order_ready\nAna\n42",
    ),
    "further keys": Kind(
        send.text,
        {"body": "Hi", "extra": {"new_key": {"a": [1, None]}}},
        {"type": "text", "text": {"body": "Hi", "preview_url": False}, "new_key": {"a": [1, None]}},
        "Hi",
    ),
}  # fmt: skip


@pytest.fixture
def bodies(chakra_fake: FakeChakra) -> list[dict[str, Any]]:
    """What reaches the platform, whether it takes it or not."""
    found: list[dict[str, Any]] = []

    def keep(request: Any) -> None:
        found.append({"path": request.path, **json.loads(request.body)})

    chakra_fake.before.append(keep)
    return found


def message_path(fake: FakeChakra, number: str = calls.PHONE_NUMBER_ID) -> str:
    return f"/v1/ext/plugin/whatsapp/{fake.plugin_id}/api/v24.0/{number}/messages"


def common(fake: FakeChakra, message: Message) -> dict[str, Any]:
    """What every body has."""
    return {
        "path": message_path(fake),
        "messaging_product": "whatsapp",
        "to": ANA,
        "biz_opaque_callback_data": callback_data("default", message.pk),
    }


@pytest.mark.parametrize("name", KINDS)
def test_what_leaves(
    fake: FakeChakra, ana: Conversation, bodies: list[dict[str, Any]], name: str
) -> None:
    """One request with this body; the row has the body, the platform's word, and what is read."""
    kind = KINDS[name]
    message = kind.function(to=ana, **kind.arguments)
    assert bodies == [{**common(fake, message), **kind.leaves}]
    message = Message.objects.get(pk=message.pk)
    left = {k: v for k, v in bodies[0].items() if k not in ("path", "biz_opaque_callback_data")}
    assert message.payload == left
    assert (message.kind, message.text) == (kind.leaves["type"], kind.text)
    assert (message.direction, message.source, message.conversation) == ("out", "send", ana)


def test_every_body_can_be_sent() -> None:
    """Each kind of body that the client can build has a function here, and a row above."""
    plumbing = {"message", "phone"}
    made = {name for name in payloads.__all__ if name not in plumbing}
    assert {name for name in made if not callable(getattr(send, name, None))} == set()
    assert made - KINDS.keys() == {"mark_read"}


@pytest.mark.parametrize("typing", [False, True])
def test_blue_ticks(
    fake: FakeChakra, ana: Conversation, bodies: list[dict[str, Any]], typing: bool
) -> None:
    """A receipt names the message alone, and is no bubble of the conversation."""
    question = Message.objects.get()
    receipt = send.mark_read(question, typing=typing)
    receipt.refresh_from_db()
    more = {"typing_indicator": {"type": "text"}} if typing else {}
    assert bodies == [
        {
            "path": message_path(fake), "messaging_product": "whatsapp", "status": "read",
            "message_id": question.external_id, **more,
        }
    ]  # fmt: skip
    assert (receipt.role, receipt.status, receipt.target) == ("receipt", "accepted", question)
    ana.refresh_from_db()
    assert ana.last_message == question


def test_chakras_own_endpoint(
    fake: FakeChakra, ana: Conversation, bodies: list[dict[str, Any]]
) -> None:
    """It fills the template from its mapping, by number; the row has the ids of both."""
    message = send.mapped_template(
        to=ana, **READY, body=["Ana"], extra={"imageUrl": LINK, "to": OTHER}
    )
    message.refresh_from_db()
    [body] = bodies
    assert ANA in body.pop("path")
    assert body == {
        "whatsappPhoneNumberId": calls.PHONE_NUMBER_ID,
        "templateName": "order_ready",
        "language": "pt_BR",
        "mapping": [{"schemaPropertyName": "1", "schemaPropertyValue": "Ana"}],
        "imageUrl": LINK,
    }
    [taken] = fake.sent
    assert (message.status, message.external_id) == ("accepted", taken.wamid)
    assert (message.chakra_id, message.kind) == (taken.chakra_id, "template")


@pytest.mark.parametrize("to", ["message", "wamid"])
def test_a_reply_quotes(
    fake: FakeChakra, ana: Conversation, bodies: list[dict[str, Any]], to: str
) -> None:
    """By row or by wamid; by row it is linked at once."""
    question = Message.objects.get()
    quoted = question if to == "message" else question.external_id
    message = send.text(to=ana, body="Yes", reply_to=quoted)
    assert bodies[0]["context"] == {"message_id": question.external_id}
    message.refresh_from_db()
    assert message.reply_to_external_id == question.external_id
    assert message.reply_to == question


def test_a_reaction_is_about_its_message(fake: FakeChakra, ana: Conversation) -> None:
    """Given the message, it needs neither recipient nor wamid."""
    question = Message.objects.get()
    message = send.reaction(to=question, emoji="👍")
    message.refresh_from_db()
    assert (message.role, message.target_external_id) == ("reaction", question.external_id)
    assert (message.status, message.conversation) == ("accepted", ana)


TO: dict[str, Callable[[Conversation], Any]] = {
    "digits": lambda ana: ANA,
    "as people write it": lambda ana: "+55 (11) 98888-7777",
    "without the ninth digit": lambda ana: "+55 11 8888-7777",
    "contact": lambda ana: ana.contact,
    "conversation": lambda ana: ana,
    "message": lambda ana: ana.messages.get(),
}


@pytest.mark.parametrize("to", TO)
def test_recipients(fake: FakeChakra, ana: Conversation, to: str) -> None:
    """Whoever they are given by, it is one conversation and the number that wrote."""
    message = send.text(to=TO[to](ana), body="Hi")
    message.refresh_from_db()
    assert (message.conversation, message.status) == (ana, "accepted")
    assert [one.to for one in fake.sent] == [ANA]
    assert Conversation.objects.count() == Contact.objects.count() == 1


def test_somebody_without_a_number(
    fake: FakeChakra,
    chakra_contact: Any,
    chakra_conversation: Any,
    chakra_message: Any,
    bodies: list[dict[str, Any]],
) -> None:
    """A BSUID goes under its own key; Chakra's endpoint for numbers is refused before."""
    contact: Contact = chakra_contact(phone="", user_id=BSUID)
    conversation = chakra_conversation(contact=contact)
    chakra_message("Hello", conversation=conversation)
    for to in contact, BSUID:
        message = send.text(to=to, body="Hi")
        assert message.conversation == conversation
    assert [(body["recipient"], body.get("to")) for body in bodies] == [(BSUID, None)] * 2
    with pytest.raises(NumberNeeded):
        send.mapped_template(to=contact, **READY)
    assert Message.objects.filter(direction="out").count() == 2


def test_who_became_another_contact(
    fake: FakeChakra, ana: Conversation, chakra_contact: Any
) -> None:
    """A row that was joined with another one stands for it."""
    gone = chakra_contact(phone="", user_id="BR.OldExample", merged_into=ana.contact)
    gone.identities.all().delete()
    message = send.text(to=gone, body="Hi")
    assert message.conversation == ana
    assert [one.to for one in fake.sent] == [ANA]


def test_another_number_of_ours(
    fake: FakeChakra, ana: Conversation, bodies: list[dict[str, Any]]
) -> None:
    """What is named is sent from; that number has a conversation, and a window, of its own."""
    second = "300000000000009"
    template = {**READY, "body": ["Ana"]}
    message = send.template(to=TO["contact"](ana), phone_number_id=second, **template)
    assert message.conversation != ana
    assert message.conversation.contact == ana.contact
    assert message.conversation.number.key == second
    assert bodies[0]["path"] == message_path(fake, second)
    with pytest.raises(SendRefused, match="another number"):
        send.text(to=ana, body="Hi", phone_number_id=second)


def test_the_author_is_kept(fake: FakeChakra, ana: Conversation) -> None:
    """What a person of ours wrote is a human's reply; what code wrote is not."""
    send.text(to=ana, body="from code")
    ana.refresh_from_db()
    assert ana.last_human_reply_at is None
    user = User.objects.create_user("bea")
    message = send.text(to=ana, body="Hi", author=user)
    ana.refresh_from_db()
    assert Message.objects.get(pk=message.pk).author == user
    assert ana.last_human_reply_at == message.sort_at


WRONG: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    "no number": (ValidationFailed, "to", lambda: send.text(to="Ana", body="Hi")),
    "a national number": (ValidationFailed, "begins with 0", lambda: template(to="09900000000")),
    "an empty text": (ValidationFailed, "text.body", lambda: send.text(to=ANA, body=" ")),
    "link and id": (ValidationFailed, "either", lambda: send.image(to=ANA, link=LINK, id="7")),
    "http": (ValidationFailed, "image.link", lambda: send.image(to=ANA, link="http://a.example")),
    "two headers": (
        ValidationFailed,
        "at most one",
        lambda: send.buttons(
            to=ANA, body="?", buttons=BUTTONS, header_text="A", header_image=LINK
        ),
    ),
    "an unknown argument": (
        TypeError, "captoin", lambda: send.image(to=ANA, link=LINK, captoin="Look"),  # type: ignore[call-arg]
    ),
    "a misplaced argument": (
        TypeError,
        "header_image",
        lambda: send.list_message(  # type: ignore[call-arg]
            to=ANA, body="?", button="?", sections=[{"rows": BUTTONS}], header_image=LINK
        ),
    ),
    "a template's unknown argument": (TypeError, "bdy", lambda: template(to=OTHER, bdy=["Ana"])),
    "a mapped template's": (
        TypeError, "footer", lambda: send.mapped_template(to=OTHER, **READY, footer="Us"),  # type: ignore[call-arg]
    ),
    "an unknown account": (UnknownAccount, "'sales'", lambda: template(to=OTHER, account="sales")),
    "no user": (ValueError, "author", lambda: template(to=OTHER, author=AnonymousUser())),
    "a key that is too long": (SendRefused, "255", lambda: keyed("k" * 256)),
    "an empty key": (SendRefused, "255", lambda: keyed("")),
    "a key that is no text": (SendRefused, "255", lambda: keyed(7)),
    "a body that is no JSON": (
        ValidationFailed, "JSON", lambda: send.text(to=ANA, body="Hi", extra={"a": object()}),
    ),
    "a mapping that is no JSON": (
        ValidationFailed,
        "JSON",
        lambda: send.mapped_template(to=OTHER, **READY, body={"1": object()}),
    ),
    "a reaction to nothing": (
        SendRefused, "not named", lambda: send.reaction(to=ANA, emoji="👍"),
    ),
}  # fmt: skip


def template(**arguments: Any) -> Message:
    return send.template(**READY, **arguments)


def keyed(key: Any) -> Message:
    return send.text(to=ANA, body="Hi", idempotency_key=key)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_before(fake: FakeChakra, ana: Conversation, name: str) -> None:
    """By an exception that names it; no row is made, of whatever table, and nothing is sent."""
    error, words, act = WRONG[name]
    with pytest.raises(error, match=words):
        act()
    assert Message.objects.get().direction == "in"
    assert Contact.objects.count() == Conversation.objects.count() == 1
    assert fake.ledger.entries("request") == []


def test_rows_of_ours_that_are_named_wrongly(
    fake: FakeChakra, ana: Conversation, chakra_post_event: Any
) -> None:
    """Another account's rows, and what the platform has not named yet, are refused."""
    chakra_post_event("meta/messages__text", account="other")
    theirs = Message.objects.get(account="other")
    with pytest.raises(SendRefused, match="'other'"):
        send.text(to=theirs, body="Hi", account="default")
    with pytest.raises(SendRefused, match="'other'"):
        send.text(to=ana, body="Hi", reply_to=theirs)
    unnamed = Message(conversation=ana, account="default", direction="in")
    acts: list[Callable[[], Message]] = [
        lambda: send.text(to=ana, body="Hi", reply_to=unnamed),
        lambda: send.reaction(to=unnamed, emoji="👍"),
        lambda: send.mark_read(unnamed),
    ]
    for act in acts:
        with pytest.raises(SendRefused, match="not named"):
            act()
    ours = send.text(to=ana, body="Hi")
    ours.refresh_from_db()
    with pytest.raises(SendRefused, match="customer"):
        send.mark_read(ours)


def test_no_number_to_send_from(fake: FakeChakra, settings: Any) -> None:
    """Without PHONE_NUMBER_ID somebody new can't be written to; the exception names the key."""
    settings.CHAKRA = {**settings.CHAKRA, "ACCOUNTS": {"default": {"WEBHOOK_SECRETS": ["s"]}}}
    with pytest.raises(ConfigurationError, match="PHONE_NUMBER_ID"):
        template(to=OTHER)
    assert not BusinessNumber.objects.exists()


def test_a_key_is_sent_once(fake: FakeChakra, ana: Conversation) -> None:
    """The same message comes back, also later, with other words, and outside the window."""
    first = send.text(to=ana, body="Hi", idempotency_key="order-7")
    again = send.text(to=ana, body="Hi again", idempotency_key="order-7")
    assert (again.pk, again.text, again.status) == (first.pk, "Hi", "accepted")
    Conversation.objects.update(last_inbound_at=None)
    Contact.objects.update(marketing_stopped_at="2024-01-01T00:00Z")
    assert send.text(to=ana, body="Hi", idempotency_key="order-7").pk == first.pk
    marketing = {**READY, "category": "marketing"}
    assert send.template(to=ana, **marketing, idempotency_key="order-7").pk == first.pk
    assert [one.text for one in fake.sent] == ["Hi"]


def test_a_key_does_not_hurt_the_callers_transaction(fake: FakeChakra, ana: Conversation) -> None:
    """A key that is taken is no error of the database: what else the caller writes stays."""
    with transaction.atomic():
        first = send.text(to=ana, body="Hi", idempotency_key="order-7")
        again = send.text(to=ana, body="Hi", idempotency_key="order-7")
        User.objects.create_user("bea")
    assert first.pk == again.pk
    assert User.objects.count() == len(fake.sent) == 1


def test_two_at_once_with_one_key(fake: FakeChakra, ana: Conversation) -> None:
    """One row, one request, and both callers have it."""
    ready, found = threading.Barrier(2, timeout=20), []

    def act() -> None:
        try:
            ready.wait()
            found.append(send.text(to=ana, body="Hi", idempotency_key="order-7").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Message.objects.get(direction="out").pk] * 2
    assert len(fake.sent) == 1


def order(request: HttpRequest, fate: str) -> HttpResponse:
    """A view of the host's, in a transaction by ATOMIC_REQUESTS."""
    message = send.text(to=ANA, body="Your order is confirmed")
    if fate == "raise":
        raise RuntimeError
    assert message.status == "queued"
    return HttpResponse("ok")


class Orders:
    """The host's URLconf."""

    urlpatterns = [path("orders/<fate>/", order)]


@override_settings(ROOT_URLCONF=Orders, MIDDLEWARE=[])
def test_a_view_sends_with_its_transaction(fake: FakeChakra, ana: Conversation) -> None:
    """A view that raises has sent nothing; one that answers has."""
    assert Client(raise_request_exception=False).get("/orders/raise/").status_code == 500
    assert fake.sent == []
    assert Client().get("/orders/answer/").status_code == 200
    assert [one.text for one in fake.sent] == ["Your order is confirmed"]
    assert Message.objects.get(direction="out").status == "accepted"
