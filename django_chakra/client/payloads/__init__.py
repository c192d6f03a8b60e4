"""Bodies of ``POST …/messages`` in Meta's format, one function per kind of message. No I/O.

Each checks the platform's public limits first: :class:`~django_chakra.exceptions.ValidationFailed`
names the field, the limit and how much was given, never the text itself, and nothing was sent.
What is common to all kinds (``reply_to``, ``callback_data``, ``recipient_type``, ``**extra``):
:func:`message`. An argument of None was not given.

https://apidocs.chakrahq.com/api-11313675
"""

from __future__ import annotations

from .flows import flow
from .interactive import buttons, cta_url, list_message, location_request
from .media import audio, document, image, sticker, video
from .message import message
from .products import catalog_message, product, product_list
from .recipients import phone
from .simple import contacts, location, mark_read, reaction, text
from .templates import template

__all__ = [
    "audio",
    "buttons",
    "catalog_message",
    "contacts",
    "cta_url",
    "document",
    "flow",
    "image",
    "list_message",
    "location",
    "location_request",
    "mark_read",
    "message",
    "phone",
    "product",
    "product_list",
    "reaction",
    "sticker",
    "template",
    "text",
    "video",
]
