"""What the templates of the chat are given."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone

from ...models import Conversation, Direction, Message
from .. import filters
from ..base import EvidenceAdmin
from . import inbox as inboxes
from . import live, rows
from . import thread as threads
from .links import Links
from .names import Names, initials
from .windows import window


def inbox(page: EvidenceAdmin, request: HttpRequest, asked: inboxes.Asked) -> dict[str, Any]:
    """A page of the inbox."""
    visible = page.get_queryset(request)
    names, links = Names.of(request), Links(page.admin_site.name)
    # The token first: what comes meanwhile is found by the next poll.
    token = live.of_inbox(visible)
    found, older = inboxes.page(visible, asked, partial(page.find_seen, request))
    numbers = inboxes.numbers(one.number_id for one in found)
    url = links.to("conversation_changelist")
    here = asked.kept | {"show": asked.show}
    return {
        "title": page.opts.verbose_name_plural,
        "asked": asked,
        "rows": rows.shown(found, numbers, names=names, links=links),
        "tabs": [
            (word, label, f"{url}?{urlencode(asked.kept | {'show': word})}")
            for word, label in inboxes.SHOW.items()
        ],
        "accounts": filters.accounts(),
        "numbers": [
            (pk, names.number(one))
            for pk, one in numbers.items()
            if asked.account in ("", one.account)
        ],
        "dates": inboxes.DATES.items(),
        "unread": inboxes.count_unread(visible),
        "older_url": f"{url}?{urlencode(here | {'before': older})}" if older else "",
        "newest_url": f"{url}?{urlencode(here)}" if asked.before else "",
        "inbox_url": url,
        "here_url": f"{url}?{urlencode(here)}",
        "table_url": links.to("conversation_table"),
        "poll_url": f"{links.to('conversation_poll')}?{urlencode(here)}",
        "token": token,
        "may_act": page.has_act_permission(request),
    }


def thread(
    page: EvidenceAdmin, request: HttpRequest, conversation: Conversation, part: threads.Slice
) -> dict[str, Any]:
    """A thread with its head."""
    names, links = Names.of(request), Links(page.admin_site.name)
    name = names.peer(conversation)
    contact = conversation.contact
    phone = names.phone(contact) if contact is not None else ""
    pk = conversation.pk
    return {
        **slice(page, request, conversation, part),
        "title": name,
        "initials": initials(name),
        "phone": "" if phone == name else phone,
        "number": names.number(conversation.number),
        "window": window(conversation, timezone.now()),
        "seen": rows.seen(conversation),
        "first_unread": _first_unread(conversation, part),
        "token": live.of_thread(conversation.version, getattr(conversation, "newest", None)),
        "inbox_url": links.to("conversation_changelist"),
        "mark_url": links.mark(conversation),
        "unread_url": links.to("conversation_mark", pk, "unread"),
        "details_url": links.to("conversation_details", pk),
        "history_url": links.to("conversation_history", pk),
        "messages_url": f"{links.to('message_changelist')}?conversation={pk}",
        "updates_url": links.to("conversation_updates", pk),
        "more_url": links.to("conversation_bubbles", pk),
        "read_url": links.to("conversation_read", pk),
    }


def slice(
    page: EvidenceAdmin, request: HttpRequest, conversation: Conversation, part: threads.Slice
) -> dict[str, Any]:
    """The bubbles of a slice, and where its neighbours begin."""
    names, links = Names.of(request), Links(page.admin_site.name)
    drawn = threads.drawn(conversation, part.rows, names=names, links=links)
    today = timezone.localdate()
    return {
        "conversation": conversation,
        "name": names.peer(conversation),
        "url": links.row("conversation", conversation.pk),
        "bubbles": drawn,
        "today": today,
        "yesterday": today - timedelta(days=1),
        "older": drawn[0].cursor if part.has_older and drawn else "",
        "newer": drawn[-1].cursor if part.has_newer and drawn else "",
        "may_act": page.has_act_permission(request),
    }


def _first_unread(conversation: Conversation, part: threads.Slice) -> int | None:
    """The bubble over which a line says that the rest is unread."""
    if not conversation.unread_count:
        return None
    return next((row.pk for row in part.rows if _is_unread(conversation, row)), None)


def _is_unread(conversation: Conversation, row: Message) -> bool:
    read_to = conversation.read_to
    is_theirs = row.direction == Direction.IN and row.role == "bubble"
    return is_theirs and (read_to is None or row.sort_at > read_to)
