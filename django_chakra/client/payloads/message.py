"""What the bodies of all messages have in common."""

from __future__ import annotations

from typing import Any

from . import limits
from .checks import identifier, plain, words
from .recipients import recipient


def message(
    kind: str,
    content: Any,
    *,
    to: str,
    reply_to: str | None = None,
    callback_data: str | None = None,
    recipient_type: str = "individual",
    **extra: Any,
) -> dict[str, Any]:
    """The body of any message, also of kinds that have no function here.

    Args:
        kind: the platform's word ("text", "interactive", …), also the key of the content.
        to: phone number in any spelling, BSUID, or group id (with ``recipient_type``).
        reply_to: id of the message (wamid) that this one quotes.
        callback_data: comes back with each of its delivery statuses (unverified with Chakra).
        recipient_type: "individual", or "group": groups take text, media and templates.
        extra: more keys of the body, for what the platform adds later.

    Raises:
        ValidationFailed: a value that the platform would refuse; ``field`` names it.

    https://apidocs.chakrahq.com/api-11313675
    https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
    """
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        **recipient(to, recipient_type),
        "type": kind,
        kind: content,
    }
    if reply_to is not None:
        body["context"] = {"message_id": identifier(reply_to, "context.message_id")}
    if callback_data is not None:
        field = "biz_opaque_callback_data"
        body[field] = words(callback_data, field, limits.CALLBACK_DATA)
    checked: dict[str, Any] = plain({**body, **extra}, "")
    return checked
