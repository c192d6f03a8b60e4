"""Contacts, and the names by which the platform knows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ..models import Contact, ContactIdentity, Conversation, Message
from . import filters, lookup, render
from .base import EvidenceAdmin

Html = SafeString | str


@admin.register(Contact)
class ContactAdmin(EvidenceAdmin):
    """The people at the other end. Search: a phone number or user id, or our id of them."""

    list_display = ["id", "name_heard", "names", "account", "merged_link"]
    list_filter = [
        filters.AccountFilter,
    ]
    search_fields = ("id",)
    search_help_text = _("A whole phone number or user id, or an id of ours.")
    fieldsets = (
        (None, {"fields": ("account", "name_heard", "name_time", "username", "identity_table")}),
        (
            _("What there is"),
            {"fields": ("lists", "marketing_stopped_at", "marketing_at", "merged_link")},
        ),
    )

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With the identities of all of them, in one query."""
        return super().for_list(rows).prefetch_related("identities")

    def find(self, term: str) -> Iterable[int]:
        """By id, or by an identity."""
        yield from lookup.number_in(term)
        for identity in lookup.identities(term):
            yield identity.contact_id

    @admin.display(description=_("name"))
    def name_heard(self, contact: Contact) -> Html:
        """The newest profile name."""
        return render.short(contact.name)

    @admin.display(description=_("name heard at"))
    def name_time(self, contact: Contact) -> Html:
        """By the platform's clock."""
        return render.moment(contact.name_at)

    @admin.display(description=_("identities"))
    def names(self, contact: Contact) -> Html:
        """Phone and user ids in one line."""
        values = sorted(render.person(row.value) for row in contact.identities.all())
        return render.short(", ".join(values), 120)

    @admin.display(description=_("identities"))
    def identity_table(self, contact: Contact) -> Html:
        """Each with its kind."""
        rows = contact.identities.order_by("pk")[: lookup.MOST]
        return render.table(
            (_("kind"), _("value"), _("identity")),
            [
                (
                    render.isolated(row.get_kind_display()),
                    render.isolated(render.person(row.value)),
                    self.link(ContactIdentity, row.pk),
                )
                for row in rows
            ],
        )

    @admin.display(description=_("lists"))
    def lists(self, contact: Contact) -> Html:
        """What hangs on this contact."""
        return render.below(
            self.list_link(Conversation, _("Conversations"), contact=contact.pk),
            self.list_link(Message, _("Messages written by this contact"), contact=contact.pk),
        )

    @admin.display(description=_("merged into"))
    def merged_link(self, contact: Contact) -> Html:
        """The older contact of the same person."""
        return self.link(Contact, contact.merged_into_id)


@admin.register(ContactIdentity)
class ContactIdentityAdmin(EvidenceAdmin):
    """One name of a contact each. Search: a phone number or user id, or our id of the row."""

    list_display = ["id", "kind", "value_heard", "account", "contact_link"]
    list_filter = [filters.AccountFilter, filters.of("contact")]
    people = ("value", "match_key")
    search_fields = ("id",)
    search_help_text = _("A whole phone number or user id, or an id of ours.")
    fieldsets = ((None, {"fields": ("account", "kind", "value", "match_key", "contact_link")}),)

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The contacts in a query of their own."""
        return super().for_list(rows).prefetch_related("contact")

    def find(self, term: str) -> Iterable[int]:
        """By id or value."""
        yield from lookup.number_in(term)
        for identity in lookup.identities(term):
            yield identity.pk

    @admin.display(description=_("value"))
    def value_heard(self, identity: ContactIdentity) -> Html:
        """On one line."""
        return render.short(render.person(identity.value))

    @admin.display(description=_("contact"))
    def contact_link(self, identity: ContactIdentity) -> Html:
        """Whose name it is."""
        return self.link(Contact, identity.contact_id, identity.contact)
