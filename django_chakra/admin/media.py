"""Files of messages: what became of them, and the files themselves for who may see them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from .. import conf, download
from ..download import types
from ..events import platform_id
from ..events.media import KINDS as MEDIA_KINDS
from ..models import MediaFile, MediaState, Message
from . import filters, lookup, render, serving
from .base import EvidenceAdmin

Html = SafeString | str

#: Kinds of messages that may have files.
MAY_HAVE = (*MEDIA_KINDS, "template", "interactive")
#: Files of one message that its page shows; more than one is rare.
MOST = 20


class MediaStateFilter(filters.ClosedFilter):
    """Where the file of a message stands."""

    title = _("state")
    parameter_name = "state"
    words = MediaState.choices


@admin.register(MediaFile)
class MediaFileAdmin(EvidenceAdmin):
    """Files, with "download again". Search: id, or Meta's id of a file."""

    list_display = [
        "id", "account", "message_link", "slot", "name", "bytes_word", "state_word", "attempts",
        "next_attempt", "why",
    ]  # fmt: skip
    list_filter = [
        MediaStateFilter,
        filters.AccountFilter,
        filters.of("message"),
    ]
    list_defer = ("url", "public_url", "error")
    finds_people = False
    search_fields = ("id",)
    search_help_text = _("Whole ids only: our own, or Meta's of a file.")
    actions = ["download_again"]
    fieldsets = (
        (None, {"fields": ("account", "message_link", "slot", "shown")}),
        (_("What became of it"), {"fields": (
            "state_word", "words", "attempts", "next_attempt", "kept", "expires",
        )}),
        (_("What was posted"), {"fields": (
            "name", "mime_type", "sha256", "media_id", "address", "public_address",
        )}),
        (_("Technical"), {"classes": ("collapse",), "fields": ("size", "stored_name")}),
    )  # fmt: skip

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Only the beginning of each error."""
        return super().for_list(rows.annotate(error_start=Left("error", 200)))

    def find(self, term: str) -> Iterable[int]:
        """By id or media id."""
        yield from lookup.number_in(term)
        rows = MediaFile.objects.filter(media_id=platform_id(term))
        yield from rows.values_list("pk", flat=True)[: lookup.MOST]

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and one for the bytes."""
        view = self.admin_site.admin_view(require_safe(self.file_view))
        return [
            path("<int:pk>/file/", view, name="django_chakra_mediafile_file"),
            *super().get_urls(),
        ]

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The bytes, for who may view the row; see :mod:`.serving`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        media = self.get_object(request, str(pk))
        if media is None or not self.has_view_permission(request, media):
            raise Http404
        if media.state != MediaState.KEPT or not media.file:
            raise Http404("The file is not kept")
        try:
            return serving.response(request, media, name=shown_name(media))
        except FileNotFoundError:
            raise Http404("The file is not in the storage") from None

    @admin.action(description=_("Download again"), permissions=["act"])
    def download_again(self, request: HttpRequest, queryset: QuerySet[MediaFile]) -> None:
        """Let the ticked files be downloaded that failed, expired or were not wanted."""
        chosen = MediaFile.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))
        before = {row.pk: row for row in chosen.filter(state__in=download.AT_REST)}
        count = download.again(chosen)
        for row in chosen.filter(pk__in=before, state=MediaState.WAITING).order_by("pk"):
            self.log_change(request, row, str(_("Downloaded again.")))
        if count:
            text = ngettext(
                "%(count)s file is downloaded again.",
                "%(count)s files are downloaded again.",
                count,
            )
            self.message_user(request, text % {"count": count}, messages.SUCCESS)
            if conf.current().runner == "inline":
                transaction.on_commit(download.sweep_inline)
        if left := len(chosen) - count:
            text = ngettext(
                "%(count)s file was left as it is: it is kept, waits, or nobody knows where it is.",
                "%(count)s files were left as they are: they are kept, wait, or nobody knows where "
                "they are.",
                left,
            )
            self.message_user(request, text % {"count": left}, messages.WARNING)

    @admin.display(description=_("message"))
    def message_link(self, media: MediaFile) -> Html:
        """Whose file it is."""
        return self.id_link(Message, media.message_id)

    @admin.display(description=_("file name"))
    def name(self, media: MediaFile) -> Html:
        """As whoever sent it calls it."""
        return render.short(media.filename)

    @admin.display(description=_("size"))
    def bytes_word(self, media: MediaFile) -> Html:
        """In the unit that fits."""
        return render.NOTHING if media.size is None else filesizeformat(media.size)

    @admin.display(description=_("state"))
    def state_word(self, media: MediaFile) -> Html:
        """As a badge."""
        return render.word(media.state, media.get_state_display())

    @admin.display(description=_("next attempt at"))
    def next_attempt(self, media: MediaFile) -> Html:
        """To the second."""
        return render.moment(media.next_attempt_at)

    @admin.display(description=_("error"))
    def why(self, media: MediaFile) -> Html:
        """The beginning of the words."""
        start = getattr(media, "error_start", None)
        return render.short(media.error if start is None else start)

    @admin.display(description=_("error"))
    def words(self, media: MediaFile) -> Html:
        """Why it could not be had, in full."""
        return render.block(media.error)

    @admin.display(description=_("kept at"))
    def kept(self, media: MediaFile) -> Html:
        """To the second."""
        return render.moment(media.kept_at)

    @admin.display(description=_("expires at"))
    def expires(self, media: MediaFile) -> Html:
        """Until when the platform keeps it, as far as its pages say."""
        return render.moment(media.expires_at)

    @admin.display(description=_("URL"))
    def address(self, media: MediaFile) -> Html:
        """As text: it is anybody's, and needs Meta's token."""
        return render.block(media.url)

    @admin.display(description=_("public URL"))
    def public_address(self, media: MediaFile) -> Html:
        """As text."""
        return render.block(media.public_url)

    @admin.display(description=_("stored as"))
    def stored_name(self, media: MediaFile) -> Html:
        """Its name in the storage, which is ours."""
        return render.isolated(media.file.name) if media.file else render.NOTHING

    @admin.display(description=_("file"))
    def shown(self, media: MediaFile) -> Html:
        """The file as its message's page shows it."""
        return figure(self, media)


def files_of(page: EvidenceAdmin, message: Message) -> Html:
    """The files of a message, one under the other; nothing is asked for one that can have none."""
    if message.kind not in MAY_HAVE:
        return render.NOTHING
    rows = list(message.media_files.order_by("slot")[:MOST])
    if not rows:
        return render.NOTHING
    return render.below(
        *(
            render.below(
                figure(page, row), page.link(MediaFile, row.pk, _("What became of the file"))
            )
            for row in rows
        )
    )


def shown_name(media: MediaFile) -> str:
    """The sender's name of a file, as far as it may be seen."""
    return render.printable(serving.file_name(media))


def figure(page: EvidenceAdmin, media: MediaFile) -> Html:
    """A kept file, shown where browsers may; else its name and size, or why it is not there."""
    if media.state != MediaState.KEPT or not media.file:
        return render.at(
            render.word(media.state, media.get_state_display()), render.short(media.error, 300)
        )
    name = shown_name(media)
    size = "" if media.size is None else filesizeformat(media.size)
    try:
        url = reverse(
            "admin:django_chakra_mediafile_file",
            args=[media.pk],
            current_app=page.admin_site.name,
        )
    except NoReverseMatch:  # a host has put another admin in our place
        return render.at(render.isolated(name), size)
    link = render.at(format_html('<a href="{}">{}</a>', url, render.isolated(name)), size)
    shown = _element(types.plain(media.mime_type), url, name)
    return render.below(shown, link) if shown else link


def _element(mime_type: str, url: str, name: str) -> Html:
    """What shows it inside a page; of a file that is not what it says browsers show nothing."""
    if mime_type not in types.INLINE:
        return ""
    family = types.family(mime_type)
    if family == "image":
        return format_html(
            '<img class="chakra-image" src="{}" alt="{}" loading="lazy">',
            url,
            render.printable(name),
        )
    element = "audio" if family == "audio" else "video"
    return format_html(
        '<{} class="chakra-player" src="{}" controls preload="metadata"></{}>',
        element,
        url,
        element,
    )
