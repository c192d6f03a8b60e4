"""Each kind of message becomes exactly the body that the platform documents."""

from decimal import Decimal
from typing import Any

import pytest

from django_chakra.client import payloads

TO = "919900000000"
LINK = "https://example.com/a.pdf"
CARD = {"name": {"formatted_name": "Ana Lima", "first_name": "Ana"}, "birthday": "1999-01-23"}
FILE = {"link": LINK}
ID = {"id": "300000000000009"}


def body(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": TO, "type": kind, kind: content, **more}


def interactive(kind: str, action: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return body("interactive", {"type": kind, "body": {"text": "B"}, "action": action, **parts})


def flow(**parameters: Any) -> dict[str, Any]:
    fixed = {"flow_message_version": "3", "flow_cta": "Go"}
    return interactive("flow", {"name": "flow", "parameters": fixed | parameters})


def template(*components: Any) -> dict[str, Any]:
    content: dict[str, Any] = {
        "name": "hi_1",
        "language": {"policy": "deterministic", "code": "en"},
    }
    return body("template", content | ({"components": list(components)} if components else {}))


def tap(sub_type: str, index: str, **parameter: str) -> dict[str, Any]:
    return {"type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter]}


p = payloads
SIMPLE = [
    (p.text(TO, "hi"), body("text", {"body": "hi", "preview_url": False})),
    (p.text(TO, "hi", preview_url=True), body("text", {"body": "hi", "preview_url": True})),
    (p.image(TO, link=LINK), body("image", FILE)),
    (p.image(TO, **ID, caption="C"), body("image", {**ID, "caption": "C"})),
    (p.video(TO, link=LINK, caption="C"), body("video", {**FILE, "caption": "C"})),
    (p.audio(TO, link=LINK), body("audio", FILE)),
    (p.audio(TO, link=LINK, voice=True), body("audio", {**FILE, "voice": True})),
    (p.document(TO, **ID, filename="a.pdf"), body("document", {**ID, "filename": "a.pdf"})),
    (p.sticker(TO, link=LINK), body("sticker", FILE)),
    (
        p.location(TO, Decimal("12.5"), -77, name="N", address="A"),  # type: ignore[arg-type]
        body("location", {"latitude": 12.5, "longitude": -77.0, "name": "N", "address": "A"}),
    ),
    (p.location(TO, 0, 0), body("location", {"latitude": 0.0, "longitude": 0.0})),
    (p.contacts(TO, [CARD]), body("contacts", [CARD])),
    (p.reaction(TO, "wamid.X", "👍"), body("reaction", {"message_id": "wamid.X", "emoji": "👍"})),
    (p.reaction(TO, "wamid.X", ""), body("reaction", {"message_id": "wamid.X", "emoji": ""})),
    (p.message("pin", {"type": "pin"}, to=TO), body("pin", {"type": "pin"})),
]

ROW = {"id": "r", "title": "R"}
INTERACTIVE = [
    (
        p.buttons(TO, "B", [{"id": "y", "title": "Yes"}], header_text="H", footer="F"),
        interactive(
            "button",
            {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]},
            header={"type": "text", "text": "H"},
            footer={"text": "F"},
        ),
    ),
    (
        p.buttons(TO, "B", [{"id": "y", "title": "Yes"}], header_image=LINK),
        interactive(
            "button",
            {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]},
            header={"type": "image", "image": FILE},
        ),
    ),
    (
        p.list_message(TO, "B", "Open", [{"rows": [ROW]}], header_text="H"),
        interactive(
            "list",
            {"button": "Open", "sections": [{"rows": [ROW]}]},
            header={"type": "text", "text": "H"},
        ),
    ),
    (
        p.cta_url(TO, "B", "See", "http://example.com/?a=1", header_video=ID),
        interactive(
            "cta_url",
            {
                "name": "cta_url",
                "parameters": {"display_text": "See", "url": "http://example.com/?a=1"},
            },
            header={"type": "video", "video": ID},
        ),
    ),
    (
        p.location_request(TO, "B"),
        interactive("location_request_message", {"name": "send_location"}),
    ),
    (p.flow(TO, "B", "Go", flow_id="7"), flow(flow_id="7")),
    (
        p.flow(TO, "B", "Go", flow_name="n", token="t", action="navigate", screen="S", draft=True),
        flow(
            flow_name="n",
            flow_token="t",
            mode="draft",
            flow_action="navigate",
            flow_action_payload={"screen": "S"},
        ),
    ),
    (
        p.flow(TO, "B", "Go", flow_id="7", data={"n": 1}),
        flow(flow_id="7", flow_action_payload={"data": {"n": 1}}),
    ),
    (
        p.product(TO, "9", "sku"),
        body(
            "interactive",
            {"type": "product", "action": {"catalog_id": "9", "product_retailer_id": "sku"}},
        ),
    ),
    (
        p.product_list(TO, "9", "H", "B", [{"title": "S", "product_items": ["sku"]}]),
        interactive(
            "product_list",
            {
                "catalog_id": "9",
                "sections": [{"title": "S", "product_items": [{"product_retailer_id": "sku"}]}],
            },
            header={"type": "text", "text": "H"},
        ),
    ),
    (p.catalog_message(TO, "B"), interactive("catalog_message", {"name": "catalog_message"})),
    (
        p.catalog_message(TO, "B", thumbnail_product_retailer_id="sku"),
        interactive(
            "catalog_message",
            {
                "name": "catalog_message",
                "parameters": {"thumbnail_product_retailer_id": "sku"},
            },
        ),
    ),
]

ANA = {"type": "text", "text": "Ana"}
EUROS = {"type": "currency", "currency": {"fallback_value": "1 €", "code": "EUR"}}
TEMPLATES = [
    (p.template(TO, "hi_1", "en"), template()),
    (p.template(TO, "hi_1", "en", body=[], buttons=[], components=[]), template()),
    (
        p.template(TO, "hi_1", "en", body=["Ana", 3, EUROS]),
        template({"type": "body", "parameters": [ANA, {"type": "text", "text": "3"}, EUROS]}),
    ),
    (
        p.template(TO, "hi_1", "en", body={"who": "Ana"}, header_text={"what": "T"}),
        template(
            {
                "type": "header",
                "parameters": [{"type": "text", "parameter_name": "what", "text": "T"}],
            },
            {"type": "body", "parameters": [{**ANA, "parameter_name": "who"}]},
        ),
    ),
    (
        p.template(TO, "hi_1", "en", header_document={**FILE, "filename": "a.pdf"}),
        template(
            {
                "type": "header",
                "parameters": [{"type": "document", "document": {**FILE, "filename": "a.pdf"}}],
            }
        ),
    ),
    (
        p.template(TO, "hi_1", "en", header_location={"latitude": 1, "longitude": 2, "name": "N"}),
        template(
            {
                "type": "header",
                "parameters": [
                    {
                        "type": "location",
                        "location": {"latitude": 1.0, "longitude": 2.0, "name": "N"},
                    }
                ],
            }
        ),
    ),
    (
        p.template(
            TO,
            "hi_1",
            "en",
            buttons=[{"url": "a/1"}, None, {"quick_reply": "x"}, {"copy_code": "SAVE"}],
        ),
        template(
            tap("url", "0", type="text", text="a/1"),
            tap("quick_reply", "2", type="payload", payload="x"),
            tap("copy_code", "3", type="coupon_code", coupon_code="SAVE"),
        ),
    ),
    (
        p.template(TO, "hi_1", "en", body=["123456"], buttons=[{"otp": "123456"}]),
        template(
            {"type": "body", "parameters": [{"type": "text", "text": "123456"}]},
            tap("url", "0", type="text", text="123456"),
        ),
    ),
    (
        p.template(TO, "hi_1", "en", components=[{"type": "carousel", "cards": []}]),
        template({"type": "carousel", "cards": []}),
    ),
]


@pytest.mark.parametrize(("built", "expected"), SIMPLE + INTERACTIVE + TEMPLATES)
def test_body(built: dict[str, Any], expected: dict[str, Any]) -> None:
    """A call gives this body and nothing else."""
    assert built == expected


def test_every_kind_has_a_row() -> None:
    """No public function is without a row above or a test of its own."""
    kinds = {
        row[1]["interactive"]["type"] if row[1]["type"] == "interactive" else row[1]["type"]
        for row in SIMPLE + INTERACTIVE + TEMPLATES
    }
    names = {"button": "buttons", "list": "list_message"}
    names["location_request_message"] = "location_request"
    named = {names.get(kind, kind) for kind in kinds}
    assert named - {"pin"} | {"message", "phone", "mark_read"} == set(payloads.__all__)


def test_what_all_kinds_share() -> None:
    """Any kind takes a reply, callback data and keys that the platform adds later."""
    built = p.image(TO, link=LINK, reply_to="wamid.X", callback_data="row:7", future={"a": [1]})
    more = {"context": {"message_id": "wamid.X"}, "biz_opaque_callback_data": "row:7"}
    assert built == body("image", FILE, **more, future={"a": [1]})


def test_mark_read() -> None:
    """Marking as read names the message, and shows that somebody writes only if asked to."""
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.X"}
    assert p.mark_read("wamid.X") == read
    assert p.mark_read("wamid.X", typing=True) == {**read, "typing_indicator": {"type": "text"}}


def test_the_callers_own_values_stay() -> None:
    """Changing the body afterwards changes nothing that the caller passed in."""
    sections = [{"rows": [dict(ROW)]}]
    built = p.list_message(TO, "B", "Open", sections)
    built["interactive"]["action"]["sections"][0]["rows"][0]["title"] = "changed"
    assert sections == [{"rows": [ROW]}]
