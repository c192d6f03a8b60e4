"""Every kind of message: who it goes to, what leaves, and what is refused before it is written."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from django_chakra import send
from django_chakra.client import payloads
from django_chakra.models import Conversation, Message
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


def message_path(fake: FakeChakra) -> str:
    return f"/v1/ext/plugin/whatsapp/{fake.plugin_id}/api/v24.0/{calls.PHONE_NUMBER_ID}/messages"


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
