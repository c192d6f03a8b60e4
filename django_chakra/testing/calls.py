"""Calls as the platform makes them: bodies in both formats, and the headers that sign them.

The shapes are those of the samples beside this module; ids, numbers and texts are the caller's.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ..signature import CHAKRA_HEADER, sign
from . import samples

WABA_ID = "200000000000001"
PHONE_NUMBER_ID = "300000000000001"
DISPLAY_NUMBER = "5511900000000"

_CHAKRA_IDS = uuid.UUID("6a1d0f3c-0000-4000-8000-000000000000")


def body(call: str | Mapping[str, Any]) -> bytes:
    """The bytes of a call, given as the name of a sample or as an object: compact UTF-8 JSON."""
    document = samples.load(call) if isinstance(call, str) else call
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def headers(body: bytes, secret: str) -> dict[str, str]:
    """The headers with which Chakra posts a body: its signature and its type."""
    return {CHAKRA_HEADER: sign(body, secret), "Content-Type": "application/json"}


def text_call(
    format: str,
    *,
    external_id: str,
    sender: str,
    text: str,
    timestamp: int,
    name: str = "",
    waba_id: str = WABA_ID,
    phone_number_id: str | None = None,
    display_number: str = DISPLAY_NUMBER,
    reply_to: str = "",
    chakra_id: str = "",
) -> dict[str, Any]:
    """A call with one text from a customer, in format "meta" or "chakra".

    ``timestamp`` is in seconds. A ``sender`` that is not all digits is a user id. Chakra names the
    number only when ``phone_number_id`` is given, as in the samples; Meta always does.
    """
    known = sender.isdigit()
    message: dict[str, Any] = {
        "from" if known else "from_user_id": sender,
        "id": external_id,
        "timestamp": str(timestamp),
        "type": "text",
        "text": {"body": text},
    }
    if reply_to:
        message["context"] = {"from": display_number, "id": reply_to}
    contact = {"profile": {"name": name}, "wa_id" if known else "user_id": sender}
    contacts = [contact] if name else []
    if format == "meta":
        value = {"contacts": contacts, "messages": [message]}
        return _meta_call(value, waba_id, phone_number_id, display_number)
    payload = {
        "messageId": chakra_id or _chakra_id(external_id),
        "externalId": external_id,
        "timestamp": timestamp * 1000,
        "message": message,
        "contacts": contacts,
    }
    return _chakra_call(format, "message", payload, waba_id, phone_number_id)


def status_call(
    format: str,
    *,
    external_id: str,
    status: str,
    timestamp: int,
    recipient: str,
    waba_id: str = WABA_ID,
    phone_number_id: str | None = None,
    display_number: str = DISPLAY_NUMBER,
    error_code: int | None = None,
    error_title: str = "Message undeliverable",
    callback_data: str = "",
    extra: Mapping[str, Any] | None = None,
    chakra_id: str = "",
    event: str = "status",
) -> dict[str, Any]:
    """A call with one delivery status, in format "meta" or "chakra".

    ``timestamp`` is in seconds, ``status`` a word in lower case. ``extra`` is added to the item
    (``type``, ``pricing``, ``recipient_participant_id``); ``event`` may be "deliveryStatus".
    """
    error = {"code": error_code, "title": error_title, "message": error_title}
    item: dict[str, Any] = dict(extra or {})
    if callback_data:
        item["biz_opaque_callback_data"] = callback_data
    if format == "meta":
        item |= {"id": external_id, "status": status, "timestamp": str(timestamp)}
        item["recipient_id"] = recipient
        if error_code is not None:
            item["errors"] = [error]
        return _meta_call({"statuses": [item]}, waba_id, phone_number_id, display_number)
    item |= {"id": chakra_id or _chakra_id(external_id), "externalId": external_id}
    item |= {"deliveryStatus": status.upper(), "timestamp": timestamp * 1000}
    item["recipientId"] = recipient
    if error_code is not None:
        item["errorContext"] = {"message": error_title, "providerPayload": error}
    return _chakra_call(format, event, item, waba_id, phone_number_id)


def message_call(
    format: str,
    item: Mapping[str, Any],
    *,
    name: str = "",
    waba_id: str = WABA_ID,
    phone_number_id: str = PHONE_NUMBER_ID,
    display_number: str = DISPLAY_NUMBER,
    chakra_id: str = "",
) -> dict[str, Any]:
    """A call with one message of any kind from a customer: Meta's object, in either envelope."""
    sender = str(item.get("from") or item.get("from_user_id"))
    contact = {"profile": {"name": name}, "wa_id" if sender.isdigit() else "user_id": sender}
    contacts = [contact] if name else []
    if format == "meta":
        value = {"contacts": contacts, "messages": [dict(item)]}
        return _meta_call(value, waba_id, phone_number_id, display_number)
    payload = {
        "messageId": chakra_id or _chakra_id(str(item["id"])),
        "externalId": item["id"],
        "timestamp": int(item["timestamp"]) * 1000,
        "message": dict(item),
        "contacts": contacts,
    }
    return _chakra_call(format, "message", payload, waba_id, None)


def echo_call(
    format: str,
    item: Mapping[str, Any],
    *,
    by_phone: bool,
    waba_id: str = WABA_ID,
    phone_number_id: str = PHONE_NUMBER_ID,
    display_number: str = DISPLAY_NUMBER,
) -> dict[str, Any]:
    """A call with one message of ours that was written on the phone, or in Chakra's inbox.

    The shapes are unverified but for Meta's from the phone.
    """
    if format == "meta":
        return item_call(
            item,
            field="smb_message_echoes" if by_phone else "message_echoes",
            key="message_echoes",
            waba_id=waba_id,
            phone_number_id=phone_number_id,
            display_number=display_number,
        )
    payload: dict[str, Any] = {"timestamp": int(item["timestamp"]) * 1000}
    if by_phone:
        payload["message_echoes"] = [dict(item)]
        return _chakra_call(format, "smb_message_echo", payload, waba_id, None)
    payload |= {"recipientId": item.get("to", ""), "message": dict(item)}
    return _chakra_call(format, "message_echo", payload, waba_id, None)


def item_call(
    item: Mapping[str, Any],
    *,
    field: str = "messages",
    key: str = "messages",
    contacts: Sequence[Mapping[str, Any]] = (),
    waba_id: str = WABA_ID,
    phone_number_id: str = PHONE_NUMBER_ID,
    display_number: str = DISPLAY_NUMBER,
) -> dict[str, Any]:
    """A call in Meta's format with one item of the list ``key`` of any field that has lists."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": display_number,
            "phone_number_id": phone_number_id,
        },
        key: [dict(item)],
    }
    if contacts:
        value["contacts"] = [dict(contact) for contact in contacts]
    return change_call(field, value, waba_id=waba_id)


def change_call(
    field: str, value: Any, *, waba_id: str = WABA_ID, time: int | None = None
) -> dict[str, Any]:
    """A call in Meta's format with one change; ``time`` is the entry's, in seconds."""
    entry: dict[str, Any] = {"id": waba_id, "changes": [{"field": field, "value": value}]}
    if time is not None:
        entry["time"] = time
    return {"object": "whatsapp_business_account", "entry": [entry]}


def batch_call(*calls: Mapping[str, Any]) -> dict[str, Any]:
    """Many of Meta's calls as one delivery: one change for each of the numbers, lists joined.

    ValueError for a call of Chakra's, which never carries more than one fact.
    """
    joined: dict[tuple[str, str], dict[str, Any]] = {}
    for call in calls:
        if "entry" not in call:
            raise ValueError("only calls in Meta's format can be joined")
        for entry in call["entry"]:
            for change in entry["changes"]:
                _join(joined, entry["id"], change["value"])
    entries = [_meta_entry(waba_id, value) for (waba_id, _), value in joined.items()]
    return {"object": "whatsapp_business_account", "entry": entries}


def _join(
    joined: dict[tuple[str, str], dict[str, Any]], waba_id: str, value: Mapping[str, Any]
) -> None:
    """Adds the lists of a value to those of the same number."""
    key = (waba_id, value["metadata"]["phone_number_id"])
    target = joined.setdefault(key, {"messaging_product": "whatsapp"})
    target["metadata"] = value["metadata"]
    for name in ("contacts", "messages", "statuses"):
        target.setdefault(name, []).extend(value.get(name, []))


def _meta_call(
    lists: Mapping[str, Any], waba_id: str, phone_number_id: str | None, display_number: str
) -> dict[str, Any]:
    """Meta's envelope around the lists of one value of field ``messages``."""
    metadata = {
        "display_phone_number": display_number,
        "phone_number_id": PHONE_NUMBER_ID if phone_number_id is None else phone_number_id,
    }
    value = {"messaging_product": "whatsapp", "metadata": metadata, **lists}
    return {"object": "whatsapp_business_account", "entry": [_meta_entry(waba_id, value)]}


def _meta_entry(waba_id: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """One entry with one change of field ``messages``."""
    return {"id": waba_id, "changes": [{"field": "messages", "value": value}]}


def _chakra_call(
    format: str, event: str, payload: Mapping[str, Any], waba_id: str, phone_number_id: str | None
) -> dict[str, Any]:
    """Chakra's envelope; ValueError for a format that does not exist."""
    if format != "chakra":
        raise ValueError(f"{format!r} is neither 'meta' nor 'chakra'")
    number = {} if phone_number_id is None else {"phoneNumberId": phone_number_id}
    return {"event": event, "payload": {"wabaId": waba_id, **number, **payload}}


def _chakra_id(external_id: str) -> str:
    """An id such as Chakra gives, the same each time for one message."""
    return str(uuid.uuid5(_CHAKRA_IDS, external_id))
