"""Conversations: one of our numbers with a contact or a group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import backfill
from ..backfill import Scope
from ..exceptions import ApiError, ChakraError
from ..models import BusinessNumber, Contact, Conversation, Message
from . import filters, lookup, render
from .chat.views import ChatAdmin
from .messages import direction
from .sending import window

Html = SafeString | str

#: Messages that a conversation's page shows.
LATEST = 10


@admin.register(Conversation)
class ConversationAdmin(ChatAdmin):
    """The chat, and the rows behind it. Search: id, or the contact's phone or user id."""

    list_display = [
        "id", "contact_link", "number_link", "account", "last", "last_inbound", "unread_count",
    ]  # fmt: skip
    list_filter = [
        filters.AccountFilter,
        filters.of("number"),
        filters.of("contact"),
    ]
    search_fields = ("id",)
    search_help_text = _("The contact's whole phone number or user id, or an id of ours.")
    actions = ["ask_what_is_missing"]
    fieldsets = (
        (None, {"fields": ("account", "contact_link", "group_id", "number_link", "unread_count")}),
        (_("Messages"), {"fields": (
            "latest", "last", "last_inbound", "last_human_reply", "window_state", "rests_until",
        )}),
        (_("Technical"), {
            "classes": ("collapse",),
            "fields": (
                "read_to", "done_at", "version", "changed_at", "announcing_by", "announcing_until",
                "announcing_version",
            ),
        }),
    )  # fmt: skip

    @admin.action(description=_("Ask the platform what is missing"), permissions=["act"])
    def ask_what_is_missing(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> None:
        """Read the platform's lists of the ticked ones; ends where it does not answer."""
        chosen = list(queryset.values_list("pk", flat=True))
        for conversation in Conversation.objects.filter(pk__in=chosen).order_by("pk"):
            scope = Scope(account=conversation.account, conversation=conversation.pk)
            name = render.printable(str(conversation))
            try:
                row = backfill.run(scope, reason="admin")
            except ApiError as error:
                words = gettext("The platform could not be asked, and nothing more was: %(error)s")
                said = words % {"error": render.printable(str(error))}
                # What came before the error is recorded.
                self.log_change(request, conversation, said)
                self.message_user(request, said, messages.ERROR)
                break
            except ChakraError as error:
                said = render.printable(str(error))
                self.log_change(request, conversation, said)
                self.message_user(request, f"{name}: {said}", messages.WARNING)
                continue
            text = gettext("Asked: %(missed)s messages and %(statuses)s statuses were missing.")
            said = text % {"missed": row.missed, "statuses": row.missed_statuses}
            self.log_change(request, conversation, said)
            self.message_user(request, f"{name}: {said}", messages.SUCCESS)

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Both ends in queries of their own."""
        return super().for_list(rows).prefetch_related("contact", "number")

    def find(self, term: str) -> Iterable[int]:
        """By id, or by an identity of the contact."""
        yield from lookup.number_in(term)
        contacts = [identity.contact_id for identity in lookup.identities(term)]
        rows = Conversation.objects.filter(contact__in=contacts).order_by("-pk")
        yield from rows.values_list("pk", flat=True)[: lookup.MOST]

    @admin.display(description=_("contact"))
    def contact_link(self, conversation: Conversation) -> Html:
        """The other side."""
        contact = conversation.contact
        if contact is None:
            return render.short(conversation.group_id or "")
        return self.link(Contact, contact.pk, contact)

    @admin.display(description=_("number"))
    def number_link(self, conversation: Conversation) -> Html:
        """Our side."""
        return self.link(BusinessNumber, conversation.number_id, render.ours(conversation.number))

    @admin.display(description=_("last at"))
    def last(self, conversation: Conversation) -> Html:
        """When it last moved."""
        return render.moment(conversation.last_at)

    @admin.display(description=_("last inbound at"))
    def last_inbound(self, conversation: Conversation) -> Html:
        """When the other side last wrote."""
        return render.moment(conversation.last_inbound_at)

    @admin.display(description=_("last human reply"))
    def last_human_reply(self, conversation: Conversation) -> Html:
        """When one of us last answered, here, in the inbox or on the phone."""
        return render.moment(conversation.last_human_reply_at)

    @admin.display(description=_("24-hour window"))
    def window_state(self, conversation: Conversation) -> Html:
        """Whether more than templates may be sent."""
        return window(conversation)

    @admin.display(description=_("rests until"))
    def rests_until(self, conversation: Conversation) -> Html:
        """Nothing of ours leaves before."""
        return render.moment(conversation.send_after)

    @admin.display(description=_("latest messages"))
    def latest(self, conversation: Conversation) -> Html:
        """The newest first, and a link to all of them."""
        rows = (
            conversation.messages.defer("payload", "text", "attempt_log")
            .annotate(text_start=Left("text", 200))
            .order_by("-sort_at", "-pk")[:LATEST]
        )
        shown = render.table(
            (_("time"), _("direction"), _("text"), _("status"), _("message")),
            [
                (
                    render.moment(row.sort_at),
                    direction(row),
                    render.short(row.text_start or f"[{row.kind}]"),
                    render.word(row.status, row.get_status_display()),
                    self.id_link(Message, row.pk),
                )
                for row in rows
            ],
        )
        return render.below(
            shown, self.list_link(Message, _("All its messages"), conversation=conversation.pk)
        )
