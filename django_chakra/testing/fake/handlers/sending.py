"""Messages in Meta's format: each kind, read marks, and the 24-hour window."""

from __future__ import annotations

import re
from typing import Any

from ....client.payloads import limits
from ..handling import Call, handles
from ..replies import data, refuse_as_meta, sample
from ..state import Message
from ..taking import keep
from ..wire import Reply
from .variables import check_components, filled, find

DIGITS = re.compile(r"[0-9]{7,15}", re.ASCII)
MEDIA = frozenset({"image", "video", "document", "audio", "sticker"})


@handles("session_messages.send")
def send(call: Call) -> Reply:
    """Take a message, or a read mark."""
    if call.body.get("status") == "read":
        return mark_read(call)
    kind = call.body["type"]
    template = _template(call) if kind == "template" else None
    to = _recipient(call)
    if template is None:
        _check_window(call, to)
    _check_content(call, kind)
    template_id, text = template or ("", None)
    more: dict[str, Any] = {} if template is None else {"text": text}
    message = keep(
        call.fake,
        customer=to,
        kind=kind,
        body=call.body[kind],
        at=call.now,
        phone_number_id=call.places["phone_number_id"],
        callback_data=call.body.get("biz_opaque_callback_data", ""),
        reply_to=call.body.get("context", {}).get("message_id", ""),
        template_id=template_id,
        **more,
    )
    call.taken = message
    answer: dict[str, Any] = sample("session_messages.send")["_data"]
    return data({**answer, "whatsappMessageId": message.wamid})


def mark_read(call: Call) -> Reply:
    """Mark a message read; one that the fake does not know is taken too. Its answer is a guess."""
    message = call.state.messages.get(call.body["message_id"])
    if isinstance(message, Message):
        message.is_read = True
    return Reply.of(sample("plugin_config.update"))


def _recipient(call: Call) -> str:
    body = call.body
    if body.get("recipient_type", "individual") == "group":
        if body.get("to") not in call.state.groups:
            refuse_as_meta(100, "Invalid parameter", "to is no group of this number")
        return str(body["to"])
    if "recipient" in body:
        if not limits.BSUID_PATTERN.fullmatch(body["recipient"]):
            refuse_as_meta(100, "Invalid parameter", "recipient is no user id")
        return str(body["recipient"])
    if not DIGITS.fullmatch(body["to"]):
        refuse_as_meta(100, "Invalid parameter", "to is digits, with the country code")
    return str(body["to"])


def _check_window(call: Call, to: str) -> None:
    if call.body.get("recipient_type") == "group":
        return
    number = call.places["phone_number_id"]
    if not call.state.is_open(to, phone_number_id=number, at=call.now):
        refuse_as_meta(
            131047,
            "Re-engagement message",
            "More than 24 hours have passed since the customer last wrote: send a template",
        )


def _check_content(call: Call, kind: str) -> None:
    content = call.body[kind]
    if kind == "text" and not 0 < len(content["body"]) <= limits.TEXT:
        refuse_as_meta(100, "Invalid parameter", f"text.body has 1 to {limits.TEXT} characters")
    if kind in MEDIA:
        if ("link" in content) == ("id" in content):
            refuse_as_meta(100, "Invalid parameter", f"{kind} has either a link or an id")
        if "id" in content and content["id"] not in call.state.media:
            refuse_as_meta(100, "Invalid parameter", f"{kind}.id is no file of this account")
    if len(call.body.get("biz_opaque_callback_data", "")) > limits.CALLBACK_DATA:
        refuse_as_meta(100, "Invalid parameter", "biz_opaque_callback_data is too long")


def _template(call: Call) -> tuple[str, str]:
    """Id and text of the template that is sent, once everything fits."""
    sent = call.body["template"]
    template = find(call.state, sent["name"], sent["language"]["code"])
    values = check_components(template, sent.get("components", []))
    return template.id, filled(template, values)
