"""Delivery statuses: every tick that was reported."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ..models import (
    DeliveryStatus,
    Message,
    MessageStatus,
    ReceiverFailure,
    StatusType,
    WebhookCall,
)
from . import filters, lookup, render
from .base import EvidenceAdmin

Html = SafeString | str


class TickFilter(filters.ClosedFilter):
    """The platform's words for what became of a message."""

    title = _("status")
    parameter_name = "status"
    words = [
        (word, MessageStatus(word).label)
        for word in ("accepted", "sent", "delivered", "read", "played", "failed")
    ]


class StatusTypeFilter(filters.ClosedFilter):
    """What a delivery status speaks of."""

    title = _("type")
    parameter_name = "type"
    words = StatusType.choices


@admin.register(DeliveryStatus)
class DeliveryStatusAdmin(EvidenceAdmin):
    """The history of ticks. Search: id, the message's external id (wamid), Chakra's id."""

    list_display = [
        "id", "when", "account", "status_word", "type", "recipient", "error", "message_link",
        "call_link",
    ]  # fmt: skip
    list_filter = [
        filters.ReceivedFilter,
        TickFilter,
        StatusTypeFilter,
        filters.AccountFilter,
        filters.of("message"),
        filters.of("call"),
    ]
    list_defer = ("payload", "error_details")
    people = ("recipient", "participant")
    search_fields = ("id",)
    search_help_text = _("Whole ids only: our own, the message's (wamid), or Chakra's.")
    fieldsets = (
        (None, {"fields": ("account", "status_word", "type", "when", "message_link")}),
        (_("What it says"), {"fields": (
            "recipient", "participant", "error_code", "error_title", "details",
            "pricing_category", "billable",
        )}),
        (_("What was posted"), {"fields": (
            "external_id", "chakra_id", "received", "call_link", "payload_text",
        )}),
        (_("Technical"), {
            "classes": ("collapse",),
            "fields": ("key", "announce_at", "announced_at", "failures"),
        }),
    )  # fmt: skip

    def find(self, term: str) -> Iterable[int]:
        """By id, external id or Chakra's id."""
        yield from lookup.number_in(term)
        for status in lookup.statuses(term):
            yield status.pk

    @admin.display(description=_("time"))
    def when(self, status: DeliveryStatus) -> Html:
        """By the platform's clock, else by ours."""
        return render.moment(status.occurred_at or status.received_at)

    @admin.display(description=_("received at"))
    def received(self, status: DeliveryStatus) -> Html:
        """By ours."""
        return render.moment(status.received_at)

    @admin.display(description=_("status"))
    def status_word(self, status: DeliveryStatus) -> Html:
        """As a badge; the platform may have words of its own."""
        return render.word(status.status)

    @admin.display(description=_("error"))
    def error(self, status: DeliveryStatus) -> Html:
        """Its title."""
        return render.short(status.error_title)

    @admin.display(description=_("error details"))
    def details(self, status: DeliveryStatus) -> Html:
        """In full."""
        return render.block(status.error_details)

    @admin.display(description=_("message"))
    def message_link(self, status: DeliveryStatus) -> Html:
        """What it is about, once that is known."""
        return self.id_link(Message, status.message_id)

    @admin.display(description=_("call"))
    def call_link(self, status: DeliveryStatus) -> Html:
        """The call that first brought it."""
        return self.id_link(WebhookCall, status.call_id)

    @admin.display(description=_("receivers that failed"))
    def failures(self, status: DeliveryStatus) -> Html:
        """The list of those that will hear of it again."""
        return self.list_link(ReceiverFailure, _("In their list"), delivery_status=status.pk)

    @admin.display(description=_("payload"))
    def payload_text(self, status: DeliveryStatus) -> Html:
        """Indented."""
        return render.payload_block(status.payload)
