"""What all admins of this package have in common; a base for a host's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth import get_permission_codename
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from . import lookup, render
from .pages import PageActionForm, PageChangeList, UncountedPaginator

if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AnyModelAdmin = admin.ModelAdmin


class EvidenceAdmin(AnyModelAdmin):
    """Rows to be read: nobody adds, changes or deletes them here, superusers neither.

    They are what the platform said, it says each thing once, and rows hang on each other.
    Permission to view shows them; permission to change allows the actions, which ask for "act".

    Lists cost a fixed number of queries at any table size: the newest rows first, no ``COUNT(*)``,
    no sorting by other columns, filters from closed lists, and a search that looks up exact values
    in indexed columns (:meth:`find`). Keep to that in a subclass of yours.
    """

    ordering = ("-id",)
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    paginator = UncountedPaginator
    action_form = PageActionForm
    #: Columns that a list does not load.
    list_defer: tuple[str, ...] = ()

    class Media:
        css = {"all": ("django_chakra/admin.css",)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: there is no form."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: a deleted row could not be had again."""
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Who has the model's "change" permission may use the actions."""
        codename = get_permission_codename("change", self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Everything on the page."""
        return list(flatten_fieldsets(self.get_fieldsets(request, obj)))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PageChangeList]:
        """A list that does not count."""
        return PageChangeList

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """What a list loads: here, everything but ``list_defer``.

        Add what belongs to the rows by ``prefetch_related``: joined to a small table, MariaDB
        starts there and sorts all of a large one.
        """
        return rows.defer(*self.list_defer)

    def find(self, term: str) -> Iterable[int]:
        """The keys of the rows that this search term names, by indexed columns only.

        The base finds a row by its own id.
        """
        return lookup.number_in(term)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows that :meth:`find` names."""
        if term := search_term.strip():
            queryset = queryset.filter(pk__in=sorted(set(self.find(term))))
        return queryset, False

    def link(self, model: type[Model], pk: int | None, text: object = None) -> SafeString | str:
        """A link to the page of a row; its text alone where that model has no admin."""
        if pk is None:
            return render.NOTHING
        name = text or f"{model._meta.verbose_name} {pk}"
        return self._anchor(model, "change", name, args=[pk])

    def id_link(self, model: type[Model], pk: int | None) -> SafeString | str:
        """The same under a heading that names the model: the id says enough."""
        return self.link(model, pk, pk)

    def list_link(self, model: type[Model], text: object, **of: int | str) -> SafeString | str:
        """A link to the list of a model's rows that belong to one row, or that filters choose."""
        return self._anchor(model, "changelist", text, query=f"?{urlencode(of)}")

    def _anchor(
        self, model: type[Model], page: str, text: object, *, args: Any = (), query: str = ""
    ) -> SafeString:
        meta = model._meta
        name = f"admin:{meta.app_label}_{meta.model_name}_{page}"
        try:
            url = reverse(name, args=args, current_app=self.admin_site.name)
        except NoReverseMatch:
            return render.isolated(text)
        return format_html('<a href="{}{}">{}</a>', url, query, render.isolated(text))
