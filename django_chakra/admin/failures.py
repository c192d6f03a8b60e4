"""Receivers of the host's that raised, and telling them again at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.db.models.functions import Right
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ..models import DeliveryStatus, FailureState, Message, ReceiverFailure, WebhookCall
from ..models.contention import update
from ..models.fields import DatabaseNow
from ..signals import SIGNALS
from . import filters, render
from .base import EvidenceAdmin

Html = SafeString | str


class FailureStateFilter(filters.ClosedFilter):
    """Where a receiver's failure stands."""

    title = _("state")
    parameter_name = "state"
    words = FailureState.choices


class SignalFilter(filters.ClosedFilter):
    """The signals that there are."""

    title = _("signal")
    parameter_name = "signal"
    words = [(name, name) for name in sorted(SIGNALS)]


@admin.register(ReceiverFailure)
class ReceiverFailureAdmin(EvidenceAdmin):
    """Who raised on what, how often, and when they hear again. Search: id."""

    list_display = [
        "id", "signal", "receiver", "subject", "state_word", "attempts", "next_attempt",
        "last_line", "account",
    ]  # fmt: skip
    list_filter = [
        FailureStateFilter,
        SignalFilter,
        filters.AccountFilter,
        filters.of("call"),
        filters.of("message"),
        filters.of("delivery_status"),
    ]
    list_defer = ("error",)
    search_fields = ("id",)
    search_help_text = _("An id of ours.")
    actions = [
        "tell_again",
    ]
    fieldsets = (
        (None, {"fields": ("account", "signal", "receiver", "subject", "fact")}),
        (_("What became of it"), {"fields": (
            "state_word", "attempts", "next_attempt", "error_text",
        )}),
        (_("Technical"), {"classes": ("collapse",), "fields": ("key",)}),
    )  # fmt: skip

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Only the end of each traceback."""
        return super().for_list(rows.annotate(error_end=Right("error", 300)))

    @admin.action(description=_("Tell again now"), permissions=["act"])
    def tell_again(self, request: HttpRequest, queryset: QuerySet[ReceiverFailure]) -> None:
        """Make the ticked failures due with all attempts left, also given up or orphaned ones."""
        count = self.each(request, queryset, _make_due, gettext("Is told again."))
        text = ngettext(
            "%(count)s receiver will be told again.",
            "%(count)s receivers will be told again.",
            count,
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.display(description=_("about"))
    def subject(self, failure: ReceiverFailure) -> Html:
        """What the receiver was to be told."""
        if failure.delivery_status_id is not None:
            return self.link(DeliveryStatus, failure.delivery_status_id)
        if failure.message_id is not None:
            return self.link(Message, failure.message_id)
        return self.link(WebhookCall, failure.call_id)

    @admin.display(description=_("state"))
    def state_word(self, failure: ReceiverFailure) -> Html:
        """As a badge."""
        return render.word(failure.state, failure.get_state_display())

    @admin.display(description=_("next attempt at"))
    def next_attempt(self, failure: ReceiverFailure) -> Html:
        """To the second."""
        return render.moment(failure.next_attempt_at)

    @admin.display(description=_("error"))
    def last_line(self, failure: ReceiverFailure) -> Html:
        """The end of the traceback."""
        end = getattr(failure, "error_end", None)
        lines = (failure.error if end is None else end).strip().splitlines()
        return render.short(lines[-1]) if lines else render.NOTHING

    @admin.display(description=_("error"))
    def error_text(self, failure: ReceiverFailure) -> Html:
        """The traceback in full."""
        return render.block(failure.error)


def _make_due(rows: QuerySet[ReceiverFailure]) -> int:
    anew = {"attempts": 0, "next_attempt_at": DatabaseNow()}
    return update(rows, state=FailureState.WAITING, **anew)
