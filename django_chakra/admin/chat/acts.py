"""What staff do from the chat: read, done, reopen, unread, and the acts on a message."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin.exceptions import NotRegistered
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http import HttpResponseRedirect as Redirect
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from ...models import Conversation, Message
from ...record import attention
from ..base import EvidenceAdmin
from .links import Links

#: What may be said of a conversation.
MARKS = ("done", "reopen", "unread")
#: What may be done to a message: actions of the admin of messages.
ACTS = ("check_with_platform", "send_again", "cancel")


def read(conversation: Conversation, to: datetime) -> None:
    """Shared by all who read. No history is kept: it would be longer than the conversation."""
    attention.read(conversation.pk, to)


def mark(page: EvidenceAdmin, request: HttpRequest, found: Conversation, word: str) -> None:
    """Write it down, in the history too; say why where nothing was done."""
    if word == "done":
        said = request.POST.get("seen", "")
        changed = attention.done(found.pk, seen=_moment(said))
        words, else_ = _("Done."), _("They have written meanwhile: it stays open.")
    elif word == "reopen":
        changed = attention.reopen(found.pk)
        words, else_ = _("Reopened."), _("It is open already.")
    else:
        changed = attention.unread(found.pk)
        words, else_ = _("Marked as unread."), _("It is unread already, or they never wrote.")
    if changed:
        page.log_change(request, found, words)
    else:
        page.message_user(request, else_, messages.WARNING)


def on_message(
    page: EvidenceAdmin, request: HttpRequest, found: Conversation, pk: int, act: str
) -> HttpResponse:
    """Have the admin of messages do it, then lead back to the message."""
    site = page.admin_site
    try:
        admin: Any = site.get_model_admin(Message)
    except NotRegistered:
        raise Http404 from None
    if act not in ACTS or not hasattr(admin, act):
        raise Http404
    if not admin.has_view_permission(request) or not admin.has_act_permission(request):
        raise PermissionDenied
    rows = admin.get_queryset(request).filter(pk=pk, conversation=found.pk)
    if not rows.exists():
        raise Http404
    answer: HttpResponse | None = getattr(admin, act)(request, rows)
    url = Links(site.name).row("conversation", found.pk)
    return answer or Redirect(f"{url}?message={pk}#m{pk}")


def back(page: EvidenceAdmin, request: HttpRequest) -> HttpResponse:
    """To where the form stood, if that is a page of this site; else to the inbox."""
    url = request.POST.get("next", "")
    hosts = {request.get_host()}
    if not url_has_allowed_host_and_scheme(url, hosts, require_https=request.is_secure()):
        url = Links(page.admin_site.name).to("conversation_changelist")
    return Redirect(url)


def _moment(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None
