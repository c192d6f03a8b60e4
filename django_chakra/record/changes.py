"""Edits and revokes: the original stays, and shows what became of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from ..events import Unreadable, content_of
from ..events.base import mapping
from ..models import Message, MessageRole
from ..models.statements import upsert

#: Roles that change how their target reads.
CHANGING = (MessageRole.EDIT, MessageRole.REVOKE)


def show(messages: Collection[int]) -> set[int]:
    """Let these messages read as their latest edit, and be marked as edited or revoked.

    Computed anew from all changes that are there, so their order does not matter. Who edits
    another one's message changes nothing. Returns the conversations that changed.
    """
    rows = list(Message.objects.select_for_update().filter(pk__in=messages).order_by("pk"))
    changes: dict[int | None, list[Message]] = {}
    for change in Message.objects.filter(target__in=messages, role__in=CHANGING):
        changes.setdefault(change.target_id, []).append(change)
    changed = [row for row in rows if _show(row, changes.get(row.pk, []))]
    if changed:
        upsert(changed, by=["id"], update=["text", "edited_at", "revoked_at"])
    return {row.conversation_id for row in changed}


def _show(row: Message, changes: list[Message]) -> bool:
    before = (row.text, row.edited_at, row.revoked_at)
    own = [change for change in changes if change.direction == row.direction]
    edits = [change for change in own if change.role == MessageRole.EDIT]
    if edits:
        latest = max(edits, key=lambda edit: (_at(edit), edit.external_id or ""))
        row.text, row.edited_at = latest.text, _at(latest)
    elif row.edited_at:
        row.text, row.edited_at = _own_text(row), None
    revokes = [_at(change) for change in own if change.role == MessageRole.REVOKE]
    row.revoked_at = min(revokes, default=None)
    return before != (row.text, row.edited_at, row.revoked_at)


def _at(change: Message) -> datetime:
    return change.occurred_at or change.received_at


def _own_text(row: Message) -> str:
    try:
        return content_of(mapping(row.payload)).text
    except Unreadable:
        return row.text
