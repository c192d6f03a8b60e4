"""Which files a message has: where they stand in it, and what it says of them. Pure.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .base import Json, mapping
from .content import LISTED
from .ids import platform_id
from .storable import storable_text

#: Types of messages that are a file; "voice" is the older word for audio.
KINDS = ("image", "video", "audio", "voice", "document", "sticker")
#: Longest URL that is kept. Meta's have some 300 characters.
MAX_URL = 4096

_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_URL_SAFE = str.maketrans("-_", "+/")


class MediaReference(NamedTuple):
    """One file of a message, as the message names it.

    ``slot`` is where it stands: the message's type, or "header". ``media_id`` is Meta's, ``url``
    where the webhook says it is; both may be "". ``sha256`` is in hexadecimal digits, "" when none
    is named. ``mime_type`` and ``filename`` are at most 255 characters of anybody's.
    """

    slot: str
    media_id: str
    url: str
    mime_type: str
    sha256: str
    filename: str


def files_of(item: Mapping[str, Json]) -> tuple[MediaReference, ...]:
    """The files of an item of ``messages[]`` or ``message_echoes[]``, each slot once.

    Media, and the header of a template or of buttons, as echoes have them. A file that is given by
    a link of the business's own is none of the platform's, and an edit names the file of the
    message that it changes: neither is given. A customer's media without id and URL is given,
    since there was one; not so from a list, which may just not say.
    """
    found = (_reference(slot, part) for slot, part in _parts(item) if _is_theirs(slot, part))
    return tuple(one for one in found if one.media_id or one.url or LISTED not in item)


def sha256_hex(value: object) -> str:
    """A SHA-256 as 64 hexadecimal digits; webhooks have it so, or in base64. "" for all else."""
    text = value.strip() if isinstance(value, str) and len(value) < 100 else ""
    if _HEX.fullmatch(text):
        return text.lower()
    try:
        digest = base64.b64decode(text.rstrip("=").translate(_URL_SAFE) + "=", validate=True)
    except (binascii.Error, ValueError):
        return ""
    return digest.hex() if len(digest) == 32 else ""


def _parts(item: Mapping[str, Json]) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Slots, and what stands in them."""
    word = item.get("type")
    if isinstance(word, str) and word in KINDS:
        part = item.get(word)
        if isinstance(part, dict):
            yield word, part
    elif word == "template":
        yield from _header(_parameters(mapping(item.get("template"))))
    elif word == "interactive":
        yield from _header([mapping(mapping(item.get("interactive")).get("header"))])


def _parameters(template: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """What fills in the header of a template."""
    components = template.get("components")
    for component in map(mapping, components if isinstance(components, list) else ()):
        kind, parameters = component.get("type"), component.get("parameters")
        if isinstance(kind, str) and kind.lower() == "header" and isinstance(parameters, list):
            yield from map(mapping, parameters)


def _header(
    parts: Iterator[Mapping[str, Json]] | list[dict[str, Json]],
) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """The file of a header, of which there is one at most."""
    for part in parts:
        kind = part.get("type")
        if isinstance(kind, str) and kind in KINDS and mapping(part.get(kind)):
            yield "header", mapping(part[kind])
            return


def _is_theirs(slot: str, part: Mapping[str, Json]) -> bool:
    """Whether the platform has the file, and not the business under a link of its own."""
    if platform_id(part.get("id")) or part.get("url"):
        return True
    return slot != "header" and not part.get("link")


def _reference(slot: str, part: Mapping[str, Json]) -> MediaReference:
    url = storable_text(part.get("url"))
    return MediaReference(
        slot=slot,
        media_id=platform_id(part.get("id")),
        # A part of a URL leads nowhere.
        url=url if len(url) <= MAX_URL else "",
        mime_type=storable_text(part.get("mime_type"), 255).strip(),
        sha256=sha256_hex(part.get("sha256")),
        filename=storable_text(part.get("filename"), 255),
    )
