"""How long a conversation's 24-hour window stays open, in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...models import Conversation

#: A window closes soon when it is open for no longer than this.
CLOSING = timedelta(hours=4)


class Window(NamedTuple):
    """``word`` is open, closing, closed, or group (there is none)."""

    word: str
    label: str
    closes_at: datetime | None = None


def window(conversation: Conversation, now: datetime) -> Window:
    """How it stands."""
    if conversation.group_id is not None:
        return Window("group", _("Group: always open"))
    closes_at = conversation.window_closes_at
    if closes_at is None:
        return Window("closed", _("Closed: they never wrote"))
    left = closes_at - now
    if left <= timedelta(0):
        return Window("closed", _("Closed"), closes_at)
    words = {"left": _left(left)}
    if left <= CLOSING:
        return Window("closing", _("Closes in %(left)s") % words, closes_at)
    return Window("open", _("Open for %(left)s") % words, closes_at)


def _left(left: timedelta) -> str:
    minutes = max(int(left.total_seconds() // 60), 1)
    if minutes < 60:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    hours = minutes // 60
    return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
