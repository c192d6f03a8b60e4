"""Messages, both ways."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ..models import (
    Campaign,
    Contact,
    Conversation,
    DeliveryStatus,
    Direction,
    Message,
    MessageSource,
    MessageStatus,
    ReceiverFailure,
    WebhookCall,
)
from . import filters, lookup, render
from .media import files_of
from .sending import SendingAdmin, attempts_table, queue_state, window

Html = SafeString | str

#: Delivery statuses that a message's page shows.
TICKS = 50

#: Where people wrote what we did not send.
FROM: dict[str, Any] = {
    str(MessageSource.ECHO_PHONE): _("from the phone"),
    str(MessageSource.ECHO_INBOX): _("from Chakra's inbox"),
}


def direction(message: Message) -> Html:
    """Who wrote it, as a badge; of copies, where."""
    badge = render.word(message.direction, message.get_direction_display())
    where = FROM.get(message.source)
    return render.at(badge, where) if where else badge


class DirectionFilter(filters.ClosedFilter):
    """Who wrote a message."""

    title = _("direction")
    parameter_name = "direction"
    words = Direction.choices


class MessageStatusFilter(filters.ClosedFilter):
    """The highest word heard of a message of ours."""

    title = _("status")
    parameter_name = "status"
    words = MessageStatus.choices
    indexed = True


@admin.register(Message)
class MessageAdmin(SendingAdmin):
    """Messages with what became of them. Search: id, external id (wamid), Chakra's id."""

    list_display = [
        "id", "when", "account", "direction_word", "contact_link", "excerpt", "status_word",
        "conversation_link",
    ]  # fmt: skip
    list_filter = [
        filters.ReceivedFilter,
        DirectionFilter,
        MessageStatusFilter,
        filters.AccountFilter,
        filters.of("conversation"),
        filters.of("contact"),
        filters.of("call"),
        filters.of("campaign"),
        filters.of("retry_of"),
    ]
    list_defer = ("payload", "text", "error_details", "attempt_log")
    search_fields = ("id",)
    search_help_text = _("Whole ids only: our own, WhatsApp's (wamid), or Chakra's.")
    fieldsets = (
        (None, {"fields": (
            "account", "direction_word", "kind", "role", "when", "full_text", "files",
            "conversation_link", "contact_link", "author_name", "campaign_link",
        )}),
        (_("What became of it"), {"fields": (
            "status_word", "error", "ticks", "edited_at", "revoked_at", "failures",
        )}),
        (_("Sending"), {"fields": (
            "queued", "attempts_made", "resolution_word", "window_state", "acts",
        )}),
        (_("Other messages"), {"fields": (
            "reply_link", "target_link", "retry_link", "retries_link",
        )}),
        (_("What was posted"), {"fields": (
            "external_id", "chakra_id", "source_word", "occurred", "received", "call_link",
            "payload_text",
        )}),
        (_("Technical"), {
            "classes": ("collapse",),
            "fields": (
                "idempotency_key", "attempts", "next_attempt_at", "claimed_until", "sending_in",
                "announce_at", "announced_at",
            ),
        }),
    )  # fmt: skip

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Only the beginning of each text; the contacts in queries of their own."""
        rows = rows.annotate(text_start=Left("text", 200))
        return super().for_list(rows).prefetch_related("conversation__contact")

    def find(self, term: str) -> Iterable[int]:
        """By id, external id or Chakra's id."""
        yield from lookup.number_in(term)
        for message in lookup.messages(term):
            yield message.pk

    @admin.display(description=_("time"))
    def when(self, message: Message) -> Html:
        """Its place in the conversation."""
        return render.moment(message.sort_at)

    @admin.display(description=_("occurred at"))
    def occurred(self, message: Message) -> Html:
        """By the platform's clock."""
        return render.moment(message.occurred_at)

    @admin.display(description=_("received at"))
    def received(self, message: Message) -> Html:
        """By ours."""
        return render.moment(message.received_at)

    @admin.display(description=_("direction"))
    def direction_word(self, message: Message) -> Html:
        """As a badge; of what was not written here, where it was."""
        return direction(message)

    @admin.display(description=_("status"))
    def status_word(self, message: Message) -> Html:
        """As a badge."""
        return render.word(message.status, message.get_status_display())

    @admin.display(description=_("text"))
    def excerpt(self, message: Message) -> Html:
        """Its beginning; its kind where it has no text."""
        start = getattr(message, "text_start", None)
        return render.short((message.text if start is None else start) or f"[{message.kind}]")

    @admin.display(description=_("text"))
    def full_text(self, message: Message) -> Html:
        """All of it."""
        return render.block(message.text)

    @admin.display(description=_("files"))
    def files(self, message: Message) -> Html:
        """What hangs on it, or why it is not there."""
        return files_of(self, message)

    @admin.display(description=_("contact"))
    def contact_link(self, message: Message) -> Html:
        """The other side of the conversation, whoever wrote."""
        contact = message.conversation.contact
        return self.link(Contact, contact.pk, contact) if contact else render.NOTHING

    @admin.display(description=_("conversation"))
    def conversation_link(self, message: Message) -> Html:
        """Where it stands."""
        return self.id_link(Conversation, message.conversation_id)

    @admin.display(description=_("author"))
    def author_name(self, message: Message) -> Html:
        """The member of staff who wrote it."""
        return render.isolated(message.author) if message.author else render.NOTHING

    @admin.display(description=_("error"))
    def error(self, message: Message) -> Html:
        """The platform's words for why it failed."""
        code = "" if message.error_code is None else str(message.error_code)
        title = " ".join(filter(None, (code, message.error_title)))
        return render.block("\n".join(filter(None, (title, message.error_details))))

    @admin.display(description=_("delivery statuses"))
    def ticks(self, message: Message) -> Html:
        """The first of them in a table, and a link to their list."""
        rows = message.delivery_statuses.defer("payload").order_by("pk")[:TICKS]
        shown = render.table(
            (_("status"), _("time"), _("error"), _("call")),
            [
                (
                    self.link(DeliveryStatus, row.pk, row.status or row.pk),
                    render.moment(row.occurred_at or row.received_at),
                    render.short(row.error_title),
                    self.id_link(WebhookCall, row.call_id),
                )
                for row in rows
            ],
        )
        return render.below(
            shown, self.list_link(DeliveryStatus, _("In their list"), message=message.pk)
        )

    @admin.display(description=_("receivers that failed"))
    def failures(self, message: Message) -> Html:
        """The list of those that will hear of it again."""
        return self.list_link(ReceiverFailure, _("In their list"), message=message.pk)

    @admin.display(description=_("reply to"))
    def reply_link(self, message: Message) -> Html:
        """The quoted message; its id alone where we don't have it."""
        unknown = message.reply_to_external_id if message.reply_to_id is None else ""
        return self._message(message.reply_to_id, unknown)

    @admin.display(description=_("target"))
    def target_link(self, message: Message) -> Html:
        """What a reaction, edit or revoke is about."""
        unknown = message.target_external_id if message.target_id is None else ""
        return self._message(message.target_id, unknown)

    @admin.display(description=_("retry of"))
    def retry_link(self, message: Message) -> Html:
        """The message that this one sends again."""
        return self.link(Message, message.retry_of_id)

    @admin.display(description=_("sent again as"))
    def retries_link(self, message: Message) -> Html:
        """The message that sends this one again."""
        rows = message.retries.order_by("pk").values_list("pk", flat=True)[:TICKS]
        return render.below(*(self.link(Message, pk) for pk in rows)) or render.NOTHING

    @admin.display(description=_("source"))
    def source_word(self, message: Message) -> Html:
        """How it came to us."""
        return render.printable(str(FROM.get(message.source) or message.get_source_display()))

    @admin.display(description=_("campaign"))
    def campaign_link(self, message: Message) -> Html:
        """The reason for which it is sent."""
        return self.link(Campaign, message.campaign_id, message.campaign)

    @admin.display(description=_("queue"))
    def queued(self, message: Message) -> Html:
        """Since when and for what it waits."""
        return queue_state(message)

    @admin.display(description=_("attempts"))
    def attempts_made(self, message: Message) -> Html:
        """Those that the row keeps."""
        return attempts_table(message)

    @admin.display(description=_("how we know its id"))
    def resolution_word(self, message: Message) -> Html:
        """Of ours: by which fact the platform named it."""
        return render.word(message.resolution, message.get_resolution_display())

    @admin.display(description=_("24-hour window"))
    def window_state(self, message: Message) -> Html:
        """Of its conversation, now."""
        return window(message.conversation)

    @admin.display(description=_("actions"))
    def acts(self, message: Message) -> Html:
        """Where they are: on the list."""
        if message.source != MessageSource.SEND:
            return render.NOTHING
        return self.list_link(
            Message, _("Check, send again or cancel it in the list"), q=message.pk
        )

    @admin.display(description=_("call"))
    def call_link(self, message: Message) -> Html:
        """The call that first brought it."""
        return self.link(WebhookCall, message.call_id)

    @admin.display(description=_("payload"))
    def payload_text(self, message: Message) -> Html:
        """Indented."""
        return render.payload_block(message.payload)

    def _message(self, pk: int | None, unknown: str) -> Html:
        return render.isolated(unknown) if unknown else self.link(Message, pk)
