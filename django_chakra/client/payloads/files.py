"""What the first bytes of a file say that it is, and whether WhatsApp takes it. Pure.

No file is opened, parsed or decompressed to find out more.
"""

from __future__ import annotations

from . import limits
from .checks import refuse

#: How many of the first bytes tell what a file is.
BEGINNING = 12
#: First bytes of what WhatsApp shows, with where they stand.
SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"OggS", "audio/ogg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\xff\xf9", "audio/aac"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (4, b"ftyp3g", "video/3gpp"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
)
#: MPEG-4 and its older form hold sound or pictures: their first bytes do not say which.
MPEG4 = frozenset({"video/mp4", "video/3gpp", "audio/mp4"})
#: Types of which some files begin otherwise.
_LOOSE = frozenset({"audio/aac", "audio/mpeg"})


def signed(beginning: bytes) -> str:
    """The type that the first bytes of a file stand for; "" for all that is not on the list."""
    for place, signature, mime_type in SIGNATURES:
        if beginning.startswith(signature, place):
            return mime_type
    return ""


def type_of(kind: str, named: str, beginning: bytes) -> str:
    """The type of a file for a message of this kind: the named one where it may be that, else what
    its first bytes say.

    How a name's ending is understood depends on the machine: many know no ``.webp`` or ``.ogg``.
    """
    types, found = limits.FILE_TYPES.get(kind, frozenset()), signed(beginning)
    if not types or named in types or not found:
        return named
    if found in MPEG4 and found not in types:
        found = f"{kind}/mp4"
    return found if found in types else named


def check_file(kind: str, *, mime_type: str, size: int, beginning: bytes) -> None:
    """Refuse what WhatsApp would fail later, after the upload.

    Args:
        kind: "image", "video", "audio", "document" or "sticker".
        mime_type: in lower case, without parameters.
        size: in bytes.
        beginning: the first :data:`BEGINNING` bytes.

    Raises:
        ValidationFailed: the type or the size is none for this kind, the file is empty, or its
            first bytes are not of that type (a photo of a phone that was merely renamed).

    https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types
    """
    types = limits.FILE_TYPES.get(kind)
    if types is not None and mime_type not in types:
        refuse(f"{kind}.file", f"has to be {' or '.join(sorted(types))}")
    if not size:
        refuse(f"{kind}.file", "must not be empty")
    if size > limits.FILE_BYTES[kind]:
        refuse(f"{kind}.file", f"at most {limits.FILE_BYTES[kind]} bytes, {size} given")
    if types is not None and not _agree(mime_type, signed(beginning)):
        refuse(f"{kind}.file", f"its first bytes are not those of {mime_type}")


def _agree(mime_type: str, found: str) -> bool:
    if not found:
        return mime_type in _LOOSE
    return mime_type == found or {mime_type, found} <= MPEG4 or {mime_type, found} <= _LOOSE
