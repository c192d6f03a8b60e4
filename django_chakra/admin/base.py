"""What all admins of this package have in common; a base for a host's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth import get_permission_codename
from django.db.models import CharField, Field, Model, QuerySet, TextField
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from . import lookup, masks, render, sight
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

    Everything is shown under the sight of the request's user (:mod:`.sight`): numbers are masked,
    payloads kept back, and rows of other accounts are not there. Show what came from outside by
    :mod:`.render` or as a plain column, and it is masked.
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
    #: The column that holds a row's account; "" where rows belong to none, and everybody's are
    #: shown.
    account_column = "account"
    #: Columns that hold a number and nothing else.
    people: tuple[str, ...] = ()
    #: Rows of our own, with no number in them but ours: nothing is masked on their pages.
    is_ours = False
    #: Whether a search may find rows by numbers of people, or by what holds one.
    finds_people = True

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

    @property
    def urls(self) -> list[URLPattern]:
        """All pages, each under the sight of its user."""
        patterns = self.get_urls()
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = sight.seen(pattern.callback, ours=self.is_ours)
        return patterns

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the accounts that this user may see: for every way to look one up."""
        rows = super().get_queryset(request)
        accounts = sight.of(request).accounts
        if accounts is None or not self.account_column:
            return rows
        return rows.filter(**{f"{self.account_column}__in": sorted(accounts)})

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only by filters of the list, for whom something is kept back: by conditions of their own
        on any column they could guess it, digit by digit.
        """
        if not sight.of(request).is_whole:
            names = {getattr(one, "parameter_name", one) for one in self.get_list_filter(request)}
            return lookup in names
        return super().lookup_allowed(lookup, value, request)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Columns of texts masked."""
        return [self._shown(name) for name in super().get_list_display(request)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Columns of texts masked."""
        fieldsets: Any = deepcopy(super().get_fieldsets(request, obj))
        for _title, options in fieldsets:
            options["fields"] = [self._shown(name) for name in options["fields"]]
        return fieldsets

    def _shown(self, name: Any) -> Any:
        """For the name of a column of text a function that shows it masked, always the same one."""
        columns = self.__dict__.setdefault("_columns", self._text_columns())
        return columns.get(name, name)

    def _text_columns(self) -> dict[str, Callable[[Any], str]]:
        texts = (f for f in self.opts.concrete_fields if isinstance(f, CharField | TextField))
        return {f.name: _column(f, f.name in self.people) for f in texts if not f.choices}

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
            queryset = queryset.filter(pk__in=sorted(set(self.find_seen(request, term))))
        return queryset, False

    def find_seen(self, request: HttpRequest, term: str) -> Iterable[int]:
        """What :meth:`find` names, for this user: by numbers only if they may see them."""
        is_blind = self.finds_people and not sight.of(request).numbers and masks.hides(term)
        return lookup.number_in(term) if is_blind else self.find(term)

    def action_checkbox(self, obj: Any) -> SafeString:
        """With a name for screen readers that has no number in it."""
        return super().action_checkbox(render.Named(obj))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With titles and breadcrumbs that have no number in them."""
        if (row := context.get("original")) is not None:
            context |= {"original": render.Named(row), "subtitle": render.said(row)}
        shown: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return shown

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The same."""
        response = super().history_view(request, object_id, extra_context)
        if not isinstance(response, TemplateResponse):
            return response
        context = response.context_data or {}
        if (row := context.get("object")) is not None:
            title = _("Change history: %s") % render.said(row)
            response.context_data = {**context, "object": render.Named(row), "title": title}
        return response

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        """Without numbers, whoever did it: others read the history."""
        return super().log_addition(request, *self._logged(obj, message))

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        """The same."""
        return super().log_change(request, *self._logged(obj, message))

    def _logged(self, row: Any, words: Any) -> tuple[Any, Any]:
        if self.is_ours:
            return row, words
        is_text = isinstance(words, str) and not isinstance(words, SafeString)
        return render.Named(row, always=True), masks.text(words) if is_text else words

    def each(
        self,
        request: HttpRequest,
        ticked: QuerySet[Any],
        act: Callable[[Any], int],
        words: str,
    ) -> int:
        """Do something to one row after the other, and say so in the history of those that it was
        done to; to how many it was.
        """
        rows = self.model._default_manager
        keys = list(ticked.values_list("pk", flat=True))
        done = 0
        for row in rows.filter(pk__in=keys).defer(*self.list_defer).order_by("pk"):
            if act(rows.filter(pk=row.pk)):
                self.log_change(request, row, words)
                done += 1
        return done

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        """Without the numbers that this user may not see."""
        super().message_user(request, render.said(message), *args, **kwargs)

    def link(self, model: type[Model], pk: int | None, text: object = None) -> SafeString | str:
        """A link to the page of a row; its text alone where that model has no admin."""
        if pk is None:
            return render.NOTHING
        name = text or format_html("{} {}", model._meta.verbose_name, pk)
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


def _column(field: Field[Any, Any], is_person: bool) -> Callable[[Any], str]:
    """A column as a function of the row, under the column's name and heading."""
    mask = render.person if is_person else render.printable

    @admin.display(description=field.verbose_name)
    def shown(row: Any) -> str:
        value = getattr(row, field.name)
        return mask(str(value)) if value else render.NOTHING

    shown.__name__ = field.name
    return shown
