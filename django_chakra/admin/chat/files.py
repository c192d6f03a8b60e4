"""The files of a message, as parts of its bubble. Nothing is shown that is not kept here."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ...download import types
from ...events.base import mapping
from ...models import MediaFile, MediaState
from .. import serving
from .parts import File
from .said import Said

LABELS = {
    "image": _("Picture"),
    "video": _("Video"),
    "audio": _("Audio"),
    "voice": _("Voice message"),
    "document": _("Document"),
    "sticker": _("Sticker"),
}
#: What a browser may show a file as, by the family of its type.
SHOWN = {
    "image": ("image",),
    "sticker": ("image",),
    "video": ("video",),
    "audio": ("audio", "video"),
    "voice": ("audio", "video"),
}


def file(said: Said) -> File:
    """The file that the message is."""
    kind = said.kind
    if kind == "audio" and mapping(said.part).get("voice") is True:
        kind = "voice"
    row = next((one for one in said.files if one.slot == said.kind), None)
    return _file(said, kind, row)


def header(said: Said) -> File | None:
    """The file in the header of a template or of buttons, if it has one."""
    row = next((one for one in said.files if one.slot == "header"), None)
    if row is None:
        return None
    family = types.family(types.plain(row.mime_type))
    return _file(said, family if family in LABELS else "document", row)


def _file(said: Said, kind: str, row: MediaFile | None) -> File:
    label = str(LABELS[kind])
    if row is None:
        # Ours, by a link or an id of Meta's: it is not here, and nothing remote is ever loaded.
        name = said.words(mapping(said.part), "filename")
        return File(kind, label, name=name, state="elsewhere", state_label=str(_("not kept here")))
    name = said.names.words(serving.file_name(row))
    more_url = said.links.row("mediafile", row.pk)
    is_kept = row.state == MediaState.KEPT and bool(row.file)
    url = said.links.to("mediafile_file", row.pk) if is_kept else ""
    if not url:
        state, error = str(row.get_state_display()), said.names.start(row.error, 300)
        return File(
            kind, label, name=name, size=row.size, state=row.state, state_label=state,
            error=error, more_url=more_url,
        )  # fmt: skip
    mime_type = types.plain(row.mime_type)
    family = types.family(mime_type) if mime_type in types.INLINE else ""
    shown_as = SHOWN.get(kind, ())[:1] if family in SHOWN.get(kind, ()) else ()
    return File(
        kind, label, name=name, size=row.size, url=url, shown_as="".join(shown_as),
        state=row.state, more_url=more_url,
    )  # fmt: skip
