"""Messages with files, as customers of the fake send them, and what became of each file."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django_chakra import download
from django_chakra.download.resting import wake
from django_chakra.models import MediaFile, Message
from django_chakra.models.fields import DatabaseNow
from django_chakra.testing.fake import FakeChakra, customers
from django_chakra.testing.fake.facts import Fact
from tests.posting import ANA, process_all, stored


def wrote(fake: FakeChakra, fact: Fact, *, format: str = "meta") -> MediaFile:
    """Post what a customer sent, have it recorded, and give the row of its file."""
    stored(fact.documents[format], secret=fake.secret)
    process_all()
    return MediaFile.objects.get(message__external_id=fact.id)


def sent(fake: FakeChakra, kind: str = "image", **more: Any) -> MediaFile:
    """The same with a file of Ana's."""
    return wrote(fake, customers.media(fake, ANA, kind, **more))


def change(media: MediaFile, **said: Any) -> MediaFile:
    """Let the message have said something else of its file."""
    MediaFile.objects.filter(pk=media.pk).update(**said)
    return MediaFile.objects.get(pk=media.pk)


def again(media: MediaFile) -> MediaFile:
    """The row after another attempt, whose time has come."""
    wake()
    MediaFile.objects.filter(pk=media.pk, next_attempt_at__isnull=False).update(
        next_attempt_at=DatabaseNow()
    )
    download.run()
    return MediaFile.objects.get(pk=media.pk)


def until_over(media: MediaFile) -> MediaFile:
    """The row when nobody will try any more."""
    for _ in range(30):
        media = again(media)
        if media.state != "waiting":
            return media
    raise AssertionError("it never ended")


def run_all() -> int:
    """Download until nothing waits, whatever the time; how many attempts that took."""
    for rounds in range(30):
        wake()
        waiting = MediaFile.objects.filter(state="waiting")
        if not waiting.update(next_attempt_at=DatabaseNow()):
            return rounds
        download.run(limit=1000)
    raise AssertionError("there is always something left")


def content(media: MediaFile) -> bytes:
    with media.file.open("rb") as file:
        return bytes(file.read())


def stored_files(folder: Path) -> set[str]:
    """The names of all files below it, those that are coming in too."""
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


def assert_tidy(folder: Path) -> None:
    """Each kept row has its bytes, each file its row, and nothing is half there."""
    rows = MediaFile.objects.exclude(file="")
    assert stored_files(folder) == {str(row.file.name) for row in rows}
    for row in rows.filter(state="kept"):
        bytes_ = content(row)
        assert (len(bytes_), hashlib.sha256(bytes_).hexdigest()) == (row.size, row.sha256)


def messages_without_files(kinds: Iterable[str]) -> int:
    """How many messages of these kinds have lost the row of their file."""
    return Message.objects.filter(kind__in=kinds, media_files=None).count()
