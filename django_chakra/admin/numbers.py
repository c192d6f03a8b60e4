"""Our own numbers, as far as the platform has named them, and how they stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from .. import sync
from ..events import platform_id
from ..exceptions import ChakraError
from ..models import BusinessNumber, Conversation, standing
from . import filters, lookup, render
from .base import EvidenceAdmin

Html = SafeString | str

#: Column -> its name, for what stands beside it: who said so, and when.
WORDS = {
    "quality": _("quality"),
    "messaging_limit": _("messaging limit"),
    "status": _("status"),
    "name": _("name"),
    "name_status": _("name status"),
    "username": _("username"),
    "restrictions": _("restrictions"),
}


class QualityFilter(filters.ClosedFilter):
    """How good a number is; the API and events have different words for it. The table is small."""

    title = _("quality")
    parameter_name = "quality"
    words = [(word, label) for word, (label, _words) in standing.QUALITIES.items()]
    indexed = True

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """All words that come to the same."""
        return rows.filter(quality__in=standing.QUALITIES[value][1])


class NumberStatusFilter(filters.ClosedFilter):
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


@admin.register(BusinessNumber)
class BusinessNumberAdmin(EvidenceAdmin):
    """The numbers that messages came in on. Search: Meta's phone number id, or our id."""

    list_display = [
        "id",
        "key",
        "display_number",
        "name",
        "quality_word",
        "limit",
        "status_word",
        "account",
        "seen",
    ]
    list_filter = [
        QualityFilter,
        NumberStatusFilter,
        filters.AccountFilter,
    ]
    list_defer = ("health", "restrictions")
    is_ours = True
    finds_people = False
    search_fields = ("id",)
    search_help_text = _("A whole phone number id, waba:<id>, display:<digits>, or an id of ours.")
    change_form_template = "admin/django_chakra/number.html"
    fieldsets = (
        (None, {"fields": ("account", "name", "display_number", "phone_number_id", "waba_id")}),
        (_("What there is"), {"fields": ("lists", "seen")}),
        (_("Name"), {"fields": ("name_status", "username")}),
        (
            _("Standing"),
            {"fields": ("quality_word", "limit", "status_word", "limits_of_the_waba", "entities")},
        ),
        (_("Who said so"), {"fields": ("sources", "asked")}),
        (_("Technical"), {"classes": ("collapse",), "fields": ("key",)}),
    )

    def find(self, term: str) -> Iterable[int]:
        """By id or key."""
        yield from lookup.number_in(term)
        rows = BusinessNumber.objects.filter(account__in=filters.accounts(), key=platform_id(term))
        yield from rows.values_list("pk", flat=True)

    def get_urls(self) -> list[URLPattern]:
        """The button of the page is a page of its own, which is only posted to."""
        view = self.admin_site.admin_view(self.ask)
        name = "django_chakra_businessnumber_ask"
        return [path("<int:pk>/ask/", view, name=name), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the button, for whoever may press it."""
        context["may_ask"] = self.has_act_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    @method_decorator(require_POST)
    @method_decorator(transaction.non_atomic_requests)
    def ask(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the platform about the numbers of this number's account; back to the page.

        Not in one transaction: rows would be locked while the platform is asked for others.
        """
        if not self.has_act_permission(request) or not self.has_view_permission(request):
            raise PermissionDenied
        number = get_object_or_404(self.get_queryset(request), pk=pk)
        try:
            done = sync.numbers(number.account)
        except ChakraError as error:
            words = gettext("The platform could not be asked: %(error)s")
            shown = words % {"error": render.printable(str(error))}
            self.message_user(request, shown, messages.ERROR)
            self.log_change(request, number, shown)
        else:
            self._tell(request, done)
            self.log_change(request, number, _asked(done))
        # A row known by its digits alone went into its number's.
        here = BusinessNumber.objects.filter(pk=pk).exists()
        page, args = ("change", [pk]) if here else ("changelist", [])
        name = f"admin:django_chakra_businessnumber_{page}"
        return HttpResponseRedirect(reverse(name, args=args, current_app=self.admin_site.name))

    def _tell(self, request: HttpRequest, done: sync.SyncedNumbers) -> None:
        """What came of asking, and what did not."""
        level = messages.SUCCESS if done.kept else messages.WARNING
        self.message_user(request, _asked(done), level)
        if done.others and not done.kept:
            shown = gettext("Others were left alone. Which are yours? Set WABA_ID in CHAKRA.")
            self.message_user(request, shown, messages.WARNING)
        for name in done.unknown:
            words = gettext("The platform knows no number %(name)s.")
            shown = words % {"name": render.printable(name)}
            self.message_user(request, shown, messages.WARNING)
        for name, error in done.failed.items():
            shown = f"{render.printable(name)}: {render.printable(str(error))}"
            self.message_user(request, shown, messages.ERROR)

    @admin.display(description=_("seen at"))
    def seen(self, number: BusinessNumber) -> Html:
        """To the hour."""
        return render.moment(number.seen_at)

    @admin.display(description=_("lists"))
    def lists(self, number: BusinessNumber) -> Html:
        """What hangs on this number."""
        return self.list_link(Conversation, _("Conversations"), number=number.pk)

    @admin.display(description=_("quality"))
    def quality_word(self, number: BusinessNumber) -> Html:
        """The platform's word, and what it comes to."""
        words = standing.quality_words(number.quality) if number.quality else ""
        word = render.word(number.quality)
        return render.beside(word, words) if words else word

    @admin.display(description=_("messaging limit"))
    def limit(self, number: BusinessNumber) -> Html:
        """In words."""
        return render.isolated(standing.limit_words(number.messaging_limit) or render.NOTHING)

    @admin.display(description=_("status"))
    def status_word(self, number: BusinessNumber) -> Html:
        """As a badge."""
        return render.word(number.status)

    @admin.display(description=_("restrictions"))
    def limits_of_the_waba(self, number: BusinessNumber) -> Html:
        """What its WABA may not do; events write that into the row of the WABA."""
        wabas: QuerySet[BusinessNumber] = BusinessNumber.objects.filter(account=number.account)
        wabas = wabas.filter(key=f"waba:{number.waba_id}") if number.waba_id else wabas.none()
        now = timezone.now()
        return render.table(
            (_("WABA"), _("what"), _("word"), _("until"), _("what to do")),
            [
                (
                    self.link(BusinessNumber, row.pk, row.key),
                    render.isolated(one.words),
                    render.word(one.type),
                    _until(one, now),
                    render.isolated(one.remediation or render.NOTHING),
                )
                for row in {one.pk: one for one in (number, *wabas)}.values()
                for one in standing.restrictions(row)
            ],
        )

    @admin.display(description=_("health"))
    def entities(self, number: BusinessNumber) -> Html:
        """What has to be well for a message to leave, as the API last said."""
        return render.table(
            (_("what"), _("sending"), _("why not"), _("what to do")),
            [
                (
                    render.isolated(" ".join(filter(None, (entity.type, entity.id)))),
                    render.word(entity.can_send),
                    _lines(f"{one.code} {one.description}".strip() for one in entity.problems),
                    _lines(one.solution for one in entity.problems),
                )
                for entity in standing.entities(standing.answer(number))
            ],
        )

    @admin.display(description=_("last words"))
    def sources(self, number: BusinessNumber) -> Html:
        """Of each word, whether an event or the API said it last, and when."""
        told = ((name, standing.told(number, column)) for column, name in WORDS.items())
        return render.table(
            (_("word"), _("said"), _("at")),
            [
                (
                    name,
                    _("by the API") if said.by_api else _("by an event"),
                    render.moment(said.at),
                )
                for name, said in told
                if said is not None
            ],
        )

    @admin.display(description=_("asked at"))
    def asked(self, number: BusinessNumber) -> Html:
        """When the API was last asked."""
        return render.moment(number.checked_at)


def _asked(done: sync.SyncedNumbers) -> str:
    """How many numbers the platform told of."""
    count = len(done.kept)
    text = ngettext(
        "The platform told of %(count)s number.", "The platform told of %(count)s numbers.", count
    )
    return text % {"count": count}


def _until(restriction: standing.Restriction, now: Any) -> Html:
    """Its end, and whether that is past."""
    if restriction.expires_at is None:
        return gettext("not said")
    at = render.moment(restriction.expires_at)
    return render.at(at, gettext("(past)")) if restriction.is_past(now) else at


def _lines(texts: Iterable[str]) -> Html:
    """Texts one below the other."""
    parts = [render.isolated(text) for text in texts if text]
    return render.below(*parts) if parts else render.NOTHING
