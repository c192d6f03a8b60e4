"""Record which files messages have: one row for each slot, in the messages' own transaction.

A row says what its message says: where another copy of the message shows more, so does the row. A
file that is kept stays, unless the message turns out to name another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from .. import conf
from ..events.base import Json, mapping
from ..events.media import MediaReference, files_of
from ..models import MediaFile, MediaState, Message, MessageSource
from ..models.statements import upsert

#: How long Meta keeps a file after it was sent, and one that a history names after that came (both
#: by its pages; from when histories count is unverified).
KEPT_FOR, KEPT_FROM_HISTORY = timedelta(days=30), timedelta(days=14)

#: What a row takes over from its message.
SAID = ("media_id", "url", "mime_type", "sha256", "filename")
#: What another copy of the message may change.
SAVED = (*SAID, "state", "attempts", "next_attempt_at", "expires_at", "error")


def write(
    fresh: Iterable[Message], recast: Sequence[tuple[Message, Json]], *, now: datetime
) -> None:
    """Record the files of messages; no statement where none has any.

    Args:
        fresh: messages that were not there before, saved.
        recast: messages (locked) whose content may have changed, each with the content before.
        now: the database's time: when the files may be downloaded.
    """
    rows = [row for message in fresh for row in _rows(message, now)]
    if rows:
        # In one order for all: rows that were made before are locked by it.
        rows.sort(key=_place)
        upsert(rows, by=["message", "slot"])
    changed = [
        message
        for message, before in recast
        if message.source != MessageSource.SEND
        and files_of(mapping(message.payload)) != files_of(mapping(before))
    ]
    if changed:
        _rewrite(changed, now)


def _rewrite(messages: Sequence[Message], now: datetime) -> None:
    """Let the rows of these messages say what the messages say by now."""
    rows = MediaFile.objects.select_for_update().filter(message__in=messages)
    known = {(row.message_id, row.slot): row for row in rows.order_by("message", "slot")}
    new: list[MediaFile] = []
    for row in (row for message in messages for row in _rows(message, now)):
        before = known.pop((row.message_id, row.slot), None)
        if before is None:
            new.append(row)
        elif _take(before, row):
            before.pk = None  # found by message and slot, as the new ones are
            new.append(before)
    if new:
        new.sort(key=_place)
        upsert(new, by=["message", "slot"], update=SAVED)
    if known:
        # The message has them no more: what was kept of them goes too.
        MediaFile.objects.filter(pk__in=[row.pk for row in known.values()]).delete()


def _rows(message: Message, now: datetime) -> Iterator[MediaFile]:
    """The files that a message has, as if nobody had looked for them yet."""
    if message.source == MessageSource.SEND:
        return  # it has the file that it was written down with
    is_wanted = conf.current().download_media
    expires_at = min(message.occurred_at or now, now) + KEPT_FOR
    if message.source == MessageSource.HISTORY:
        expires_at = now + KEPT_FROM_HISTORY
    for reference in files_of(mapping(message.payload)):
        yield MediaFile(
            account=message.account,
            message=message,
            **reference._asdict(),
            state=MediaState.WAITING if is_wanted else MediaState.SKIPPED,
            next_attempt_at=now if is_wanted else None,
            expires_at=expires_at,
        )


def _take(row: MediaFile, said: MediaFile) -> bool:
    """Take over what the message says by now; say whether anything changed."""
    before, is_same = _reference(row), _is_same_file(row, said)
    if row.state == MediaState.KEPT and is_same and not said.sha256:
        said.sha256 = row.sha256  # ours, of what was kept
    is_elsewhere = (row.media_id, row.url) != (said.media_id, said.url)
    for name in SAID:
        setattr(row, name, getattr(said, name))
    is_unwanted = row.state == MediaState.SKIPPED
    if not is_unwanted and is_elsewhere and not (row.state == MediaState.KEPT and is_same):
        row.state, row.attempts, row.error = said.state, 0, ""
        row.next_attempt_at, row.expires_at = said.next_attempt_at, said.expires_at
    return before != _reference(row)


def _is_same_file(row: MediaFile, said: MediaFile) -> bool:
    """Whether two names are of one file."""
    if row.sha256 and said.sha256:
        return bool(row.sha256 == said.sha256)
    return bool(row.media_id == said.media_id)


def _place(row: MediaFile) -> tuple[int, str]:
    return row.message_id, row.slot


def _reference(row: MediaFile) -> MediaReference:
    return MediaReference(row.slot, *(getattr(row, name) for name in SAID))
