"""Campaigns: what has become of their messages, and holding those that still wait."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .. import send
from ..events import platform_id
from ..models import Campaign, CampaignState, Message, MessageStatus
from . import filters, lookup, render
from .base import EvidenceAdmin
from .pages import PageChangeList

Html = SafeString | str


class CampaignStateFilter(filters.ClosedFilter):
    """Whether a campaign's messages leave."""

    title = _("state")
    parameter_name = "state"
    words = CampaignState.choices


class CampaignChangeList(PageChangeList):
    """Its rows with the counts of their messages, in one query for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        """Look at one page, and count."""
        super().get_results(request)
        counts = counted([row.pk for row in self.result_list])
        for row in self.result_list:
            row.counts = counts.get(row.pk, {})


@admin.register(Campaign)
class CampaignAdmin(EvidenceAdmin):
    """Campaigns, with pause and resume. Search: id, or the whole name.

    The counts are the one thing here that costs more with more rows: those of the campaigns shown.
    """

    list_display = ["id", "title", "account", "state_word", "why", "statuses", "created"]
    list_filter = [CampaignStateFilter, filters.AccountFilter]
    list_per_page = 20
    search_fields = ("id",)
    search_help_text = _("The whole name of a campaign, or an id of ours.")
    actions = ["pause", "resume"]
    fieldsets = (
        (None, {"fields": ("account", "title", "state_word", "cause", "created", "changed")}),
        (_("Messages"), {"fields": ("statuses", "lists")}),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PageChangeList]:
        """With counts."""
        return CampaignChangeList

    def find(self, term: str) -> Iterable[int]:
        """By id or name."""
        yield from lookup.number_in(term)
        rows = Campaign.objects.filter(account__in=filters.accounts(), name=platform_id(term))
        yield from rows.values_list("pk", flat=True)

    @admin.action(description=_("Pause"), permissions=["act"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        """Let nothing more of the ticked campaigns leave."""
        for campaign in _chosen(queryset):
            count = send.pause(campaign)
            text = ngettext(
                "%(name)s is %(state)s: %(count)s message waits by that.",
                "%(name)s is %(state)s: %(count)s messages wait by that.",
                count,
            )
            self._tell(request, campaign, text, count)

    @admin.action(description=_("Resume"), permissions=["act"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        """Let what waits of the ticked campaigns leave, also of those that the platform stopped."""
        for campaign in _chosen(queryset):
            count = send.resume(campaign)
            text = ngettext(
                "%(name)s is %(state)s: %(count)s message is to be sent.",
                "%(name)s is %(state)s: %(count)s messages are to be sent.",
                count,
            )
            self._tell(request, campaign, text, count)

    def _tell(self, request: HttpRequest, campaign: Campaign, text: str, count: int) -> None:
        """What was done, to who did it and in the history."""
        campaign.refresh_from_db()
        name, state = render.printable(campaign.name), campaign.get_state_display()
        words = text % {"name": name, "state": state, "count": count}
        self.log_change(request, campaign, words)
        self.message_user(request, words, messages.SUCCESS)

    @admin.display(description=_("name"))
    def title(self, campaign: Campaign) -> Html:
        """As it was given."""
        return render.short(campaign.name)

    @admin.display(description=_("state"))
    def state_word(self, campaign: Campaign) -> Html:
        """As a badge."""
        return render.word(campaign.state, campaign.get_state_display())

    @admin.display(description=_("reason"))
    def why(self, campaign: Campaign) -> Html:
        """The beginning of why it was stopped."""
        return render.short(_reason(campaign))

    @admin.display(description=_("reason"))
    def cause(self, campaign: Campaign) -> Html:
        """Why it was stopped, in full."""
        return render.block(_reason(campaign))

    @admin.display(description=_("created at"))
    def created(self, campaign: Campaign) -> Html:
        """To the second."""
        return render.moment(campaign.created_at)

    @admin.display(description=_("changed at"))
    def changed(self, campaign: Campaign) -> Html:
        """When it was last paused, stopped or resumed."""
        return render.moment(campaign.changed_at)

    @admin.display(description=_("messages"))
    def statuses(self, campaign: Campaign) -> Html:
        """How many there are of each status, with a link to them."""
        counts: Any = getattr(campaign, "counts", None)
        if counts is None:
            counts = counted([campaign.pk]).get(campaign.pk, {})
        parts = [
            render.at(
                render.word(str(word), label),
                self.list_link(Message, counts[word], campaign=campaign.pk, status=str(word)),
            )
            for word, label in MessageStatus.choices
            if word in counts
        ]
        return render.beside(*parts) if parts else render.NOTHING

    @admin.display(description=_("lists"))
    def lists(self, campaign: Campaign) -> Html:
        """What belongs to it."""
        return self.list_link(Message, _("All its messages"), campaign=campaign.pk)


def _chosen(queryset: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """The ticked rows, oldest first."""
    chosen = list(queryset.values_list("pk", flat=True))
    return Campaign.objects.filter(pk__in=chosen).order_by("pk")


def counted(campaigns: list[int]) -> Mapping[int, Mapping[str, int]]:
    """campaign -> status -> number of messages, in one query."""
    rows = Message.objects.filter(campaign__in=campaigns).order_by()
    found: dict[int, dict[str, int]] = {}
    for pk, status, count in rows.values_list("campaign", "status").annotate(n=Count("pk")):
        found.setdefault(pk, {})[status] = count
    return found


def _reason(campaign: Campaign) -> str:
    code = "" if campaign.error_code is None else str(campaign.error_code)
    return " ".join(filter(None, (code, campaign.reason)))
