"""Files: uploaded to be public, and those of messages. Also the hosts that answers lead to."""

from __future__ import annotations

import hashlib
import mimetypes
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from ..handling import Call, handles
from ..replies import data, missing, not_found, raw, refuse, sample
from ..state import Media
from ..wire import Reply, Request

if TYPE_CHECKING:
    from .. import FakeChakra

#: Where the fake keeps what is public; the platform has a host of its own for it.
PUBLIC = "/public-media/"
#: Where it keeps the files of messages; the token is needed.
FILES = "/media/"
TEAM = "6a1d0f3c-0000-4000-8000-00000000000a"


@handles("media.upload_public")
def upload_public(call: Call) -> Reply:
    """Keep a file, for whoever knows its URL."""
    file = call.files.get("file")
    if file is None or not call.body["file"]:
        refuse(400, "file is required")
    filename = call.body.get("filename") or file.filename
    id = call.fake.ids.uuid()
    day = datetime.fromtimestamp(call.now, UTC).date()
    ending = PurePosixPath(filename).suffix or mimetypes.guess_extension(file.mime_type) or ""
    path = f"{PUBLIC}{TEAM}/{day}/{id}{ending}"
    call.state.public_media[path] = Media(id, call.body["file"], file.mime_type, filename)
    return data({"publicMediaUrl": call.request.origin + path})


@handles("media.fetch")
def fetch(call: Call) -> Reply:
    """What is known of a file, and where it is."""
    media = _found(call, call.places["media_id"])
    document: dict[str, Any] = sample("media.fetch")
    return raw(
        document
        | {
            "id": media.id,
            "url": f"{call.request.origin}{FILES}{media.id}",
            "mime_type": media.mime_type,
            "sha256": hashlib.sha256(media.content).hexdigest(),
            "file_size": len(media.content),
        }
    )


@handles("media.show")
def show(call: Call) -> Reply:
    """The bytes."""
    return _bytes(_found(call, call.places["media_id"]))


@handles("media.attachments")
def attachments(call: Call) -> Reply:
    """The bytes, by the id in the URL of a webhook."""
    return _bytes(_found(call, call.query["mid"]))


def file(fake: FakeChakra, request: Request) -> Reply:
    """What a URL in an answer leads to."""
    if request.path.startswith(PUBLIC):
        media = fake.state.public_media.get(request.path)
    else:
        media = fake.state.media.get(request.path.removeprefix(FILES))
    if media is None or request.method != "GET" or _is_gone(media, request.at):
        return not_found()
    return _bytes(media)


def _found(call: Call, id: str) -> Media:
    media = call.state.media.get(id)
    if media is None or _is_gone(media, call.now):
        missing("Media", id)
    return media


def _is_gone(media: Media, at: float) -> bool:
    return media.expires_at is not None and at >= media.expires_at


def _bytes(media: Media) -> Reply:
    if media.location:
        return Reply(302, {"location": media.location})
    return Reply(200, {"content-type": media.mime_type}, media.content)
