"""Bodies of messages with a file: by public https link, or by an id of Meta's.

Chakra documents no way to get such an id; ``media.upload_public`` gives a link.
"""

from __future__ import annotations

from typing import Any

from . import limits
from .checks import address, identifier, mapping, refuse, words
from .message import message


def image(
    to: str,
    *,
    link: str | None = None,
    id: str | None = None,
    caption: str | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """A picture (JPEG or PNG), with up to 1024 characters below it.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/image-messages
    """
    return message("image", file("image", link, id, caption=caption), to=to, **rest)


def video(
    to: str,
    *,
    link: str | None = None,
    id: str | None = None,
    caption: str | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """A film (MP4 or 3GP), with up to 1024 characters below it.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/video-messages
    """
    return message("video", file("video", link, id, caption=caption), to=to, **rest)


def audio(
    to: str, *, link: str | None = None, id: str | None = None, voice: bool = False, **rest: Any
) -> dict[str, Any]:
    """A sound, without caption; with ``voice`` (Ogg Opus only) shown as a voice message.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/audio-messages
    """
    content = file("audio", link, id)
    return message("audio", {**content, "voice": True} if voice else content, to=to, **rest)


def document(
    to: str,
    *,
    link: str | None = None,
    id: str | None = None,
    caption: str | None = None,
    filename: str | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """Any file; the ending of ``filename`` says what it is shown as.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/document-messages
    """
    content = file("document", link, id, caption=caption, filename=filename)
    return message("document", content, to=to, **rest)


def sticker(
    to: str, *, link: str | None = None, id: str | None = None, **rest: Any
) -> dict[str, Any]:
    """A sticker (WebP), without caption. Unverified with Chakra.

    https://developers.facebook.com/docs/whatsapp/cloud-api/messages/sticker-messages
    """
    return message("sticker", file("sticker", link, id), to=to, **rest)


def file(
    field: str, link: Any, id: Any, *, caption: Any = None, filename: Any = None
) -> dict[str, Any]:
    """One file, by link or id and never both."""
    if (link is None) == (id is None):
        refuse(field, "needs either link or id")
    found = (
        {"id": identifier(id, f"{field}.id")}
        if link is None
        else {"link": address(link, f"{field}.link")}
    )
    if caption is not None:
        found["caption"] = words(caption, f"{field}.caption", limits.CAPTION)
    if filename is not None:
        found["filename"] = words(filename, f"{field}.filename")
    return found


def header(kind: str, value: Any, field: str) -> dict[str, Any]:
    """A file above a message or template: its link, or a dict of link or id (and filename)."""
    given = {"link": value} if isinstance(value, str) else mapping(value, field)
    known = {"link", "id", "filename"} if kind == "document" else {"link", "id"}
    if not given.keys() <= known:
        refuse(field, f"knows only {', '.join(sorted(known))}")
    return file(field, given.get("link"), given.get("id"), filename=given.get("filename"))
