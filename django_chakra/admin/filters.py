"""Filters that ask the table for nothing: their choices are closed lists, or the settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import conf, events
from ..models import (
    CallState,
    CampaignState,
    Direction,
    FailureState,
    MediaState,
    MessageStatus,
    StatusType,
    standing,
)
from ..signals import SIGNALS

#: A filter on a column without an index looks at so many of the newest rows, and no further.
RECENT = 20_000

Choices = Iterable[tuple[Any, Any]]

#: States in which nothing is planned for a call.
AT_REST = (CallState.PROCESSED, CallState.FAILED, CallState.REFUSED)

#: What ``WebhookCall.kind`` may say.
KINDS = (*events.KINDS, "mixed")


def recent(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The newest rows of the table among these: a bound for what no index answers."""
    # Asked for first: with a subquery in its place MariaDB walks through the whole table.
    newest = rows.model._base_manager.order_by("-pk").values_list("pk", flat=True).first()
    return rows.filter(pk__gt=(newest or 0) - RECENT)


def accounts() -> list[str]:
    """The aliases in the settings."""
    return [str(alias) for alias in conf.raw_accounts()]


class ClosedFilter(SimpleListFilter):
    """One of a closed list of words, compared with the column ``parameter_name``.

    ``indexed`` says that an index finds the rows; without one only the newest are looked at.
    """

    words: Choices = ()
    indexed = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.indexed:
            named = {"title": self.title, "count": f"{RECENT:,}"}
            self.title = _("%(title)s (of the newest %(count)s)") % named

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        """The words."""
        return list(self.words)

    def has_output(self) -> bool:
        """A choice of one is none."""
        return len(self.lookup_choices) > 1

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the chosen word; a word that is not on the list is no filter at all."""
        value = self.value()
        if value is None:
            return queryset
        if value not in {str(word) for word, _label in self.lookup_choices}:
            raise IncorrectLookupParameters
        return self.narrow(queryset if self.indexed else recent(queryset), value)

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows of this word."""
        return rows.filter(**{str(self.parameter_name): value})


class AccountFilter(ClosedFilter):
    """The accounts of the settings. Every table has an index that begins with the account."""

    title = _("account")
    parameter_name = "account"
    indexed = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        """The aliases."""
        return [(alias, alias) for alias in accounts()]


class CallStateFilter(ClosedFilter):
    """The states of calls, newest first straight from the index (state, next_attempt_at, id)."""

    title = _("state")
    parameter_name = "state"
    words = CallState.choices
    indexed = True

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """With its second column pinned, the index has the rows in the order of their ids."""
        rows = rows.filter(state=value)
        return rows.filter(next_attempt_at=None) if value in AT_REST else rows


class KindFilter(ClosedFilter):
    """The kinds of facts that calls may hold: their families, and the kinds of the chosen one."""

    title = _("kind")
    parameter_name = "kind"
    indexed = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        """Families first; dozens of kinds in one list would be read by nobody."""
        chosen = _family(self.value() or "")
        choices = []
        for family in sorted({_family(kind) for kind in KINDS}):
            choices.append((family, family))
            if family == chosen:
                choices += [(kind, kind) for kind in KINDS if kind.startswith(f"{family}.")]
        return choices

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Of a family all kinds, of which each is found in the index."""
        return rows.filter(kind__in=[kind for kind in KINDS if value in (kind, _family(kind))])


def _family(kind: str) -> str:
    return kind.partition(".")[0]


class FormatFilter(ClosedFilter):
    """The two formats, or neither."""

    title = _("format")
    parameter_name = "format"
    words = [("chakra", "chakra"), ("meta", "meta"), ("none", _("neither"))]

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The column is empty for neither."""
        return rows.filter(format="" if value == "none" else value)


class DirectionFilter(ClosedFilter):
    """Who wrote a message."""

    title = _("direction")
    parameter_name = "direction"
    words = Direction.choices


class MessageStatusFilter(ClosedFilter):
    """The highest word heard of a message of ours."""

    title = _("status")
    parameter_name = "status"
    words = MessageStatus.choices
    indexed = True


class TickFilter(ClosedFilter):
    """The platform's words for what became of a message."""

    title = _("status")
    parameter_name = "status"
    words = [
        (word, MessageStatus(word).label)
        for word in ("accepted", "sent", "delivered", "read", "played", "failed")
    ]


class StatusTypeFilter(ClosedFilter):
    """What a delivery status speaks of."""

    title = _("type")
    parameter_name = "type"
    words = StatusType.choices


class FailureStateFilter(ClosedFilter):
    """Where a receiver's failure stands."""

    title = _("state")
    parameter_name = "state"
    words = FailureState.choices


class CampaignStateFilter(ClosedFilter):
    """Whether a campaign's messages leave."""

    title = _("state")
    parameter_name = "state"
    words = CampaignState.choices


class QualityFilter(ClosedFilter):
    """How good a number is; the API and events have different words for it. The table is small."""

    title = _("quality")
    parameter_name = "quality"
    words = [(word, label) for word, (label, _words) in standing.QUALITIES.items()]
    indexed = True

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """All words that come to the same."""
        return rows.filter(quality__in=standing.QUALITIES[value][1])


class NumberStatusFilter(ClosedFilter):
    """The states of numbers and of WABAs. The table is small."""

    title = _("status")
    parameter_name = "status"
    words = [
        ("fine", _("all is well")),
        ("doubtful", _("to be looked at")),
        ("stopped", _("nothing can be sent")),
    ]
    indexed = True

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """All words of this group; one that nobody knows is to be looked at."""
        if value == "doubtful":
            return rows.exclude(status__in=standing.FINE | standing.STOPPED | {""})
        return rows.filter(status__in=standing.FINE if value == "fine" else standing.STOPPED)


class TemplateStatusFilter(ClosedFilter):
    """The platform's words for how a template was reviewed."""

    title = _("status")
    parameter_name = "status"
    words = [
        (word, word)
        for word in (
            "APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "FLAGGED", "REINSTATED",
            "IN_APPEAL", "LOCKED", "ARCHIVED", "LIMIT_EXCEEDED", "PENDING_DELETION", "DELETED",
        )
    ]  # fmt: skip


class TemplateCategoryFilter(ClosedFilter):
    """The platform's categories."""

    title = _("category")
    parameter_name = "category"
    words = [(word, word) for word in ("MARKETING", "UTILITY", "AUTHENTICATION")]


class DeletedFilter(ClosedFilter):
    """Whether a template is still there."""

    title = _("deleted")
    parameter_name = "deleted"
    words = [("no", _("no")), ("yes", _("yes"))]

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """By its time."""
        return rows.filter(deleted_at__isnull=value == "no")


class MediaStateFilter(ClosedFilter):
    """Where the file of a message stands."""

    title = _("state")
    parameter_name = "state"
    words = MediaState.choices


class SignalFilter(ClosedFilter):
    """The signals that there are."""

    title = _("signal")
    parameter_name = "signal"
    words = [(name, name) for name in sorted(SIGNALS)]


class ReceivedFilter(ClosedFilter):
    """When a row came: since a moment, or yesterday."""

    title = _("received")
    parameter_name = "received"
    words = (
        ("hour", _("in the past hour")),
        ("today", _("today")),
        ("yesterday", _("yesterday")),
        ("week", _("in the past 7 days")),
        ("month", _("in the past 30 days")),
    )

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The rows of that time."""
        since, until = span(value)
        rows = rows.filter(received_at__gte=since)
        return rows if until is None else rows.filter(received_at__lt=until)


class CallReceivedFilter(ReceivedFilter):
    """The same by the index (account, received_at): only calls of accounts in the settings."""

    indexed = True

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The index begins with the account."""
        return super().narrow(rows.filter(account__in=accounts()), value)


def span(word: str) -> tuple[datetime, datetime | None]:
    """From when, and until when if not until now."""
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if word == "yesterday":
        return midnight - timedelta(days=1), midnight
    starts = {
        "hour": now - timedelta(hours=1),
        "today": midnight,
        "week": now - timedelta(days=7),
        "month": now - timedelta(days=30),
    }
    return starts[word], None


class LinkFilter(SimpleListFilter):
    """The rows of one other row: shown only on a list that a link has opened."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[Any, Any]]:
        """The row at hand, or none."""
        value = self.value()
        return [(value, f"{self.title} {value}")] if value else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the foreign key, which has an index."""
        value = self.value()
        if value is None:
            return queryset
        if not (value.isascii() and value.isdigit() and len(value) < 19):
            raise IncorrectLookupParameters
        return queryset.filter(**{f"{self.parameter_name}_id": int(value)})


def of(name: str) -> type[LinkFilter]:
    """A filter for the rows whose foreign key ``name`` leads to one row."""
    title = name.replace("_", " ")
    return type(
        f"{name.title()}LinkFilter", (LinkFilter,), {"title": title, "parameter_name": name}
    )
