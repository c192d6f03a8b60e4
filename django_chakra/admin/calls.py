"""Stored calls: what was posted, what was read in it, and how far we are with it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from .. import events, process, receive
from ..models import CallState, DeliveryStatus, Message, ReceiverFailure, WebhookCall
from . import filters, lookup, render
from .base import EvidenceAdmin
from .facts import facts_table

Html = SafeString | str

#: States in which nothing is planned for a call.
AT_REST = (CallState.PROCESSED, CallState.FAILED, CallState.REFUSED)
#: What ``WebhookCall.kind`` may say.
KINDS = (*events.KINDS, "mixed")

_DIGEST = re.compile(r"[0-9a-f]{64}")
#: Characters of a signature that are shown.
_SHOWN = 12


class CallStateFilter(filters.ClosedFilter):
    """The states of calls, newest first straight from the index (state, next_attempt_at, id)."""

    title = _("state")
    parameter_name = "state"
    words = CallState.choices
    indexed = True

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """With its second column pinned, the index has the rows in the order of their ids."""
        rows = rows.filter(state=value)
        return rows.filter(next_attempt_at=None) if value in AT_REST else rows


class KindFilter(filters.ClosedFilter):
    """The kinds of facts that calls may hold: their families, and the kinds of the chosen one."""

    title = _("kind")
    parameter_name = "kind"
    indexed = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        """Families first; dozens of kinds in one list would be read by nobody."""
        chosen = _family(self.value() or "")
        choices = []
        for family in sorted({_family(kind) for kind in KINDS}):
            choices.append((family, family))
            if family == chosen:
                choices += [(kind, kind) for kind in KINDS if kind.startswith(f"{family}.")]
        return choices

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Of a family all kinds, of which each is found in the index."""
        return rows.filter(kind__in=[kind for kind in KINDS if value in (kind, _family(kind))])


def _family(kind: str) -> str:
    return kind.partition(".")[0]


class FormatFilter(filters.ClosedFilter):
    """The two formats, or neither."""

    title = _("format")
    parameter_name = "format"
    words = [("chakra", "chakra"), ("meta", "meta"), ("none", _("neither"))]

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The column is empty for neither."""
        return rows.filter(format="" if value == "none" else value)


class CallReceivedFilter(filters.ReceivedFilter):
    """When a call came, by the index (account, received_at): only calls of known accounts."""

    indexed = True

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """The index begins with the account."""
        return super().narrow(rows.filter(account__in=filters.accounts()), value)


@admin.register(WebhookCall)
class WebhookCallAdmin(EvidenceAdmin):
    """Calls of the platform, and the two ways to take them up again.

    Search: id, digest, uid, or the external id of a message that a call was the first to name.
    """

    list_display = [
        "id", "received", "account", "format", "state_word", "what", "attempts", "first_copy",
    ]  # fmt: skip
    list_filter = [
        CallReceivedFilter,
        CallStateFilter,
        KindFilter,
        FormatFilter,
        filters.AccountFilter,
        filters.of("repeat_of"),
    ]
    list_defer = ("body", "signature", "error")
    search_fields = ("id",)
    search_help_text = _("Whole ids only: of a call, a digest, a uid, or a message (wamid).")
    actions = ["process_again", "verify_again"]
    fieldsets = (
        (None, {"fields": ("account", "received", "state_word", "what", "facts")}),
        (_("What became of it"), {
            "fields": (
                "processed", "attempts", "next_attempt", "error_text", "unreadable", "first_copy",
                "belongings",
            ),
        }),
        (_("What was posted"), {"fields": ("format", "body_text")}),
        (_("Technical"), {
            "classes": ("collapse",),
            "fields": (
                "uid", "digest", "signature_start", "claimed_by", "claimed_until", "announce_at",
                "announced_at",
            ),
        }),
    )  # fmt: skip

    def find(self, term: str) -> Iterable[int]:
        """By id, uid, digest, or a message's external id."""
        calls = WebhookCall.objects.order_by("-pk").values_list("pk", flat=True)
        yield from lookup.number_in(term)
        if _DIGEST.fullmatch(term.lower()):
            among = calls.filter(account__in=filters.accounts(), digest=term.lower())
            yield from among[: lookup.MOST]
        elif (uid := _uid(term)) is not None:
            yield from calls.filter(uid=uid)
        brought = [row.call_id for row in lookup.messages(term)]
        brought += [row.call_id for row in lookup.statuses(term)]
        yield from (pk for pk in brought if pk is not None)

    @admin.action(description=_("Process again"), permissions=["act"])
    def process_again(self, request: HttpRequest, queryset: QuerySet[WebhookCall]) -> None:
        """Let the ticked calls be processed again; refused ones and those in hand stay."""
        ticked = queryset.count()
        count = self.each(request, queryset, process.replay, gettext("Is processed again."))
        if count:
            text = ngettext(
                "%(count)s call will be processed again.",
                "%(count)s calls will be processed again.",
                count,
            )
            self.message_user(request, text % {"count": count}, messages.SUCCESS)
        if left := ticked - count:
            text = ngettext(
                "%(count)s call was left as it is: refused, or being processed just now.",
                "%(count)s calls were left as they are: refused, or being processed just now.",
                left,
            )
            self.message_user(request, text % {"count": left}, messages.WARNING)

    @admin.action(description=_("Verify again"), permissions=["act"])
    def verify_again(self, request: HttpRequest, queryset: QuerySet[WebhookCall]) -> None:
        """Take in the ticked refused calls that verify with the secrets of today."""
        ticked = queryset.count()
        words = gettext("Verified again and taken in.")
        taken = self.each(request, queryset, receive.verify_again, words)
        text = ngettext(
            "%(taken)s of %(count)s call verifies now and was taken in.",
            "%(taken)s of %(count)s calls verify now and were taken in.",
            ticked,
        )
        level = messages.SUCCESS if taken else messages.WARNING
        self.message_user(request, text % {"taken": taken, "count": ticked}, level)

    @admin.display(description=_("received at"), empty_value=render.NOTHING)
    def received(self, call: WebhookCall) -> Html:
        """To the second."""
        return render.moment(call.received_at)

    @admin.display(description=_("processed at"))
    def processed(self, call: WebhookCall) -> Html:
        """To the second."""
        return render.moment(call.processed_at)

    @admin.display(description=_("next attempt at"))
    def next_attempt(self, call: WebhookCall) -> Html:
        """To the second."""
        return render.moment(call.next_attempt_at)

    @admin.display(description=_("state"))
    def state_word(self, call: WebhookCall) -> Html:
        """As a badge."""
        return render.word(call.state, call.get_state_display())

    @admin.display(description=_("what"))
    def what(self, call: WebhookCall) -> Html:
        """Its kinds with their numbers."""
        return render.short(call.kinds or call.kind)

    @admin.display(description=_("repeat of"))
    def first_copy(self, call: WebhookCall) -> Html:
        """The first call of the same bytes."""
        return self.id_link(WebhookCall, call.repeat_of_id)

    @admin.display(description=_("facts"))
    def facts(self, call: WebhookCall) -> Html:
        """What was read in it, with links to the rows that it speaks of."""
        return facts_table(self, call)

    @admin.display(description=_("lists"))
    def belongings(self, call: WebhookCall) -> Html:
        """What this call was the first to bring."""
        return render.below(
            self.list_link(Message, _("Messages first brought by it"), call=call.pk),
            self.list_link(
                DeliveryStatus, _("Delivery statuses first brought by it"), call=call.pk
            ),
            self.list_link(ReceiverFailure, _("Receivers that failed on its facts"), call=call.pk),
            self.list_link(WebhookCall, _("Repeats of it"), repeat_of=call.pk),
        )

    @admin.display(description=_("error"))
    def error_text(self, call: WebhookCall) -> Html:
        """In full."""
        return render.block(call.error)

    @admin.display(description=_("body"))
    def body_text(self, call: WebhookCall) -> Html:
        """Indented if it is JSON."""
        body = bytes(call.body)
        size = format_html('<p class="help">{}</p>', _("%s bytes") % f"{len(body):,}")
        return render.below(render.body_block(body), size)

    @admin.display(description=_("signature"))
    def signature_start(self, call: WebhookCall) -> Html:
        """Which headers came, and how they began."""
        return render.block("\n".join(map(_shortened, call.signature.splitlines())))


def _shortened(header: str) -> str:
    name, colon, value = header.partition(": ")
    value = value.removeprefix("sha256=")
    return f"{name}{colon}{value[:_SHOWN]}{'…' if len(value) > _SHOWN else ''}"


def _uid(term: str) -> Any:
    try:
        return uuid.UUID(term)
    except ValueError:
        return None
