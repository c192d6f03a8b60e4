"""The pages of the chat, below the admin's list of conversations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from ...models import Conversation
from ..base import EvidenceAdmin
from . import acts, contexts, cursors, inbox, live, thread

TEMPLATES = "admin/django_chakra/conversation"

View = Callable[..., HttpResponse]


class ChatAdmin(EvidenceAdmin):
    """The inbox in the place of the list, a thread in the place of the form.

    The list with its actions is at ``table/``, the columns of a row at ``<pk>/details/``. All rows
    come from ``get_queryset``: what a host leaves out there, nobody sees here.
    """

    inbox_template = f"{TEMPLATES}/inbox.html"
    thread_template = f"{TEMPLATES}/thread.html"

    def get_urls(self) -> list[URLPattern]:
        """With those of the chat."""
        return [
            self._path("poll/", "poll", require_safe(self.poll_view)),
            self._path("table/", "table", self.table_view),
            self._path("<int:pk>/updates/", "updates", require_safe(self.updates_view)),
            self._path("<int:pk>/bubbles/", "bubbles", require_safe(self.bubbles_view)),
            self._path("<int:pk>/details/", "details", require_safe(self.details_view)),
            self._path("<int:pk>/read/", "read", require_POST(self.read_view)),
            self._path("<int:pk>/message/<int:message>/<slug:act>/", "act",
                       require_POST(self.act_view)),
            self._path("<int:pk>/mark/<slug:word>/", "mark", require_POST(self.mark_view)),
            *super().get_urls(),
        ]  # fmt: skip

    def _path(self, to: str, name: str, view: View) -> URLPattern:
        name = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        return path(to, self.admin_site.admin_view(view), name=name)

    @method_decorator(transaction.non_atomic_requests)
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The inbox. Django's list where one chooses a row for a form, and for its actions."""
        if request.method == "POST" or IS_POPUP_VAR in request.GET:
            return super().changelist_view(request, extra_context)
        self._need_view(request)
        context = contexts.inbox(self, request, inbox.Asked.of(request.GET.dict()))
        return self._answer(request, self.inbox_template, {**context, **(extra_context or {})})

    @method_decorator(transaction.non_atomic_requests)
    def table_view(self, request: HttpRequest) -> HttpResponse:
        """All conversations as Django lists rows, with the actions on them."""
        return super().changelist_view(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The thread; nothing can be posted to it."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        self._need_view(request)
        found = self._find(request, object_id)
        if found is None:
            # Django's own says that there is none.
            return super().change_view(request, object_id, form_url, extra_context)
        context = contexts.thread(self, request, found, _slice(request, found))
        return self._answer(request, self.thread_template, {**context, **(extra_context or {})})

    def details_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The columns of the row."""
        return super().change_view(request, str(pk))

    def bubbles_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A further slice of a thread, for the script."""
        found = self._get(request, pk)
        part = _slice(request, found)
        context = contexts.slice(self, request, found, part)
        return JsonResponse(
            {
                "bubbles": self._drawn(request, "bubbles", context),
                "older": context["older"],
                "newer": context["newer"],
            }
        )

    def updates_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What is new in a thread: its newest slice and its head, or 204 for nothing."""
        self._need_view(request)
        rows = live.with_newest(self.get_queryset(request).filter(pk=pk)).order_by()
        known = rows.values_list("version", "newest").first()
        if known is None:
            raise Http404
        if live.of_thread(*known) == request.GET.get("token"):
            return HttpResponse(status=204)
        found = self._get(request, pk)
        context = contexts.thread(self, request, found, thread.newest(found))
        return JsonResponse(
            {
                "token": context["token"],
                "bubbles": self._drawn(request, "bubbles", {**context, "first_unread": None}),
                "head": self._drawn(request, "head", context),
                "older": context["older"],
                "unread": found.unread_count,
            }
        )

    def poll_view(self, request: HttpRequest) -> HttpResponse:
        """What is new in the inbox: the rows of its first page, or 204 for nothing."""
        self._need_view(request)
        known = request.GET.get("token", "")
        token = live.of_inbox(self.get_queryset(request), known)
        if token == known:
            return HttpResponse(status=204)
        context = contexts.inbox(self, request, inbox.Asked.of(request.GET.dict()))
        return JsonResponse(
            {
                "token": token,
                "rows": self._drawn(request, "rows", context),
                "unread": context["unread"],
            }
        )

    def read_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the script posts once somebody has the end of a thread before their eyes."""
        found = self._get(request, pk, act=True)
        place = cursors.place(request.POST.get("to", ""))
        if place is None:
            return HttpResponse(status=400)
        acts.read(found, place[0])
        return HttpResponse(status=204)

    def mark_view(self, request: HttpRequest, pk: int, word: str) -> HttpResponse:
        """Done, reopen, unread: from a row of the inbox, or from the thread."""
        if word not in acts.MARKS:
            raise Http404
        found = self._get(request, pk, act=True)
        acts.mark(self, request, found, word)
        return acts.back(self, request)

    @method_decorator(transaction.non_atomic_requests)
    def act_view(self, request: HttpRequest, pk: int, message: int, act: str) -> HttpResponse:
        """An action of the admin of messages, on one message of a thread."""
        found = self._get(request, pk)
        return acts.on_message(self, request, found, message, act)

    def _need_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _get(self, request: HttpRequest, pk: int, *, act: bool = False) -> Conversation:
        """A conversation that the viewer may see, or do something to."""
        self._need_view(request)
        if act and not self.has_act_permission(request):
            raise PermissionDenied
        found = self._find(request, str(pk))
        if found is None:
            raise Http404
        return found

    def _find(self, request: HttpRequest, object_id: str) -> Conversation | None:
        """With both its ends, in two queries."""
        if not (object_id.isascii() and object_id.isdigit() and len(object_id) < 19):
            return None
        rows = live.with_newest(self.get_queryset(request)).select_related("number", "contact")
        found: Conversation | None
        found = rows.prefetch_related("contact__identities").filter(pk=object_id).first()
        if found is not None and not self.has_view_permission(request, found):
            raise PermissionDenied
        return found

    def _answer(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name
        named = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, template, named)

    def _drawn(self, request: HttpRequest, name: str, context: dict[str, Any]) -> str:
        request.current_app = self.admin_site.name
        return render_to_string(f"{TEMPLATES}/{name}.html", context, request=request)


def _slice(request: HttpRequest, conversation: Conversation) -> thread.Slice:
    """What the query string names: about a message, before or after a place; else the end."""
    given = request.GET
    message = given.get("message", "")
    if message.isascii() and message.isdigit() and len(message) < 19:
        return thread.around(conversation, int(message))
    if cursors.place(given.get("after", "")):
        return thread.newer(conversation, given["after"])
    before = given.get("before", "")
    return thread.older(conversation, before if cursors.place(before) else "")
