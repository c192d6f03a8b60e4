"""What can be sent, one function per kind. Each writes a message down and returns its row.

``to`` is a phone number in any spelling, a BSUID, a Contact, a Conversation, or a Message (to whom
it was written with). ``options`` are those of :class:`.outbox.Options`. What is wrong is said by an
exception before anything is written: ``ValidationFailed`` for what the platform would refuse,
``WindowClosed`` outside the 24-hour window, ``SendRefused`` and ``ConfigurationError``.

https://apidocs.chakrahq.com/api-11313675
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Unpack

from ..client import payloads
from ..client.payloads.interactive import File
from ..exceptions import SendRefused
from ..models import Direction, Message
from . import files, outbox
from .addressing import To, find
from .files import Upload, name_of
from .outbox import Options, wamid_of, write


def text(*, to: To, body: str, preview_url: bool = False, **options: Unpack[Options]) -> Message:
    """A text of up to 4096 characters; ``preview_url`` shows a picture of its first link."""
    return write(partial(payloads.text, body=body, preview_url=preview_url), to, **options)


class Uploaded(Options, total=False):
    """What media take beside the options of all messages.

    ``file``: bytes, a ``Path``, or anything open in binary mode (an upload of a form too). It is
    kept privately, and made public on Chakra's servers when the message leaves.
    ``mime_type``: of the file; by default as the upload, its name or its first bytes say.
    """

    file: Upload | None
    mime_type: str | None


def image(
    *, to: To, link: str | None = None, id: str | None = None, caption: str | None = None,
    **options: Unpack[Uploaded],
) -> Message:  # fmt: skip
    """A picture (JPEG or PNG, 5 MB): a file, a public https link, or an id of Meta's."""
    return _media("image", partial(payloads.image, caption=caption), to, link, id, options)


def video(
    *, to: To, link: str | None = None, id: str | None = None, caption: str | None = None,
    **options: Unpack[Uploaded],
) -> Message:  # fmt: skip
    """A film (MP4 or 3GP, 16 MB): a file, a public https link, or an id of Meta's."""
    return _media("video", partial(payloads.video, caption=caption), to, link, id, options)


def audio(
    *, to: To, link: str | None = None, id: str | None = None, voice: bool = False,
    **options: Unpack[Uploaded],
) -> Message:  # fmt: skip
    """A sound (16 MB); with ``voice`` (Ogg Opus only) shown as a voice message."""
    return _media("audio", partial(payloads.audio, voice=voice), to, link, id, options)


def document(
    *, to: To, link: str | None = None, id: str | None = None, caption: str | None = None,
    filename: str | None = None, **options: Unpack[Uploaded],
) -> Message:  # fmt: skip
    """Any file (100 MB); ``filename``, by default its own, is shown, and its ending counts."""
    file = options.get("file")
    shown = filename or (name_of(file) if file is not None else None)
    make = partial(payloads.document, caption=caption, filename=shown)
    return _media("document", make, to, link, id, options)


def sticker(
    *, to: To, link: str | None = None, id: str | None = None, **options: Unpack[Uploaded]
) -> Message:
    """A sticker (WebP, 100 KB, one that moves 500 KB). Unverified with Chakra."""
    return _media("sticker", payloads.sticker, to, link, id, options)


def _media(
    kind: str, make: outbox.Make, to: To, link: str | None, id: str | None, options: Uploaded
) -> Message:
    """A message with a file, wherever that is."""
    given, rest = _apart(options, Uploaded)
    file, mime_type = given.get("file"), given.get("mime_type")
    return files.write(kind, make, to, file=file, link=link, id=id, mime_type=mime_type, **rest)


def location(
    *, to: To, latitude: float, longitude: float, name: str | None = None,
    address: str | None = None, **options: Unpack[Options],
) -> Message:  # fmt: skip
    """A place on the map. Unverified with Chakra."""
    make = partial(
        payloads.location, latitude=latitude, longitude=longitude, name=name, address=address
    )
    return write(make, to, **options)


def contacts(
    *, to: To, contacts: Sequence[Mapping[str, Any]], **options: Unpack[Options]
) -> Message:
    """Cards of contacts, as Meta writes them. Unverified with Chakra."""
    return write(partial(payloads.contacts, contacts=contacts), to, **options)


class Framed(Options, total=False):
    """What stands above and below a message to tap on."""

    header_text: str
    footer: str


class Illustrated(Framed, total=False):
    """The same, with a file above instead: its https link, or ``{"id": "…"}``."""

    header_image: File
    header_video: File
    header_document: File


def buttons(
    *, to: To, body: str, buttons: Sequence[Mapping[str, str]], **options: Unpack[Illustrated]
) -> Message:
    """A text with one to three buttons: ``{"id": "yes", "title": "Yes"}``; the id comes back."""
    frame, rest = _apart(options, Illustrated)
    return write(partial(payloads.buttons, body=body, buttons=buttons, **frame), to, **rest)


def list_message(
    *, to: To, body: str, button: str, sections: Sequence[Mapping[str, Any]],
    **options: Unpack[Framed],
) -> Message:  # fmt: skip
    """A text with a list behind a button: sections of rows with ``id`` and ``title``."""
    frame, rest = _apart(options, Framed)
    make = partial(payloads.list_message, body=body, button=button, sections=sections, **frame)
    return write(make, to, **rest)


def cta_url(
    *, to: To, body: str, display_text: str, url: str, **options: Unpack[Illustrated]
) -> Message:
    """A text with a button that opens a page. Some of Chakra's plugins refuse it."""
    frame, rest = _apart(options, Illustrated)
    make = partial(payloads.cta_url, body=body, display_text=display_text, url=url, **frame)
    return write(make, to, **rest)


def flow(
    *, to: To, body: str, cta: str, flow_id: str | None = None, flow_name: str | None = None,
    token: str | None = None, screen: str | None = None, data: Mapping[str, Any] | None = None,
    action: str | None = None, draft: bool = False, **options: Unpack[Illustrated],
) -> Message:  # fmt: skip
    """A form behind a button: see :func:`~django_chakra.client.payloads.flow`."""
    frame, rest = _apart(options, Illustrated)
    make = partial(
        payloads.flow, body=body, cta=cta, flow_id=flow_id, flow_name=flow_name, token=token,
        screen=screen, data=data, action=action, draft=draft, **frame,
    )  # fmt: skip
    return write(make, to, **rest)


def location_request(*, to: To, body: str, **options: Unpack[Options]) -> Message:
    """A text with a button by which the customer sends the own location. Unverified."""
    return write(partial(payloads.location_request, body=body), to, **options)


def product(
    *, to: To, catalog_id: str, product_retailer_id: str, body: str | None = None,
    footer: str | None = None, **options: Unpack[Options],
) -> Message:  # fmt: skip
    """One product of the catalogue, by the shop's own id (SKU). Unverified with Chakra."""
    make = partial(
        payloads.product, catalog_id=catalog_id, product_retailer_id=product_retailer_id,
        body=body, footer=footer,
    )  # fmt: skip
    return write(make, to, **options)


def product_list(
    *, to: To, catalog_id: str, header_text: str, body: str,
    sections: Sequence[Mapping[str, Any]], footer: str | None = None, **options: Unpack[Options],
) -> Message:  # fmt: skip
    """Up to 30 products in sections: ``title`` and ``product_items``, ids of the shop's."""
    make = partial(
        payloads.product_list, catalog_id=catalog_id, header_text=header_text, body=body,
        sections=sections, footer=footer,
    )  # fmt: skip
    return write(make, to, **options)


def catalog_message(
    *, to: To, body: str, thumbnail_product_retailer_id: str | None = None,
    footer: str | None = None, **options: Unpack[Options],
) -> Message:  # fmt: skip
    """A text with a button to the catalogue, and one product's picture. Unverified with Chakra."""
    make = partial(
        payloads.catalog_message, body=body, footer=footer,
        thumbnail_product_retailer_id=thumbnail_product_retailer_id,
    )  # fmt: skip
    return write(make, to, **options)


def reaction(
    *, to: To, emoji: str, message_id: str | None = None, **options: Unpack[Options]
) -> Message:
    """An emoji on a message; an empty one takes it away again. Unverified with Chakra.

    Args:
        to: the message, or with ``message_id`` (a wamid) to whom it was written with.
    """
    target = message_id or wamid_of(to if isinstance(to, Message) else "")
    return write(partial(payloads.reaction, message_id=target, emoji=emoji), to, **options)


def mark_read(message: Message, *, typing: bool = False) -> Message:
    """Blue ticks for a customer's message and all before it; gives the row of the receipt.

    Args:
        typing: show for up to 25 seconds that an answer is being written (unverified with Chakra).

    Raises:
        SendRefused: the platform has not named the message, or it is one of ours.
    """
    if message.direction != Direction.IN:
        raise SendRefused("Only what a customer wrote can be marked as read")
    body = payloads.mark_read(wamid_of(message), typing=typing)
    return outbox.receipt(message, body, find(message))


def _apart(options: Mapping[str, Any], taken: type[Any]) -> tuple[dict[str, Any], Options]:
    """What belongs to the body, and what to the message."""
    outbox.expect(options, taken)
    known = Options.__optional_keys__
    frame: dict[str, Any] = {key: value for key, value in options.items() if key not in known}
    rest: Any = {key: value for key, value in options.items() if key in known}
    return frame, rest
