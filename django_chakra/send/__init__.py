"""The outbox: write a message down in the caller's transaction, then take it to the platform.

```python
from django_chakra import send

message = send.text(to="+91 99000 00000", body="Your order is on its way")
```

It is carried after the commit, at most once: ``message.status`` is "queued", then "accepted" and
what the platform says; "failed" with its code; "unknown" when no answer came, which is never sent
again by itself.
"""

from __future__ import annotations

import logging
import time

from ..exceptions import escaped
from .acts import again, cancel
from .carry import carry, claim, due, recover
from .checking import Checked, Finding, check
from .kinds import (
    audio,
    buttons,
    catalog_message,
    contacts,
    cta_url,
    document,
    flow,
    image,
    list_message,
    location,
    location_request,
    mark_read,
    product,
    product_list,
    reaction,
    sticker,
    text,
    video,
)
from .letters import Refused
from .many import Sent, pause, resume, template_many
from .templates import mapped_template, template

__all__ = [
    "Checked",
    "Finding",
    "Refused",
    "Sent",
    "again",
    "audio",
    "buttons",
    "cancel",
    "carry",
    "catalog_message",
    "check",
    "claim",
    "contacts",
    "cta_url",
    "document",
    "due",
    "flow",
    "image",
    "inline",
    "list_message",
    "location",
    "location_request",
    "mapped_template",
    "mark_read",
    "pause",
    "product",
    "product_list",
    "reaction",
    "recover",
    "resume",
    "run",
    "sticker",
    "sweep_inline",
    "template",
    "template_many",
    "text",
    "video",
]

logger = logging.getLogger("django_chakra.send")

#: How often a process looks for what was left behind.
SWEEP_SECONDS = 10.0
#: Conversations that are carried along after an answer.
NEIGHBOURS = 5

_swept_at = float("-inf")


def run(*, limit: int = 200) -> int:
    """Send what waits, and mark what a stopped process left; return how many messages left."""
    recover()
    return sum(map(carry, due(limit)))


def inline(conversation: int) -> None:
    """Send what waits in a conversation, after a commit. Never raises: what is left is a row."""
    try:
        carry(conversation)
    except Exception as error:
        sentence = "Sending in conversation %s stopped and will be taken up again"
        logger.error(sentence, conversation, exc_info=escaped(error))


def sweep_inline() -> None:
    """Send some of what was left behind, at most every few seconds in one process. Never raises."""
    global _swept_at
    if time.monotonic() - _swept_at < SWEEP_SECONDS:
        return
    _swept_at = time.monotonic()
    try:
        run(limit=NEIGHBOURS)
    except Exception as error:
        logger.error("What was left to send will be tried again", exc_info=escaped(error))
