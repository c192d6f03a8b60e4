"""Two at one file, and rows that change or go while their file comes in."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError, connection, connections
from django.utils import timezone

from django_chakra import download
from django_chakra.download import claims, downloaders, landing
from django_chakra.download.downloaders import Downloaders
from django_chakra.exceptions import MediaFailed
from django_chakra.models import MediaFile, Message
from django_chakra.models.fields import DatabaseNow
from django_chakra.testing import samples
from django_chakra.testing.fake import FakeChakra, Misbehaviour, Request
from django_chakra.testing.fake.misbehaviour import misbehave
from django_chakra.testing.fake.replies import errors

from .waiting import again, assert_tidy, content, sent, stored_files

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


class Held:
    """Holds the first request for a file until it is let go; all of its thread may fail."""

    def __init__(self, fake: FakeChakra, *, fails: bool) -> None:
        self.asked, self.let = threading.Event(), threading.Event()
        self._fails, self._thread = fails, 0
        fake.before.append(self._hold)

    def _hold(self, request: Request) -> Misbehaviour | None:
        if "/media/" not in request.path:
            return None
        if not self._thread:
            self._thread = threading.get_ident()
            self.asked.set()
            assert self.let.wait(20)
        is_ours = self._thread == threading.get_ident()
        return Misbehaviour.instead(errors(500, "Sorry")) if is_ours and self._fails else None


@contextmanager
def downloading(fake: FakeChakra, *, fails: bool = False) -> Iterator[None]:
    """Somebody is in the middle of the file while the block runs."""
    held, raised = Held(fake, fails=fails), list[BaseException]()

    def work() -> None:
        try:
            download.run()
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert held.asked.wait(20)
        yield
    finally:
        held.let.set()
        thread.join()
    assert raised == []


def test_several_threads_fetch_each_file_once(fake: FakeChakra, folder: Path) -> None:
    """Whoever claims a file is alone with it."""
    files = [sent(fake) for _ in range(12)]
    together = threading.Barrier(3)

    def meet(request: Request) -> None:
        if request.endpoint == "media.show":
            together.wait(20)

    fake.before.append(meet)
    workers = Downloaders(3)
    workers.start(stay=False)
    workers.join()
    assert workers.kept == 12
    asked = [one["path"] for one in fake.ledger.entries("request") if "show" in one["path"]]
    assert len(asked) == len(set(asked)) == len(files)
    assert not MediaFile.objects.exclude(state="kept", attempts=1).exists()
    assert_tidy(folder)


def test_a_receiver_may_be_faster_than_the_worker(fake: FakeChakra, folder: Path) -> None:
    """Who needs a file at once has it, and the worker's copy goes."""
    media = sent(fake)
    with downloading(fake):
        kept = download.keep(media)
        name = kept.file.name
    media.refresh_from_db()
    assert (media.state, media.file.name) == ("kept", name)
    assert_tidy(folder)


def test_a_failure_never_undoes_what_another_one_has_kept(fake: FakeChakra, folder: Path) -> None:
    """The worker is in the middle of it, and whoever was in a hurry failed: the worker keeps it."""
    media = sent(fake)
    with downloading(fake):
        misbehave(fake, "500:first=4")
        with pytest.raises(MediaFailed):
            download.keep(media)
    media.refresh_from_db()
    assert (media.state, media.error) == ("kept", "")
    assert_tidy(folder)


def test_a_late_failure_changes_nothing(fake: FakeChakra, folder: Path) -> None:
    """The other way round: kept stays kept when somebody slow has had no success."""
    media = sent(fake)
    with downloading(fake, fails=True):
        download.keep(media)
    media.refresh_from_db()
    assert (media.state, media.attempts, media.error) == ("kept", 2, "")
    assert_tidy(folder)


def test_a_late_failure_changes_nothing_of_what_began_anew(fake: FakeChakra, folder: Path) -> None:
    """Also where the attempts are counted from the beginning since."""
    media = sent(fake)
    with downloading(fake, fails=True):
        MediaFile.objects.update(state="failed", next_attempt_at=None)
        assert download.keep(media).attempts == 1
    media.refresh_from_db()
    assert (media.state, media.error) == ("kept", "")
    assert_tidy(folder)


def test_a_late_failure_leaves_the_claim_of_another_one(fake: FakeChakra) -> None:
    """Who was slow and has failed does not let a third one begin."""
    media = sent(fake)
    with downloading(fake, fails=True):
        MediaFile.objects.update(next_attempt_at=DatabaseNow())
        assert claims.claim(media.pk) is not None
    media.refresh_from_db()
    assert (media.state, media.attempts, media.error) == ("waiting", 2, "")
    assert claims.due(10) == []


def test_a_late_failure_leaves_a_claim_of_the_same_number(fake: FakeChakra) -> None:
    """Where attempts have come back to the number that somebody slow began with."""
    media = sent(fake)
    with downloading(fake, fails=True):
        MediaFile.objects.update(state="failed", next_attempt_at=None)
        download.again(MediaFile.objects.all())
        claimed = claims.claim(media.pk)
        assert claimed is not None
    media.refresh_from_db()
    assert (media.state, media.attempts, media.error) == ("waiting", 1, "")
    assert media.next_attempt_at == claimed.next_attempt_at


def test_a_row_that_changes_at_the_last_moment(
    fake: FakeChakra, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was stored for the id from before goes again."""
    media, other = sent(fake), sent(fake, "sticker")
    MediaFile.objects.filter(pk=other.pk).update(next_attempt_at=None, state="skipped")
    module = sys.modules["django_chakra.download.attempt"]  # its function has the same name
    real = landing.moved

    def changed_since(*given: Any) -> str:
        MediaFile.objects.filter(pk=media.pk).update(
            media_id=other.media_id, sha256=other.sha256, mime_type=other.mime_type
        )
        return real(*given)

    with monkeypatch.context() as changed:
        changed.setattr(module, "moved", changed_since)
        assert again(media).state == "waiting"
    assert stored_files(folder) == set()
    assert content(again(media)) == samples.file("sticker.webp")
    assert_tidy(folder)


def test_a_row_that_goes_takes_its_file_along(fake: FakeChakra, folder: Path) -> None:
    """Also while the file comes in."""
    media = sent(fake)
    with downloading(fake):
        MediaFile.objects.all().delete()
    assert stored_files(folder) == set()
    media = again(sent(fake))
    assert stored_files(folder) == {media.file.name}
    Message.objects.update(target=None)
    media.message.conversation.last_message = None
    media.message.conversation.save()
    Message.objects.all().delete()
    assert stored_files(folder) == set()


def test_another_file_that_is_named_meanwhile_is_the_one_that_is_kept(
    fake: FakeChakra, folder: Path
) -> None:
    """What comes in for the id from before is dropped, and the new one waits."""
    first, other = sent(fake), sent(fake, "sticker")
    MediaFile.objects.filter(pk=other.pk).update(next_attempt_at=None, state="skipped")
    with downloading(fake):
        MediaFile.objects.filter(pk=first.pk).update(
            media_id=other.media_id, sha256=other.sha256, mime_type=other.mime_type, attempts=0,
            next_attempt_at=DatabaseNow(),
        )  # fmt: skip
    first.refresh_from_db()
    assert (first.state, first.file.name) == ("waiting", "")
    assert content(again(first)) == samples.file("sticker.webp")
    assert_tidy(folder)


def test_a_shared_file_stays_for_the_other_row(fake: FakeChakra, folder: Path) -> None:
    """A message that is sent again has the same file."""
    media = again(sent(fake))
    copy = MediaFile.objects.get(pk=media.pk)
    copy.pk, copy.slot = None, "header"
    copy.save(force_insert=True)
    MediaFile.objects.filter(pk=media.pk).delete()
    assert_tidy(folder)
    MediaFile.objects.all().delete()
    assert stored_files(folder) == set()


def test_a_claim_that_ran_out_is_taken_up(fake: FakeChakra) -> None:
    """Whatever stopped the process that had it."""
    media = sent(fake)
    assert claims.claim(media.pk) is not None
    assert download.run() == 0
    assert again(media).state == "kept"
    assert again(media).attempts == 2


def test_a_storage_that_fails_costs_an_attempt(
    fake: FakeChakra, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is logged, the row says so, and nothing is left over."""
    media = sent(fake)

    def full(*given: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as changed:
        changed.setattr(FileSystemStorage, "_save", full)
        media = again(media)
    assert (media.state, media.attempts) == ("waiting", 1)
    assert media.error == "It could not be kept here (OSError)"
    assert stored_files(folder) == set()
    assert again(media).state == "kept"
    assert_tidy(folder)


def away(times: int) -> Callable[..., Any]:
    """A database that fails when it is asked for files, so many times."""
    left = [times]

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "django_chakra_mediafile" in sql and left[0]:
            left[0] -= 1
            raise OperationalError("gone")
        return execute(sql, params, many, context)

    return wrapper


def test_a_database_that_was_away_is_asked_again(
    fake: FakeChakra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stays says so and goes on; who does not, fails."""
    monkeypatch.setattr(downloaders, "AWAY_SECONDS", 0.01)
    sent(fake)
    stop, said = threading.Event(), list[str]()
    broken = away(2)
    real = claims.due

    def due(*given: Any, **named: Any) -> Any:
        with connection.execute_wrapper(broken):
            return real(*given, **named)

    monkeypatch.setattr(downloaders, "due", due)
    once = Downloaders(1)
    once.start(stay=False)
    with pytest.raises(OperationalError):
        once.join()
    staying = Downloaders(
        1,
        stop=stop,
        progress=lambda kept: stop.set(),
        away=lambda error: said.append(type(error).__name__),
    )
    staying.start(stay=True)
    staying.join()
    assert (said, staying.kept) == (["OperationalError"], 1)


def test_parts_of_stopped_processes_are_cleared(fake: FakeChakra, folder: Path) -> None:
    """After an hour, when nobody can be writing to them any more."""
    again(sent(fake))
    part = folder / landing.FOLDER / "x.part"
    part.write_bytes(b"half")
    now = timezone.now().timestamp()
    assert landing.clear(now=now) == 0
    assert landing.clear(now=now + landing.STALE_SECONDS + 1) == 1
    assert_tidy(folder)
