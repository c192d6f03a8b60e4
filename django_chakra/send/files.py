"""Files of ours: kept privately when their message is written down, uploaded when it leaves."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path, PurePath
from typing import Any, BinaryIO, TypeAlias, Unpack

from django.core.files.base import ContentFile, File
from django.db import router
from django.utils import timezone
from django.utils.crypto import get_random_string

from .. import conf, connect, storage
from ..client.payloads.files import BEGINNING, check_file, type_of
from ..client.waiting import Patience
from ..events import storable_text
from ..exceptions import UnreadableAnswer, ValidationFailed
from ..models import MediaFile, MediaState, Message
from ..models.contention import patiently, update
from ..models.fields import DatabaseNow
from ..models.statements import upsert
from . import outbox
from .addressing import Place, To
from .outbox import Options

#: The bytes, a path, or anything that is read in binary mode: an open file, Django's ``File``, an
#: upload of a form.
Upload: TypeAlias = "bytes | Path | BinaryIO | File[Any]"

#: In the body until the file has its link.
PENDING = "https://pending.invalid/"
#: Kinds that may have a file of ours.
KINDS = frozenset({"image", "video", "audio", "document", "sticker"})


class FileGone(Exception):
    """The storage has it no more: the message can't be sent."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that was checked."""

    content: File[Any]
    filename: str
    mime_type: str
    size: int


def write(
    kind: str,
    make: Callable[..., dict[str, Any]],
    to: To,
    *,
    file: Upload | None,
    link: str | None,
    id: str | None,
    mime_type: str | None = None,
    **options: Unpack[Options],
) -> Message:
    """Write down a message with a file: one of ours, or by link or id.

    The file is copied to the private storage at once, so the caller may close or delete it. A
    process that ends in the middle, or a caller that rolls back, may leave a copy there that no row
    names; nothing is uploaded then.

    Raises:
        ValidationFailed: none or several of the three are given, or WhatsApp takes no such file.
    """
    if file is None:
        if mime_type is not None:
            raise ValidationFailed(f"{kind}.mime_type: only with a file", field=f"{kind}.mime_type")
        return outbox.write(partial(make, link=link, id=id), to, **options)
    if link is not None or id is not None:
        raise ValidationFailed(f"{kind}: needs either file, link or id", field=kind)
    with attach(kind, file, mime_type=mime_type) as attached:
        place, body = outbox.written(partial(make, link=PENDING), to, **options)
        del body[kind]["link"]
        outbox.check_window(place)
        if place.existing is not None:
            return outbox.put(place, body, **options)
        name = _kept(attached)
    try:
        # A copy: what one try found or made may be rolled back with it.
        message, used = patiently(
            lambda: _put(replace(place), body, kind, attached, name, options),
            using=router.db_for_write(Message),
        )
    except BaseException:
        storage.private().delete(name)
        raise
    if used != name:
        # Another process wrote the same key at the same time, and was first.
        storage.private().delete(name)
    return message


def _put(
    place: Place, body: dict[str, Any], kind: str, attached: Attached, name: str, options: Options
) -> tuple[Message, str]:
    """The message with the row of its file, and under which name it has one."""
    message = outbox.put(place, body, **options)
    return message, _noted(message, kind, attached, name)


def name_of(file: Upload) -> str | None:
    """How whoever made the file calls it, without folders; None where nothing says so."""
    name = getattr(file, "name", None)
    return PurePath(name).name or None if isinstance(name, str) else None


@contextmanager
def attach(kind: str, file: Upload, *, mime_type: str | None = None) -> Iterator[Attached]:
    """A file as it will be uploaded, for as long as the block lasts.

    Raises:
        ValidationFailed: WhatsApp takes no such file; see :func:`.payloads.files.check_file`.
        OSError: it can't be read.
    """
    if isinstance(file, Path):
        with file.open("rb") as opened:
            yield _checked(kind, File(opened, name=file.name), mime_type)
    elif isinstance(file, bytes):
        yield _checked(kind, ContentFile(file), mime_type)
    else:
        yield _checked(kind, file if isinstance(file, File) else File(file), mime_type)


def _checked(kind: str, content: File[Any], mime_type: str | None) -> Attached:
    content.seek(0)
    beginning = content.read(BEGINNING)
    if not isinstance(beginning, bytes):
        raise ValidationFailed(
            f"{kind}.file: has to be opened in binary mode", field=f"{kind}.file"
        )
    content.seek(0)
    name = name_of(content) or ""
    said = mime_type or getattr(content, "content_type", None) or mimetypes.guess_type(name)[0]
    found = (said or "application/octet-stream").partition(";")[0].strip().lower()
    if mime_type is None:
        found = type_of(kind, found, beginning)
    check_file(kind, mime_type=found, size=content.size, beginning=beginning)
    return Attached(content, storable_text(name, 255), storable_text(found, 255), content.size)


def _kept(attached: Attached) -> str:
    """A copy in the private storage, under a name of ours; gives the name."""
    ending = mimetypes.guess_extension(attached.mime_type) or ""
    name = f"sent/{timezone.now():%Y/%m/%d}/{get_random_string(32).lower()}{ending}"
    return storage.private().save(name, attached.content)


def _noted(message: Message, kind: str, attached: Attached, name: str) -> str:
    """The row of the file; gives the name of the one that the message has."""
    row = MediaFile(
        account=message.account,
        message=message,
        slot=kind,
        mime_type=attached.mime_type,
        filename=attached.filename,
        size=attached.size,
        file=name,
        state=MediaState.KEPT,
        kept_at=timezone.now(),
    )
    if message.idempotency_key is None:
        row.save(force_insert=True)
        return name
    upsert([row], by=["message", "slot"])
    return str(MediaFile.objects.get(message=message, slot=kind).file.name)


def hand_on(message: Message, retry: Message) -> None:
    """Let the retry of a message have its file, and the link of it."""
    if not is_missing(message.payload):
        return
    row = MediaFile.objects.filter(message=message.pk, slot=message.kind).first()
    if row is not None:
        row.pk, row.message = None, retry
        upsert([row], by=["message", "slot"])


def is_missing(body: dict[str, Any]) -> bool:
    """Whether this body waits for the link of its file."""
    part = body.get(str(body.get("type")))
    return body.get("type") in KINDS and isinstance(part, dict) and not part.keys() & {"link", "id"}


def completed(message: Message) -> dict[str, Any] | None:
    """The body with the link of its file, which is uploaded unless it was before.

    An upload whose answer is lost is repeated: a file that nobody knows of harms nobody. None: the
    upload took so long that the message is no longer ours to send.

    Raises:
        FileGone: there is no such file.
        ApiError: it could not be uploaded.

    https://apidocs.chakrahq.com/api-11313630
    """
    body = dict(message.payload)
    row = MediaFile.objects.filter(message=message.pk, slot=message.kind).first()
    if row is None or not row.file:
        raise FileGone("The file of this message is not there any more")
    if not row.public_url:
        row.public_url = _uploaded(row)
        update(MediaFile.objects.filter(pk=row.pk), public_url=row.public_url)
        if not _still_ours(message):
            return None
    body[message.kind] = {"link": row.public_url, **body[message.kind]}
    return body


def _uploaded(row: MediaFile) -> str:
    client = connect.chakra(row.account).with_patience(Patience(tries=1))
    name = row.filename or PurePath(str(row.file.name)).name
    try:
        with row.file.open("rb") as content:
            answer = client.media.upload_public(
                content.file, filename=name, mime_type=row.mime_type
            )
    except FileNotFoundError as error:
        raise FileGone("The file of this message is not there any more") from error
    link = answer.get("publicMediaUrl") if isinstance(answer, dict) else None
    if not isinstance(link, str) or not link.startswith(("https://", "http://")):
        raise UnreadableAnswer("The answer to the upload names no URL")
    return storable_text(link, 2048)


def _still_ours(message: Message) -> bool:
    """Claim it for as long again, unless somebody has found the claim run out."""
    mine = Message.objects.filter(
        pk=message.pk, sending_in=message.conversation_id, attempts=message.attempts
    )
    seconds = conf.current().sending_seconds
    return bool(update(mine, claimed_until=DatabaseNow() + timedelta(seconds=seconds)))
