"""Messages within the window of 24 hours after the customer's last one, as Meta writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..exceptions import ValidationFailed
from . import payloads
from .resource import Resource

MESSAGES = "/v1/ext/plugin/whatsapp/{plugin_id}/api/{api_version}/{phone_number_id}/messages"


class SessionMessages(Resource):
    """Send any message of Meta's, mark messages as read, show that somebody is typing."""

    def send(
        self,
        *,
        to: str,
        type: str,
        reply_to: str | None = None,
        plugin_id: str | None = None,
        phone_number_id: str | None = None,
        **body: Any,
    ) -> Any:
        """Send a message of any type.

        https://apidocs.chakrahq.com/api-22547477 (documented; of the types, reactions and
        locations are Meta's, and unverified with Chakra)

        Args:
            to: phone number in any spelling; the id of a group with ``recipient_type="group"``.
            type: "text", "image", "video", "document", "audio", "sticker", "interactive",
                "template", "location", "contacts", "reaction".
            reply_to: wamid of the message that this one answers.
            plugin_id: instead of the client's.
            phone_number_id: number to send from, instead of the client's.
            body: the object of the type, under its name; ``callback_data``, which comes back
                with statuses; and further keys of the body.

        Returns:
            ``{"whatsappMessageId": "wamid.…"}``; older plugins give Meta's own answer:
            :func:`sent_id` reads both.

        Raises:
            ValidationFailed: the object of the type is missing, or the platform refused it.
            ApiError: the call failed; after ``NoAnswer`` or ``ServerError`` it may have been sent.
        """
        if type not in body:
            raise ValidationFailed(f"A message of type {type!r} needs {type}={{…}}", field=type)
        content = body.pop(type)
        message = payloads.message(type, content, to=to, reply_to=reply_to, **body)
        return self.send_body(message, plugin_id=plugin_id, phone_number_id=phone_number_id)

    def send_body(
        self,
        body: Mapping[str, Any],
        *,
        plugin_id: str | None = None,
        phone_number_id: str | None = None,
    ) -> Any:
        """Send a body as it is, for instance one that was made by :mod:`.payloads`.

        https://apidocs.chakrahq.com/api-11313675 (documented)

        Args:
            body: the whole body, with ``messaging_product``.
            plugin_id: instead of the client's.
            phone_number_id: number to send from, instead of the client's.

        Returns:
            See :meth:`send`.
        """
        path = self._path(
            MESSAGES,
            plugin_id=self._own("plugin_id", plugin_id),
            api_version=self._own("api_version"),
            phone_number_id=self._own("phone_number_id", phone_number_id),
        )
        return self._data("POST", path, json=dict(body))

    def mark_read(
        self,
        *,
        message_id: str,
        plugin_id: str | None = None,
        phone_number_id: str | None = None,
        **extra: Any,
    ) -> Any:
        """Mark a customer's message as read, and with it all before it.

        https://apidocs.chakrahq.com/api-11313675 (seen in the field; the answer is unverified)

        Args:
            message_id: wamid of the message.
            plugin_id: instead of the client's.
            phone_number_id: number that got it, instead of the client's.
            extra: further keys of the body.

        Returns:
            Most likely ``{"success": true}``.
        """
        read = payloads.mark_read(message_id, **extra)
        return self.send_body(read, plugin_id=plugin_id, phone_number_id=phone_number_id)

    def typing(
        self,
        *,
        message_id: str,
        plugin_id: str | None = None,
        phone_number_id: str | None = None,
        **extra: Any,
    ) -> Any:
        """Show that an answer is being typed; this marks the message as read too.

        https://apidocs.chakrahq.com/api-11313675 (Meta's; unverified with Chakra)

        Args:
            message_id: see :meth:`mark_read`, also for the others.
        """
        shown = payloads.mark_read(message_id, typing=True, **extra)
        return self.send_body(shown, plugin_id=plugin_id, phone_number_id=phone_number_id)


def sent_id(answer: Any) -> str:
    """The wamid in the answer to a message that was sent, in any of its shapes; "" without one."""
    if not isinstance(answer, dict):
        return ""
    for part in (answer, answer.get("data")):
        if not isinstance(part, dict):
            continue
        messages = part.get("messages")
        first = messages[0] if isinstance(messages, list) and messages else None
        inner = first.get("id") if isinstance(first, dict) else None
        for found in (part.get("whatsappMessageId"), part.get("externalId"), inner):
            if isinstance(found, str) and found:
                return found
    return ""
