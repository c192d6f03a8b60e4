"""Lists that never count: pages of the newest rows, one row looked up beyond each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import EmptyPage, InvalidPage, Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator


class UncountedPaginator(AnyPaginator):
    """Pages without ``COUNT(*)``: one row more than the page tells whether another one follows.

    ``count`` is how many rows are known of, up to the page that was looked at and that one row.
    Nobody turns more pages than ``max_pages``, so no query skips more rows than that.
    """

    max_pages = 100
    #: There are rows beyond the last page.
    is_cut = False
    _known: int | None = None

    @property
    def count(self) -> int:
        """How many rows are known of."""
        if self._known is None:
            self.page(1)
        return self._known or 0

    def validate_number(self, number: int | float | str) -> int:
        """A page that may be looked at, whether or not there is anything on it."""
        try:
            number = int(number)
        except (TypeError, ValueError) as error:
            raise EmptyPage("no number") from error
        if not 1 <= number <= self.max_pages:
            raise EmptyPage("no such page")
        return number

    def page(self, number: int | str) -> Page[Any]:
        """The page, in one query."""
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        rows = list(self.object_list[start : start + self.per_page + 1])
        if not rows and number > 1:
            raise EmptyPage("nothing on this page")
        shown = rows[: self.per_page]
        self.is_cut = number == self.max_pages and len(rows) > len(shown)
        self._known = start + (len(shown) if self.is_cut else len(rows))
        self.__dict__.pop("num_pages", None)
        return Page(shown, number, self)


class PageChangeList(ChangeList):
    """The list page of an :class:`EvidenceAdmin`: its rows cost one query at any table size."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if not self.is_popup:
            # "Select … to change" is not what one does here.
            self.title = capfirst(str(self.opts.verbose_name_plural))

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """The filtered rows, with what the list shows and nothing heavier."""
        rows = super().get_queryset(request, exclude_parameters)
        page: Any = self.model_admin
        narrowed: QuerySet[Any] = page.for_list(rows)
        return narrowed

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Always the admin's own: by any other column the whole table would be sorted."""
        return list(self.model_admin.get_ordering(request)) or ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        """Look at one page."""
        paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        try:
            page = paginator.page(self.page_num)
        except InvalidPage as error:
            raise IncorrectLookupParameters from error
        self.paginator = paginator
        self.has_next = page.has_next()
        self.is_cut = getattr(paginator, "is_cut", False)
        # A list does where Django has a queryset: it is only walked through.
        self.result_list: Any = page.object_list
        # Django offers to select "all N" where these differ from the page, and nobody counted N.
        self.result_count = self.full_result_count = len(page.object_list)
        self.show_full_result_count = False
        self.show_admin_actions = bool(self.result_count)
        self.can_show_all = False
        self.multi_page = page.has_other_pages()

    @property
    def summary(self) -> str:
        """Which rows these are, in words."""
        start = (self.page_num - 1) * self.list_per_page
        end = start + self.result_count
        words = {"start": start + 1, "end": end, "name": self.opts.verbose_name_plural}
        if self.is_cut:
            return _("%(start)s to %(end)s; find older %(name)s by filter or search") % words
        if self.has_next:
            return _("%(start)s to %(end)s of more %(name)s") % words
        if self.multi_page:
            return _("%(start)s to %(end)s of %(end)s %(name)s") % words
        if end == 1:
            return f"1 {self.opts.verbose_name}"
        return f"{end} {self.opts.verbose_name_plural}"


class PageActionForm(ActionForm):
    """Actions are for the rows that were ticked, never for "all pages" of a huge table."""

    def clean_select_across(self) -> bool:
        """Whatever was posted."""
        return False
