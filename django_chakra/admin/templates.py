"""Message templates: what they say and may be filled with, and how the platform judges them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ..client.payloads.fitting import Preview, preview
from ..client.payloads.shapes import Shape
from ..events import platform_id
from ..models import MessageTemplate
from ..record.templates import shape
from . import filters, lookup, render, templating
from .base import EvidenceAdmin

Html = SafeString | str


class TemplateStatusFilter(filters.ClosedFilter):
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


class TemplateCategoryFilter(filters.ClosedFilter):
    """The platform's categories."""

    title = _("category")
    parameter_name = "category"
    words = [(word, word) for word in ("MARKETING", "UTILITY", "AUTHENTICATION")]


class DeletedFilter(filters.ClosedFilter):
    """Whether a template is still there."""

    title = _("deleted")
    parameter_name = "deleted"
    words = [("no", _("no")), ("yes", _("yes"))]

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """By its time."""
        return rows.filter(deleted_at__isnull=value == "no")


@admin.register(MessageTemplate)
class MessageTemplateAdmin(EvidenceAdmin):
    """Templates as the platform has them. Search: the beginning of a name, or an id.

    Nothing is changed here but through the platform: "Sync now" asks it, "Create" and "Edit" hand a
    template in for review (:mod:`.templating`).
    """

    list_display = [
        "id", "title", "language", "category", "status_word", "quality_word", "account", "synced",
    ]  # fmt: skip
    list_filter = [
        TemplateStatusFilter,
        TemplateCategoryFilter,
        DeletedFilter,
        filters.AccountFilter,
    ]
    list_defer = ("components", "told_at", "reason")
    is_ours = True
    finds_people = False
    search_fields = ("id",)
    search_help_text = _("The beginning of a name, Meta's id of a template, or an id of ours.")
    change_list_template = "admin/django_chakra/templates.html"
    change_form_template = "admin/django_chakra/template.html"
    fieldsets = (
        (None, {"fields": ("bubble", "title", "language", "category", "account")}),
        (_("Review"), {"fields": ("status_word", "why", "quality_word", "deleted", "synced")}),
        (_("What goes into it"), {"fields": ("variables", "parameter_format")}),
        (_("Technical"), {
            "classes": ("collapse",),
            "fields": ("external_id", "waba_id", "components_text", "told"),
        }),
    )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        """With the pages that talk to the platform."""
        return [*templating.urls(self), *super().get_urls()]

    def find(self, term: str) -> Iterable[int]:
        """By id, the beginning of the name, or Meta's id."""
        yield from lookup.number_in(term)
        rows = MessageTemplate.objects.filter(account__in=filters.accounts()).order_by("-pk")
        keys = rows.values_list("pk", flat=True)
        yield from keys.filter(external_id=platform_id(term))
        yield from keys.filter(name__startswith=term.lower())[: lookup.MOST]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the time of the last sync of each account."""
        rows = MessageTemplate.objects.filter(account__in=filters.accounts()).order_by("account")
        synced = rows.values_list("account").annotate(Max("synced_at"))
        context = {
            "synced": [
                render.at(render.isolated(account), at if at else _("never"))
                for account, at in synced
            ],
            **templating.allowed(self, request),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With what may be done to it."""
        context |= templating.allowed(self, request)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("name"))
    def title(self, row: MessageTemplate) -> Html:
        """In full."""
        return render.isolated(row.name or row.external_id)

    @admin.display(description=_("status"))
    def status_word(self, row: MessageTemplate) -> Html:
        """The platform's word; and whether it is gone."""
        parts = [render.word(row.status)]
        if row.deleted_at is not None:
            parts.append(render.word("deleted", _("deleted")))
        return render.beside(*parts)

    @admin.display(description=_("quality"))
    def quality_word(self, row: MessageTemplate) -> Html:
        """The platform's word."""
        return render.word(row.quality)

    @admin.display(description=_("last sync"))
    def synced(self, row: MessageTemplate) -> Html:
        """To the second."""
        return render.moment(row.synced_at)

    @admin.display(description=_("deleted at"))
    def deleted(self, row: MessageTemplate) -> Html:
        """To the second."""
        return render.moment(row.deleted_at)

    @admin.display(description=_("reason"))
    def why(self, row: MessageTemplate) -> Html:
        """In full."""
        return render.block(row.reason)

    @admin.display(description=_("preview"))
    def bubble(self, row: MessageTemplate) -> Html:
        """As people read it, with its variables as they are written."""
        return bubble(preview(shape(row)))

    @admin.display(description=_("variables"))
    def variables(self, row: MessageTemplate) -> Html:
        """Where they are, how they are named, and an example of each."""
        return variables_table(shape(row))

    @admin.display(description=_("components"))
    def components_text(self, row: MessageTemplate) -> Html:
        """As the platform listed them, or as far as an event told."""
        return render.json_block(row.components)

    @admin.display(description=_("told at"))
    def told(self, row: MessageTemplate) -> Html:
        """Platform time of the last word about each column."""
        return render.json_block(row.told_at)


def bubble(shown: Preview) -> SafeString:
    """A template as a bubble; all of it is text from outside."""
    parts = [
        ("header", shown.header), ("body", shown.body), ("footer", shown.footer),
        *(("button", button) for button in shown.buttons),
    ]  # fmt: skip
    lines = [
        format_html('<div class="chakra-bubble-{}">{}</div>', kind, render.isolated(text))
        for kind, text in parts
        if text
    ]
    inner = render.joined(lines)
    cards = render.joined([bubble(card) for card in shown.cards])
    return format_html('<div class="chakra-bubble">{}{}</div>', inner, cards)


def variables_table(of: Shape) -> Html:
    """One line for each variable."""
    return render.table(
        (_("place"), _("name"), _("example")),
        [
            (
                render.isolated(one.place),
                render.isolated(one.name),
                render.short(one.example) if one.example else render.NOTHING,
            )
            for one in of.variables
        ],
    )
