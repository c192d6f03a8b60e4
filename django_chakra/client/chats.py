"""Chats of the team's inbox, and their messages. All three lists are asked for by POST.

The documentation calls them under development; their bodies were seen with one integrator.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .payloads import phone
from .resource import Page, Resource, body_of, by_number

CHATS = "/v1/ext/chat"
MESSAGES = "/v1/ext/chat/{chat_id}/message"
PREVIOUS = "/v1/ext/plugin/whatsapp/list-chat-messages-for-phone-number"


class Chats(Resource):
    """Read what was written. Pages are numbered from 1 (unverified)."""

    def list(
        self,
        *,
        limit: int | None = None,
        page: int | None = None,
        order_field: str | None = None,
        order_direction: str | None = None,
        search: str | None = None,
        **extra: Any,
    ) -> Page:
        """One page of the chats.

        https://apidocs.chakrahq.com/api-23827369 (path documented, body seen in the field)

        Args:
            limit: entries of a page.
            page: its number.
            order_field: "createdAt".
            order_direction: "asc" or "desc".
            search: words to look for.
            extra: further keys of the body.
        """
        sent = {
            "limit": limit,
            "page": page,
            "orderField": order_field,
            "orderDirection": order_direction,
            "search": search,
        }
        return self._page("POST", CHATS, json=body_of(sent, extra), read=True)

    def list_all(self, *, limit: int = 50, **rest: Any) -> Iterator[Any]:
        """Every chat; a page is asked for when it is needed.

        https://apidocs.chakrahq.com/api-23827369

        Args:
            limit: see :meth:`list`, also for the others.
        """
        return by_number(lambda page: self.list(limit=limit, page=page, **rest))

    def messages(
        self, chat_id: str, *, limit: int | None = None, page: int | None = None, **extra: Any
    ) -> Page:
        """One page of the messages of a chat.

        https://apidocs.chakrahq.com/api-23827415 (path documented, body seen in the field)

        Args:
            chat_id: Chakra's id of the chat.
            limit: entries of a page.
            page: its number.
            extra: further keys of the body.
        """
        path = self._path(MESSAGES, chat_id=chat_id)
        sent = body_of({"limit": limit, "page": page}, extra)
        return self._page("POST", path, json=sent, read=True)

    def messages_all(self, chat_id: str, *, limit: int = 50, **extra: Any) -> Iterator[Any]:
        """Every message of a chat; a page is asked for when it is needed.

        https://apidocs.chakrahq.com/api-23827415

        Args:
            chat_id: see :meth:`messages`, also for the others.
        """
        return by_number(lambda page: self.messages(chat_id, limit=limit, page=page, **extra))

    def previous_messages(
        self,
        *,
        phone_number: str,
        limit: int | None = None,
        page: int | None = None,
        **extra: Any,
    ) -> Page:
        """One page of the messages with a customer, for what the webhooks missed.

        https://apidocs.chakrahq.com/api-22749108 (path documented, body seen in the field)

        Args:
            phone_number: the customer's, in any spelling.
            limit: entries of a page.
            page: its number.
            extra: further keys of the body. One that chooses our number
                (``whatsappPhoneNumberId``) is plausible, and unverified.
        """
        number = phone(phone_number, "phone_number")
        sent = {"customerPhoneNumber": number, "limit": limit, "page": page}
        return self._page("POST", PREVIOUS, json=body_of(sent, extra), read=True)

    def previous_messages_all(
        self, *, phone_number: str, limit: int = 50, **extra: Any
    ) -> Iterator[Any]:
        """Every message with a customer; a page is asked for when it is needed.

        https://apidocs.chakrahq.com/api-22749108

        Args:
            phone_number: see :meth:`previous_messages`, also for the others.
        """

        def at(page: int) -> Page:
            return self.previous_messages(
                phone_number=phone_number, limit=limit, page=page, **extra
            )

        return by_number(at)
