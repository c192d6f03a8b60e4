"""Who downloads: the web process after its answer, the worker beside its calls, the command."""

import threading
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_chakra import download
from django_chakra.models import MediaFile, Message, WebhookCall
from django_chakra.testing import samples
from django_chakra.testing.fake import FakeChakra, Misbehaviour, Request, customers
from django_chakra.testing.fake.misbehaviour import misbehave
from tests.commands import run, until, working
from tests.posting import ANA, stored
from tests.posting import text as posted

from .waiting import again, assert_tidy, change, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def states() -> dict[str, int]:
    """How many files stand where."""
    found: dict[str, int] = {}
    for state in MediaFile.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


# After an answer.


def test_inline_it_is_downloaded_after_the_answer(fake: FakeChakra, settings: Any) -> None:
    """With no worker a file is kept once the call that named it was answered and processed."""
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": "inline"}
    fact = customers.media(fake, ANA)
    stored(fact.documents["chakra"], secret=fake.secret)
    assert MediaFile.objects.get().state == "kept"


def test_inline_a_few_are_downloaded(fake: FakeChakra, settings: Any) -> None:
    """Of many that wait, so that a web process is not away for long."""
    for _ in range(5):
        sent(fake)
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": "inline"}
    stored(posted("wamid.T"), secret=fake.secret)
    assert states() == {"kept": 3, "waiting": 2}


def sweep(media: MediaFile, *, late: timedelta = timedelta()) -> MediaFile:
    """The row after a sweep, its time having come so long ago."""
    MediaFile.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1) - late)
    download.sweep_inline()
    return MediaFile.objects.get(pk=media.pk)


@pytest.fixture
def slow(fake: FakeChakra, settings: Any, monkeypatch: pytest.MonkeyPatch) -> FakeChakra:
    """Files come in for ever, and there is little time after an answer."""
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_MAX_BYTES": 10**12, "MAX_ATTEMPTS": 2}
    monkeypatch.setattr(download, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(download, "INLINE_SECONDS", 0.05)
    misbehave(fake, "endless-media")
    return fake


def test_inline_a_slow_file_is_left_to_others(slow: FakeChakra) -> None:
    """An attempt that was cut short does not count; it is not made again inline for an hour, and
    who has time keeps the file."""
    media = sent(slow)
    for late, is_asked in ((0, True), (0, False), (59, False), (61, True), (61, True)):
        requests = len(slow.ledger.entries("request"))
        media = sweep(media, late=timedelta(minutes=late))
        assert (media.state, media.attempts) == ("waiting", 0)
        assert "a worker takes its time" in media.error
        assert (len(slow.ledger.entries("request")) > requests) is is_asked
    slow.before.clear()
    media = again(media)
    assert (media.state, media.attempts, media.error) == ("kept", 1, "")


def test_inline_a_slow_file_has_an_end(slow: FakeChakra) -> None:
    """Once the platform may have deleted it, attempts that were cut short count."""
    media = change(sent(slow), expires_at=timezone.now())
    assert [sweep(media).state, sweep(media).state] == ["waiting", "failed"]


@pytest.mark.parametrize(("seconds", "state"), [(9.0, "waiting"), (11.0, "kept")])
def test_inline_nothing_is_begun_that_would_be_cut(
    fake: FakeChakra, monkeypatch: pytest.MonkeyPatch, seconds: float, state: str
) -> None:
    """With less than ten seconds left a file waits for the next time."""
    media = sent(fake)
    monkeypatch.setattr(download, "INLINE_SECONDS", seconds)
    assert sweep(media).state == state


def test_inline_nothing_is_raised(
    fake: FakeChakra, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """Whatever goes wrong is logged, and costs neither answer nor message."""
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": "inline"}

    def broken(*given: Any, **named: Any) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(download, "due", broken)
    stored(customers.media(fake, ANA).documents["meta"], secret=fake.secret)
    assert (Message.objects.count(), states()) == (1, {"waiting": 1})
    assert "Files that wait will be downloaded later" in caplog.text


# The command.


def test_what_was_left_behind_is_downloaded(fake: FakeChakra, folder: Path) -> None:
    """By several threads, with a summary that says where all stand."""
    for _ in range(6):
        sent(fake)
    change(sent(fake), state="failed", next_attempt_at=None)
    change(sent(fake), next_attempt_at=timezone.now().replace(year=2100))
    said = run("chakra_download", "--threads", "3")
    assert said == "6 files kept. There are 1 waiting, 6 kept, 1 failed.\n"
    assert run("chakra_download").startswith("0 files kept. ")
    assert_tidy(folder)


@pytest.mark.parametrize("state", ["failed", "expired", "skipped"])
def test_others_are_tried_again_on_request(fake: FakeChakra, state: str) -> None:
    """Each kind by its option, with its attempts from the beginning; what is ours is left."""
    media = change(sent(fake), state=state, next_attempt_at=None, attempts=10, error="words")
    ours = change(sent(fake), state=state, next_attempt_at=None, media_id="", url="")
    assert run("chakra_download").startswith("0 files kept.")
    assert run("chakra_download", f"--{state}").startswith("1 files kept.")
    media.refresh_from_db()
    ours.refresh_from_db()
    assert (media.state, media.attempts, media.error, ours.state) == ("kept", 1, "", state)


def test_which_files(fake: FakeChakra, settings: Any) -> None:
    """Those of an account, of a message, or since a time."""
    first, second, third = sent(fake), sent(fake), sent(fake)
    change(first, account="other")
    Message.objects.filter(pk=second.message_id).update(received_at="2020-01-01T00:00Z")
    assert run("chakra_download", "--dry-run").startswith("3 files would be downloaded.")
    assert run("chakra_download", "--account", "other").startswith("1 files kept.")
    said = run("chakra_download", "--since", "2020-01-02", "--dry-run")
    assert said == "1 files would be downloaded. There are 1 waiting, 1 kept.\n"
    said = run("chakra_download", "--message", str(second.message_id))
    assert said == "1 files kept. There are 1 kept.\n"
    third.refresh_from_db()
    assert third.state == "waiting"


def test_attempts_that_fail_are_told(fake: FakeChakra) -> None:
    """And nobody waits for their next time."""
    sent(fake)
    misbehave(fake, "500")
    assert run("chakra_download") == ("0 files kept, 1 attempts failed. There are 1 waiting.\n")


def test_a_dry_run_does_nothing(fake: FakeChakra) -> None:
    """Not with states to try again either."""
    change(sent(fake), state="expired", next_attempt_at=None)
    sent(fake)
    before = len(fake.ledger.entries("request"))
    said = run("chakra_download", "--expired", "--dry-run")
    assert said == "2 files would be downloaded. There are 1 waiting, 1 expired.\n"
    assert (states(), len(fake.ledger.entries("request"))) == ({"waiting": 1, "expired": 1}, before)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--threads", "0"], "at least 1"),
        (["--account", "nobody"], "no account named"),
        (["--verify", "--failed"], "--verify looks at what is kept"),
        (["--since", "soon"], "is no date"),
    ],
)
def test_what_makes_no_sense_is_said(fake: FakeChakra, arguments: list[str], said: str) -> None:
    """With nothing done."""
    sent(fake)
    with pytest.raises(CommandError, match=said):
        run("chakra_download", *arguments)
    assert states() == {"waiting": 1}


def damaged(folder: Path, media: MediaFile, content: bytes | None) -> None:
    path = folder / str(media.file.name)
    path.unlink() if content is None else path.write_bytes(content)


PICTURE = samples.file("picture.jpg")


def test_what_is_kept_is_verified(fake: FakeChakra, folder: Path) -> None:
    """Missing, cut and altered files are told, wait again, and come back whole."""
    good, gone, cut, altered = (again(sent(fake)) for _ in range(4))
    damaged(folder, gone, None)
    damaged(folder, cut, PICTURE[:-1])
    damaged(folder, altered, PICTURE[:-1] + b"\x00")
    for arguments in (["--verify", "--dry-run"], ["--verify"]):
        assert states() == {"kept": 4}
        out = StringIO()
        with pytest.raises(SystemExit) as left:
            call_command("chakra_download", *arguments, stdout=out)
        assert left.value.code == 1
        lines = out.getvalue().splitlines()
        assert lines == [
            f"File {gone.pk} of message {gone.message_id}: it is not in the storage",
            f"File {cut.pk} of message {cut.message_id}: it has {len(PICTURE) - 1} bytes and "
            f"should have {len(PICTURE)}",
            f"File {altered.pk} of message {altered.message_id}: its SHA-256 is another",
            "4 files looked at, 3 damaged.",
        ]
    assert states() == {"kept": 1, "waiting": 3}
    assert run("chakra_download").startswith("3 files kept.")
    assert run("chakra_download", "--verify") == "4 files looked at, 0 damaged.\n"
    assert_tidy(folder)
    assert MediaFile.objects.get(pk=good.pk).file.name == good.file.name


def test_what_is_ours_can_not_be_had_again(fake: FakeChakra, folder: Path) -> None:
    """A damaged file that the platform does not have is told, and stays as it is."""
    media = change(again(sent(fake)), media_id="")
    damaged(folder, media, b"other")
    with pytest.raises(SystemExit):
        call_command("chakra_download", "--verify", stdout=StringIO())
    assert states() == {"kept": 1}


# The worker.


def test_processing_once_downloads_at_the_end(fake: FakeChakra) -> None:
    """What waits, unless it is told not to; where nothing waits nothing is said."""
    sent(fake)
    assert "files" not in run("chakra_process", "--no-download")
    assert states() == {"waiting": 1}
    assert "1 files kept." in run("chakra_process")
    assert states() == {"kept": 1}
    assert "files" not in run("chakra_process")


@pytest.mark.processes
def test_slow_files_never_hold_calls_up(served: FakeChakra, tmp_path: Path, settings: Any) -> None:
    """While all threads of the worker wait for files, calls are processed; then these are kept."""
    let, asked = threading.Event(), threading.Semaphore(0)

    def hold(request: Request) -> Misbehaviour | None:
        if request.endpoint == "media.show":
            asked.release()
            let.wait(20)
        return None

    served.before.append(hold)
    settings.CHAKRA = {**settings.CHAKRA, "READ_TIMEOUT": 30.0}
    with working(tmp_path / "heard", "chakra_process", "--watch"):
        for _ in range(3):
            stored(customers.media(served, ANA).documents["meta"], secret=served.secret)
        assert all(asked.acquire(timeout=20) for _ in range(2))
        call = stored(posted("wamid.T"), secret=served.secret)
        took = until(lambda: WebhookCall.objects.get(pk=call.pk).state == "processed")
        assert took < 5
        assert states() == {"waiting": 3}
        let.set()
        until(lambda: states() == {"kept": 3})


@pytest.mark.processes
def test_a_worker_may_leave_files_alone(served: FakeChakra, tmp_path: Path) -> None:
    """``--no-download``: calls are processed, and files are for chakra_download."""
    with working(tmp_path / "heard", "chakra_process", "--watch", "--no-download"):
        call = stored(customers.media(served, ANA).documents["meta"], secret=served.secret)
        until(lambda: WebhookCall.objects.get(pk=call.pk).state == "processed")
    assert states() == {"waiting": 1}


# Storages.


def test_another_storage_is_used(fake: FakeChakra, settings: Any, folder: Path) -> None:
    """One that MEDIA_STORAGE names, or that is called "chakra", with nothing but Django's API."""
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "archive": memory}
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_STORAGE": "archive"}
    media = again(sent(fake))
    assert media.state == "kept"
    with media.file.open() as content:
        assert content.read() == PICTURE
    assert not folder.exists()
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_STORAGE": ""}
    settings.STORAGES = {**settings.STORAGES, "chakra": memory}
    assert again(sent(fake)).state == "kept"
    MediaFile.objects.all().delete()
    assert not folder.exists()
