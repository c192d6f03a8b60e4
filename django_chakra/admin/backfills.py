"""Backfills: what was asked of the platform after a gap, and how much of it had been missed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ..models import Backfill, BackfillState
from . import filters, render
from .base import EvidenceAdmin

Html = SafeString | str


class BackfillStateFilter(filters.ClosedFilter):
    """Whether a backfill is done."""

    title = _("state")
    parameter_name = "state"
    words = BackfillState.choices


@admin.register(Backfill)
class BackfillAdmin(EvidenceAdmin):
    """Runs of ``chakra_backfill``, by whomever. Search: id."""

    list_display = [
        "id", "account", "state_word", "why", "of", "missed", "missed_statuses", "resolved",
        "seen", "started", "finished", "problem",
    ]  # fmt: skip
    list_filter = [BackfillStateFilter, filters.AccountFilter]
    list_defer = ("cursor", "error")
    search_fields = ("id",)
    search_help_text = _("An id of ours.")
    fieldsets = (
        (None, {"fields": ("account", "state_word", "why", "of", "from_when")}),
        (_("Missed"), {"fields": ("missed", "missed_statuses", "resolved")}),
        (_("Looked at"), {"fields": ("chats", "seen", "started", "finished")}),
        (_("What went wrong"), {"fields": ("error_text",)}),
        (_("Technical"), {
            "classes": ("collapse",),
            "fields": ("cursor_text", "taken", "claimed_by", "claimed"),
        }),
    )  # fmt: skip

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Only the beginning of what went wrong."""
        return super().for_list(rows.annotate(error_start=Left("error", 200)))

    @admin.display(description=_("state"))
    def state_word(self, backfill: Backfill) -> Html:
        """As a badge."""
        return render.word(backfill.state, backfill.get_state_display())

    @admin.display(description=_("reason"))
    def why(self, backfill: Backfill) -> Html:
        """What began it."""
        return render.short(backfill.reason)

    @admin.display(description=_("scope"))
    def of(self, backfill: Backfill) -> Html:
        """All chats, or what was asked for."""
        scope: Any = backfill.scope
        if not isinstance(scope, dict) or not scope:
            return str(_("all"))
        # A number of ours, or a key.
        return render.ours(", ".join(f"{name} {value}" for name, value in scope.items()))

    @admin.display(description=_("since"))
    def from_when(self, backfill: Backfill) -> Html:
        """What is older was not asked for."""
        return render.moment(backfill.since)

    @admin.display(description=_("started at"))
    def started(self, backfill: Backfill) -> Html:
        """To the second."""
        return render.moment(backfill.started_at)

    @admin.display(description=_("finished at"))
    def finished(self, backfill: Backfill) -> Html:
        """To the second."""
        return render.moment(backfill.finished_at)

    @admin.display(description=_("taken at"))
    def taken(self, backfill: Backfill) -> Html:
        """When it last began or went on."""
        return render.moment(backfill.taken_at)

    @admin.display(description=_("claimed until"))
    def claimed(self, backfill: Backfill) -> Html:
        """Nobody else goes on with it before."""
        return render.moment(backfill.claimed_until)

    @admin.display(description=_("error"))
    def problem(self, backfill: Backfill) -> Html:
        """Its beginning."""
        return render.short(getattr(backfill, "error_start", ""))

    @admin.display(description=_("error"))
    def error_text(self, backfill: Backfill) -> Html:
        """In full."""
        return render.block(backfill.error)

    @admin.display(description=_("cursor"))
    def cursor_text(self, backfill: Backfill) -> Html:
        """Where it goes on."""
        return render.payload_block(backfill.cursor)
