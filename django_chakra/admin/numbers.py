"""Our own numbers, as far as the platform has named them."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ..events import platform_id
from ..models import BusinessNumber, Conversation
from . import filters, lookup, render
from .base import EvidenceAdmin

Html = SafeString | str


@admin.register(BusinessNumber)
class BusinessNumberAdmin(EvidenceAdmin):
    """The numbers that messages came in on. Search: Meta's phone number id, or our id."""

    list_display = [
        "id",
        "key",
        "display_number",
        "name",
        "quality",
        "status",
        "account",
        "seen",
    ]
    list_filter = [
        filters.AccountFilter,
    ]
    search_fields = ("id",)
    search_help_text = _("A whole phone number id, waba:<id>, display:<digits>, or an id of ours.")
    fieldsets = (
        (None, {"fields": ("account", "name", "display_number", "phone_number_id", "waba_id")}),
        (_("What there is"), {"fields": ("lists", "seen")}),
        (_("Name"), {"fields": ("name_status", "username")}),
        (_("Standing"), {"fields": ("quality", "messaging_limit", "status", "restrictions")}),
        (_("Technical"), {"classes": ("collapse",), "fields": ("key",)}),
    )

    def find(self, term: str) -> Iterable[int]:
        """By id or key."""
        yield from lookup.number_in(term)
        rows = BusinessNumber.objects.filter(account__in=filters.accounts(), key=platform_id(term))
        yield from rows.values_list("pk", flat=True)

    @admin.display(description=_("seen at"))
    def seen(self, number: BusinessNumber) -> Html:
        """To the hour."""
        return render.moment(number.seen_at)

    @admin.display(description=_("lists"))
    def lists(self, number: BusinessNumber) -> Html:
        """What hangs on this number."""
        return self.list_link(Conversation, _("Conversations"), number=number.pk)
