"""The pages by which staff have templates synced, created and edited on the platform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_permission_codename
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http import HttpResponseRedirect as Redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from .. import conf, sync
from ..exceptions import ApiError, ChakraError
from ..models import MessageTemplate
from . import filters, render
from .base import EvidenceAdmin
from .drafts import CreateForm, EditForm

View = Callable[..., HttpResponse]


def urls(page: EvidenceAdmin) -> list[URLPattern]:
    """``sync/``, ``create/`` and ``<pk>/edit/`` below the list of templates."""
    name = f"{page.opts.app_label}_{page.opts.model_name}"

    def admin_view(view: View) -> View:
        def called(request: HttpRequest, **named: Any) -> HttpResponse:
            return view(page, request, **named)

        # Not in one transaction: the platform is asked meanwhile, and what it took stays taken.
        checked: View = page.admin_site.admin_view(transaction.non_atomic_requests(called))
        return checked

    return [
        path("sync/", admin_view(sync_now), name=f"{name}_sync"),
        path("create/", admin_view(create), name=f"{name}_create"),
        path("<int:pk>/edit/", admin_view(edit), name=f"{name}_edit"),
    ]


def allowed(page: EvidenceAdmin, request: HttpRequest) -> dict[str, bool]:
    """What this member of staff may do to templates, for a page that offers it."""
    return {"may_sync": page.has_act_permission(request), "may_create": _may(request, "add")}


def sync_now(page: EvidenceAdmin, request: HttpRequest) -> HttpResponse:
    """Ask the platform for the templates of each account that has a WABA and a token."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    _need(request, "change")
    for alias in filters.accounts():
        account = conf.account(alias)
        if account.access_token and account.waba_id:
            _sync(page, request, alias)
    return Redirect(_list(page))


def create(page: EvidenceAdmin, request: HttpRequest) -> HttpResponse:
    """Hand in a new template."""
    _need(request, "add")
    form = CreateForm(request.POST or None, accounts=filters.accounts())
    if form.is_valid():
        row = _asked(form, lambda: sync.create_template(**form.arguments))
        if row is not None:
            page.log_addition(request, row, _("Handed in for review."))
            return _shown(page, request, row)
    return _form(page, request, form, _("Create a template"))


def edit(page: EvidenceAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Hand in a template anew."""
    _need(request, "change")
    row = page.get_queryset(request).filter(pk=pk).first()
    if row is None:
        raise Http404
    form = EditForm(request.POST or None, row=row)
    if form.is_valid():
        edited = _asked(form, lambda: sync.edit_template(row, **form.arguments))
        if edited is not None:
            page.log_change(request, edited, _("Edited, and handed in for review."))
            return _shown(page, request, edited)
    title = _("Edit %(name)s") % {"name": render.printable(str(row))}
    return _form(page, request, form, title)


def _asked(form: Form, work: Callable[[], MessageTemplate]) -> MessageTemplate | None:
    """What came of asking the platform; what it refuses is the form's error."""
    try:
        return work()
    except ChakraError as error:
        said = str(error)
        if isinstance(error, ApiError):
            said = " ".join(filter(None, (error.message, error.details)))
        form.add_error(None, render.printable(said))
    return None


def _sync(page: EvidenceAdmin, request: HttpRequest, alias: str) -> None:
    named = {"account": alias}
    try:
        found = sync.templates(alias)
    except ChakraError as error:
        said = _("Account %(account)s: %(error)s")
        words = said % {**named, "error": render.printable(str(error))}
        page.message_user(request, words, messages.ERROR)
    else:
        said = _(
            "Account %(account)s: %(listed)s listed, %(new)s new, %(changed)s changed, "
            "%(deleted)s deleted."
        )
        words = said % {**named, **found._asdict()}
        page.message_user(request, words, messages.SUCCESS)
    # It is about no single row: the history of the site has it all the same.
    LogEntry.objects.create(
        user_id=request.user.pk or 0,
        content_type=ContentType.objects.get_for_model(MessageTemplate),
        object_repr=_("Templates of account %(account)s") % named,
        action_flag=CHANGE,
        change_message=_("Synced. %(words)s") % {"words": words},
    )


def _shown(page: EvidenceAdmin, request: HttpRequest, row: MessageTemplate) -> HttpResponse:
    """To the page that shows how the review stands."""
    said = _("The platform has it: %(status)s. What becomes of it is shown here.")
    page.message_user(request, said % {"status": row.status}, messages.SUCCESS)
    name = f"admin:{page.opts.app_label}_{page.opts.model_name}_change"
    return Redirect(reverse(name, args=[row.pk], current_app=page.admin_site.name))


def _form(page: EvidenceAdmin, request: HttpRequest, form: Form, title: str) -> HttpResponse:
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "opts": page.opts,
        "media": page.media + form.media,
        "form": form,
    }
    request.current_app = page.admin_site.name  # as Django's own pages do
    return TemplateResponse(request, "admin/django_chakra/template_form.html", context)


def _list(page: EvidenceAdmin) -> str:
    name = f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist"
    return reverse(name, current_app=page.admin_site.name)


def _may(request: HttpRequest, act: str) -> bool:
    opts = MessageTemplate._meta
    return request.user.has_perm(f"{opts.app_label}.{get_permission_codename(act, opts)}")


def _need(request: HttpRequest, act: str) -> None:
    if not _may(request, act):
        raise PermissionDenied
