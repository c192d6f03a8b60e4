"""What a file is: by the word that somebody says, and by its own first bytes. Pure.

Both come from outside. No file is opened, parsed or decompressed to find out more.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..client.payloads.files import MPEG4, signed

#: Bytes that tell what a file is.
HEAD_BYTES = 512

#: What a browser may show inside a page, with the ending that the stored file gets.
INLINE: Mapping[str, str] = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "audio/mpeg": ".mp3",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/ogg": ".ogg",
    "audio/mp4": ".m4a",
}
#: Endings of files that are only ever handed out to be saved.
OTHERS: Mapping[str, str] = {
    "application/pdf": ".pdf",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "text/plain": ".txt",
    "text/csv": ".csv",
}
#: What says nothing.
ANYTHING = ("", "application/octet-stream", "binary/octet-stream")
#: Beginnings of a page, or of a document that browsers run scripts of.
MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<?xml", b"<svg")


def plain(mime_type: str) -> str:
    """The type alone, in lower case and without parameters ("audio/ogg; codecs=opus")."""
    return mime_type.partition(";")[0].strip().lower()


def ending(mime_type: str) -> str:
    """The ending for the name of a file of this type, out of a closed list; "" for all others."""
    word = plain(mime_type)
    return INLINE.get(word) or OTHERS.get(word) or ""


def shown_as(mime_type: str, head: bytes) -> str:
    """The type under which a browser may show a file; "" where it may only save it.

    Both have to say so: the message's word, and the file's own first bytes.
    """
    word, found = plain(mime_type), signed(head)
    if word not in INLINE or not found:
        return ""
    if family(found) == "image" or family(word) == "image":
        # Of an image its own bytes know better: platforms convert.
        return found if family(found) == family(word) else ""
    # MPEG-4, its older form and Ogg hold sound or pictures; only the message says which.
    if found == word or {found, word} <= MPEG4:
        return word
    return found if family(found) == family(word) else ""


def complaint(*, named: str, slot: str, served: str, head: bytes) -> str:
    """Why an answer can't be the file of a message, in words; "" where nothing speaks against it.

    Args:
        named: the type that the message names, "" for none.
        slot: where the file stands in the message ("image", "document", "header").
        served: the type of the answer.
        head: the first bytes.
    """
    wanted, given = plain(named), plain(served)
    is_markup = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(MARKUP)
    if is_page(wanted) or (slot == "document" and wanted in ANYTHING):
        return ""  # a customer may send a page as a document
    if is_page(given) or is_markup:
        what = given if is_page(given) else "a page"
        return f"The platform answered with {_shown(what)} where {_shown(wanted or slot)} was named"
    if given in ANYTHING or wanted in ANYTHING or _alike(given, wanted):
        return ""
    return f"The platform answered with {_shown(given)} where {_shown(wanted)} was named"


def is_page(mime_type: str) -> bool:
    """Whether this is text, or something that a browser reads as a document."""
    return mime_type.startswith("text/") or mime_type.endswith(("/json", "+json", "/xml", "+xml"))


def family(mime_type: str) -> str:
    """ "image" of "image/png"."""
    return "audio" if mime_type == "application/ogg" else mime_type.partition("/")[0]


def _alike(one: str, other: str) -> bool:
    """Whether two words may be of one file: platforms convert images, and word sound as they like.

    Documents have too many words for the same thing to compare any two.
    """
    kinds = {family(one), family(other)}
    return len(kinds) == 1 or kinds <= {"audio", "video"}


def _shown(words: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in words)[:80]
