"""Filters that ask the table for nothing: closed lists of words, the settings, and links.

Those of one list alone stand beside it.
"""

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

from .. import conf
from . import sight

#: A filter on a column without an index looks at so many of the newest rows, and no further.
RECENT = 20_000

Choices = Iterable[tuple[Any, Any]]


def recent(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The newest rows of the table among these: a bound for what no index answers."""
    # Asked for first: with a subquery in its place MariaDB walks through the whole table.
    newest = rows.model._base_manager.order_by("-pk").values_list("pk", flat=True).first()
    return rows.filter(pk__gt=(newest or 0) - RECENT)


def accounts() -> list[str]:
    """The aliases in the settings, as far as whoever looks may see them."""
    return [alias for alias in map(str, conf.raw_accounts()) if sight.current().sees(alias)]


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
