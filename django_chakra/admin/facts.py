"""The facts of one call as a table, each with the rows that it speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..events import DeliveryStatusReported, Event, MessageEvent, UnknownEvent, read
from ..models import Contact, Conversation, DeliveryStatus, Message, WebhookCall
from . import render
from .base import EvidenceAdmin

#: Facts that are shown.
MOST = 50
#: A longer body is not read for its page.
LONGEST = 200_000


class Known(NamedTuple):
    """The rows that the facts of a call speak of."""

    messages: dict[str | None, Message]
    statuses: dict[str, DeliveryStatus]


def facts_table(page: EvidenceAdmin, call: WebhookCall) -> SafeString | str:
    """Read the body once more, as processing does, and look the rows up in two queries.

    By what the facts name, since only the first of several calls is kept on a row.
    """
    body = bytes(call.body)
    if len(body) > LONGEST:
        return _("Too long to be read for this page.")
    events = read(body)
    known = _known(call.account, events[:MOST])
    shown = render.table(
        (_("kind"), _("time"), _("says"), _("message"), _("conversation"), _("contact")),
        [_row(page, event, known) for event in events[:MOST]],
    )
    if len(events) <= MOST:
        return shown
    more = _("Only the first %(most)s of %(all)s facts are shown.")
    note = more % {"most": MOST, "all": len(events)}
    return render.below(shown, format_html('<p class="help">{}</p>', note))


def _known(account: str, events: list[Event]) -> Known:
    ids = [event.external_id for event in events if isinstance(event, MessageEvent)]
    keys = [event.key for event in events if isinstance(event, DeliveryStatusReported)]
    messages = (
        Message.objects.filter(account=account, external_id__in=ids)
        .select_related("conversation__contact")
        .defer("payload", "text")
    )
    statuses = (
        DeliveryStatus.objects.filter(account=account, key__in=keys)
        .select_related("message__conversation__contact")
        .defer("payload", "message__payload", "message__text")
    )
    return Known(
        {message.external_id: message for message in messages} if ids else {},
        {status.key: status for status in statuses} if keys else {},
    )


def _row(page: EvidenceAdmin, event: Event, known: Known) -> list[SafeString | str]:
    message, says = _about(page, event, known)
    conversation = message.conversation if message else None
    contact = conversation.contact if conversation else None
    return [
        render.isolated(event.kind),
        render.moment(event.occurred_at),
        says,
        page.id_link(Message, message.pk if message else None),
        page.id_link(Conversation, conversation.pk if conversation else None),
        page.link(Contact, contact.pk, contact) if contact else render.NOTHING,
    ]


def _about(
    page: EvidenceAdmin, event: Event, known: Known
) -> tuple[Message | None, SafeString | str]:
    """The message that the fact is about, and the fact in a few words."""
    if isinstance(event, MessageEvent):
        return known.messages.get(event.external_id), render.short(event.text)
    if isinstance(event, DeliveryStatusReported):
        status = known.statuses.get(event.key)
        text = event.error_title or event.status
        if status is None:
            return None, render.short(text)
        return status.message, page.link(DeliveryStatus, status.pk, text)
    if isinstance(event, UnknownEvent):
        return None, render.short(" – ".join(filter(None, (event.name, event.reason))))
    return None, render.short(" · ".join(_said(event)))


def _said(event: Event) -> Iterator[str]:
    """The words of an event, beside those that every event has."""
    common = {field.name for field in fields(Event)}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.name not in common and isinstance(value, str) and value:
            yield value
