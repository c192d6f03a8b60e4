"""What staff see and do of messages that we send: attempts, and the three acts of ``send``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db import router, transaction
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from .. import send
from ..exceptions import ApiError, ChakraError
from ..models import Conversation, Message, MessageStatus
from ..models.contention import patiently
from ..send import Finding
from ..send.acts import AGAIN
from . import render
from .base import EvidenceAdmin

Html = SafeString | str

#: An action on one message: what became of it, or "" for what was asked for.
Act = Callable[[Message], str]


class SendingAdmin(EvidenceAdmin):
    """Actions on messages of ours. Each writes down in the history what was done to which."""

    actions = ["check_with_platform", "send_again", "cancel"]

    @method_decorator(transaction.non_atomic_requests)
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Not in one transaction: rows would be locked while the platform is asked for others."""
        return super().changelist_view(request, extra_context)

    @admin.action(description=_("Check with the platform"), permissions=["act"])
    def check_with_platform(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Ask what became of the ticked messages; ends where the platform does not answer."""
        said: Counter[tuple[int, str]] = Counter()
        for message in _chosen(queryset):
            try:
                checked = send.check(message)
            except ApiError as error:
                self.message_user(request, _not_asked(error), messages.ERROR)
                break
            except ChakraError as error:
                said[messages.WARNING, str(error)] += 1
                continue
            self.log_change(request, message, gettext("Checked: %s") % checked.words)
            is_known = checked.finding in (Finding.FOUND, Finding.KNOWN)
            said[messages.SUCCESS if is_known else messages.WARNING, checked.words] += 1
        self.tell(request, said)

    @admin.action(description=_("Send again"), permissions=["act"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> HttpResponse | None:
        """Send the ticked messages once more, after a page that asks whether that is meant."""
        chosen = _chosen(queryset)
        if "confirmed" not in request.POST:
            return _confirmation(self, request, chosen)
        said: Counter[tuple[int, str]] = Counter()
        had = set(chosen.filter(retries__isnull=False).values_list("pk", flat=True))
        count = 0
        for message in chosen:
            if message.pk in had:
                said[messages.WARNING, gettext("It was sent again before.")] += 1
                continue
            try:
                again = partial(self._send_one_again, request, message)
                patiently(again, using=router.db_for_write(Message))
            except ChakraError as error:
                said[messages.WARNING, str(error)] += 1
            else:
                count += 1
        if count:
            text = ngettext(
                "%(count)s message is sent again.", "%(count)s messages are sent again.", count
            )
            self.message_user(request, text % {"count": count}, messages.SUCCESS)
        self.tell(request, said)
        return None

    def _send_one_again(self, request: HttpRequest, message: Message) -> None:
        """In one transaction with the history: what is carried after the commit is in it."""
        retry = send.again(message, author=request.user)
        words = format_html(gettext("Sent again as message {}."), retry.pk)
        self.log_change(request, message, words)

    @admin.action(description=_("Cancel"), permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Keep the ticked messages that still wait from being sent."""
        chosen = _chosen(queryset)
        rows = list(chosen)
        count = 0
        for message in rows:
            if send.cancel(message, author=request.user):
                self.log_change(request, message, gettext("Cancelled."))
                count += 1
        if count:
            text = ngettext(
                "%(count)s message was cancelled.", "%(count)s messages were cancelled.", count
            )
            self.message_user(request, text % {"count": count}, messages.SUCCESS)
        if left := len(rows) - count:
            text = ngettext(
                "%(count)s message was left as it is: it does not wait any more.",
                "%(count)s messages were left as they are: they do not wait any more.",
                left,
            )
            self.message_user(request, text % {"count": left}, messages.WARNING)

    def tell(self, request: HttpRequest, said: Counter[tuple[int, str]]) -> None:
        """Say each sentence once, with the number of messages that it is about."""
        for (level, words), count in sorted(said.items()):
            text = ngettext("%(count)s message: %(words)s", "%(count)s messages: %(words)s", count)
            shown = render.printable(words)
            self.message_user(request, text % {"count": count, "words": shown}, level)


def _chosen(queryset: QuerySet[Message]) -> QuerySet[Message]:
    """The ticked rows whole, oldest first."""
    keys = list(queryset.values_list("pk", flat=True))
    return Message.objects.filter(pk__in=keys).select_related("conversation").order_by("pk")


def _not_asked(error: ApiError) -> str:
    words = gettext("The platform could not be asked, and nothing more was: %(error)s")
    return words % {"error": render.printable(str(error))}


def _confirmation(
    page: SendingAdmin, request: HttpRequest, chosen: QuerySet[Message]
) -> HttpResponse:
    """Which messages would be sent again, and which of them may then arrive twice."""
    rows = list(
        chosen.defer("payload", "text", "attempt_log")
        .annotate(text_start=Left("text", 200))
        .prefetch_related("conversation__contact", "retries")
    )
    fit = [row for row in rows if row.status in AGAIN and not row.retries.all()]
    context = {
        **page.admin_site.each_context(request),
        "title": gettext("Send again"),
        "opts": page.opts,
        "media": page.media,
        "table": _table(page, fit),
        "count": len(fit),
        "left": len(rows) - len(fit),
        "unknown": sum(row.status == MessageStatus.UNKNOWN for row in fit),
        "keys": [str(row.pk) for row in fit],
    }
    template = "admin/django_chakra/send_again.html"
    request.current_app = page.admin_site.name  # as Django's own pages do
    return TemplateResponse(request, template, context)


def _table(page: EvidenceAdmin, rows: Iterable[Any]) -> Html:
    return render.table(
        (_("message"), _("time"), _("contact"), _("text"), _("status")),
        [
            (
                page.id_link(Message, row.pk),
                render.moment(row.sort_at),
                render.short(str(row.conversation.contact or row.conversation.group_id or "")),
                render.short(row.text_start or f"[{row.kind}]"),
                render.word(row.status, row.get_status_display()),
            )
            for row in rows
        ],
    )


def attempts_table(message: Message) -> Html:
    """One line for each attempt that the row keeps, the newest last."""
    log: Any = message.attempt_log
    lines = [one for one in log if isinstance(one, dict)] if isinstance(log, list) else []
    return render.table(
        (_("began"), _("took"), _("outcome"), _("code"), _("words")),
        [
            (
                render.moment(_read(one.get("began"))),
                _took(_read(one.get("began")), _read(one.get("ended"))),
                render.word(str(one.get("outcome") or "")),
                render.printable(str(one.get("code") or render.NOTHING)),
                render.isolated(one.get("words") or render.NOTHING),
            )
            for one in lines
        ],
    )


def queue_state(message: Message) -> Html:
    """Since when it waits and for what; "-" for what does not."""
    lines: list[Html] = []
    if message.status in (MessageStatus.QUEUED, MessageStatus.PAUSED):
        lines.append(render.at(_("waits since"), message.received_at))
    if message.next_attempt_at is not None:
        lines.append(render.at(_("next attempt at"), message.next_attempt_at))
    if message.sending_in is not None:
        lines.append(render.at(_("on its way; its end is unknown after"), message.claimed_until))
    return render.below(*lines) if lines else render.NOTHING


def window(conversation: Conversation) -> Html:
    """Whether any message may be sent, and until or since when."""
    if conversation.group_id is not None:
        return gettext("none, it is a group: always open")
    closes_at = conversation.window_closes_at
    if closes_at is None:
        return render.at(render.word("closed", gettext("closed")), gettext("they never wrote"))
    if conversation.window_open:
        return render.at(render.word("open", gettext("open")), gettext("until"), closes_at)
    return render.at(render.word("closed", gettext("closed")), gettext("since"), closes_at)


def _read(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _took(began: datetime | None, ended: datetime | None) -> str:
    if began is None or ended is None or (began.tzinfo is None) != (ended.tzinfo is None):
        return render.NOTHING
    return gettext("%(seconds)s s") % {"seconds": f"{(ended - began).total_seconds():.1f}"}
