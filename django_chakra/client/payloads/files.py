"""Whether WhatsApp takes a file as an image, a video, a sound, a sticker or a document."""

from __future__ import annotations

from . import limits
from .checks import refuse

#: How many of the first bytes are looked at.
BEGINNING = 12
#: What the first bytes of a file say of its type: their place, the bytes, the types they fit.
_SIGNS: tuple[tuple[int, bytes, frozenset[str]], ...] = (
    (0, b"\xff\xd8\xff", frozenset({"image/jpeg"})),
    (0, b"\x89PNG\r\n\x1a\n", frozenset({"image/png"})),
    (8, b"WEBP", frozenset({"image/webp"})),
    (4, b"ftyp", frozenset({"video/mp4", "video/3gpp", "audio/mp4"})),
    (0, b"OggS", frozenset({"audio/ogg"})),
    (0, b"#!AMR", frozenset({"audio/amr"})),
)
#: Types of which every file begins with its sign.
_SIGNED = frozenset().union(*(types for _, _, types in _SIGNS))


def check_file(kind: str, *, mime_type: str, size: int, beginning: bytes) -> None:
    """Refuse what WhatsApp would fail later, after the upload.

    Args:
        kind: "image", "video", "audio", "document" or "sticker".
        mime_type: in lower case, without parameters.
        size: in bytes.
        beginning: the first :data:`BEGINNING` bytes.

    Raises:
        ValidationFailed: the type or the size is none for this kind, the file is empty, or its
            first bytes are those of another type (a photo of a phone that was merely renamed).

    https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types
    """
    types = limits.FILE_TYPES.get(kind)
    if types is not None and mime_type not in types:
        refuse(f"{kind}.file", f"has to be {' or '.join(sorted(types))}")
    if not size:
        refuse(f"{kind}.file", "must not be empty")
    if size > limits.FILE_BYTES[kind]:
        refuse(f"{kind}.file", f"at most {limits.FILE_BYTES[kind]} bytes, {size} given")
    if types is not None and mime_type in _SIGNED and mime_type not in _types_of(beginning):
        refuse(f"{kind}.file", f"its first bytes are not those of {mime_type}")


def _types_of(beginning: bytes) -> frozenset[str]:
    for place, sign, types in _SIGNS:
        if beginning.startswith(sign, place):
            return types
    return frozenset()
