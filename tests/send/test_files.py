"""Files of ours: kept privately at once, uploaded when the message leaves, and not before."""

import io
import mimetypes
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from django_chakra import send
from django_chakra.exceptions import ValidationFailed, WindowClosed
from django_chakra.models import Conversation, MediaFile, Message
from django_chakra.testing.fake import FakeChakra, Reply, Request
from django_chakra.testing.fake.misbehaviour import misbehave
from django_chakra.testing.fake.replies import errors

from .test_carry import soon
from .test_costs import counted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
FILES = {
    "image": ("photo.jpg", b"\xff\xd8\xff\xe0" + bytes(100)),
    "video": ("film.mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(100)),
    "audio": ("voice.ogg", b"OggS" + bytes(100)),
    "document": ("prices.pdf", b"%PDF-1.7" + bytes(100)),
    "sticker": ("hello.webp", b"RIFF\x00\x00\x00\x00WEBP" + bytes(100)),
}
UPLOADS = "POST *upload-public-media"


@pytest.fixture(autouse=True)
def folder(chakra_fake: FakeChakra, settings: Any, tmp_path: Path) -> Path:
    """The private folder of this test alone."""
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_DIR": str(tmp_path / "private")}
    return tmp_path / "private"


@pytest.fixture
def uploads(chakra_fake: FakeChakra) -> list[Request]:
    """Requests to upload, whether they were taken or not."""
    found: list[Request] = []

    def keep(request: Request) -> None:
        if request.path.endswith("upload-public-media"):
            found.append(request)

    chakra_fake.before.append(keep)
    return found


def kept(folder: Path) -> list[bytes]:
    """What lies in the private folder."""
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


def public(fake: FakeChakra) -> list[bytes]:
    """What was uploaded."""
    return [media.content for media in fake.state.public_media.values()]


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_uploaded_and_its_link_sent(
    kind: str, fake: FakeChakra, ana: Conversation, tmp_path: Path
) -> None:
    """The customer gets a link to exactly these bytes, and the row says what they are."""
    name, content = FILES[kind]
    path = tmp_path / name
    path.write_bytes(content)
    message = getattr(send, kind)(to=ana, file=path)
    message.refresh_from_db()
    assert message.status == "accepted", message.attempt_log
    [taken] = fake.sent
    [row] = message.media_files.all()
    assert taken.body["link"] == row.public_url
    [media] = fake.state.public_media.values()
    assert (media.content, media.filename) == (content, name)
    assert row.public_url.endswith(next(iter(fake.state.public_media)))
    assert (row.state, row.size, row.filename, row.slot) == ("kept", len(content), name, kind)
    assert row.mime_type == media.mime_type
    with row.file.open() as opened:
        assert opened.read() == content


def test_whatever_can_be_read_is_a_file(fake: FakeChakra, ana: Conversation) -> None:
    """Bytes with a type, an open file that is closed at once, the upload of a form."""
    with io.BytesIO(PNG) as opened:
        send.image(to=ana, file=opened, mime_type="image/png")
    send.image(to=ana, file=PNG, mime_type="image/png; charset=binary", caption="Our shop")
    upload = SimpleUploadedFile("../../shop.png", PNG, content_type="image/png")
    send.image(to=ana, file=upload)
    assert [one.body.get("caption") for one in fake.sent] == [None, "Our shop", None]
    assert public(fake) == [PNG, PNG, PNG]
    assert MediaFile.objects.latest("pk").filename == "shop.png"


@pytest.mark.parametrize(
    ("kind", "name", "content", "mime_type"),
    [
        ("video", "film.3gp", b"\x00\x00\x00\x14ftyp3gp4", "video/3gpp"),
        ("audio", "voice.opus", b"OggS", "audio/ogg"),
        ("audio", "song.m4a", b"\x00\x00\x00\x1cftypM4A ", "audio/mp4"),
        ("audio", "song.mp4", b"\x00\x00\x00\x1cftypisom", "audio/mp4"),
        ("audio", "memo.amr", b"#!AMR\n", "audio/amr"),
        ("sticker", "hello", b"RIFF\x00\x00\x00\x00WEBP", "image/webp"),
        ("image", "photo.JPEG", b"\xff\xd8\xff", "image/jpeg"),
        ("image", "photo", PNG, "image/png"),
    ],
)
def test_what_the_name_does_not_say_the_first_bytes_do(
    kind: str, name: str, content: bytes, mime_type: str, queued: FakeChakra, ana: Conversation,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """On a machine that knows no endings too: what is in the file decides."""
    path = tmp_path / name
    path.write_bytes(content)
    monkeypatch.setattr(mimetypes, "guess_type", lambda name: (None, None))
    getattr(send, kind)(to=ana, file=path)
    monkeypatch.undo()
    getattr(send, kind)(to=ana, file=path)
    assert [row.mime_type for row in MediaFile.objects.all()] == [mime_type, mime_type]


def test_a_document_is_called_as_its_file(fake: FakeChakra, ana: Conversation) -> None:
    """Unless it is named otherwise."""
    upload = SimpleUploadedFile("prices.pdf", b"%PDF-1.7", content_type="application/pdf")
    send.document(to=ana, file=upload)
    send.document(to=ana, file=upload, filename="Prices of May.pdf")
    assert [one.body["filename"] for one in fake.sent] == ["prices.pdf", "Prices of May.pdf"]


def test_nothing_is_uploaded_when_the_caller_rolls_back(
    fake: FakeChakra, ana: Conversation, uploads: list[Request]
) -> None:
    """Neither message nor row, and nothing was made public."""
    with transaction.atomic():
        send.image(to=ana, file=PNG, mime_type="image/png")
        assert uploads == []
        transaction.set_rollback(True)
    assert (uploads, fake.sent) == ([], [])
    assert not MediaFile.objects.exists()
    assert not Message.objects.filter(direction="out").exists()


def test_what_is_kept_is_private(queued: FakeChakra, ana: Conversation, folder: Path) -> None:
    """Only the user of the process may read it, and its name tells nothing."""
    send.document(to=ana, file=b"secret", mime_type="text/plain", filename="Salary of Ana.txt")
    [path] = [path for path in folder.rglob("*") if path.is_file()]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert "ana" not in path.name.lower()


def test_a_key_gives_one_file(fake: FakeChakra, ana: Conversation, folder: Path) -> None:
    """Who writes the same key again keeps and uploads nothing."""
    for _ in range(2):
        send.image(to=ana, file=PNG, mime_type="image/png", idempotency_key="order-1")
    assert (len(fake.sent), public(fake), kept(folder)) == (1, [PNG], [PNG])


class Meeting(FileSystemStorage):
    """While the first file is being kept, another process does the same work."""

    meanwhile: list[Callable[[], object]] = []

    def save(self, *args: Any, **kwargs: Any) -> str:
        name = super().save(*args, **kwargs)
        while self.meanwhile:
            self.meanwhile.pop()()
        return name


def test_two_that_meet_keep_one_file(
    queued: FakeChakra, ana: Conversation, folder: Path, settings: Any
) -> None:
    """Of two processes with the same key the later takes its copy away again."""
    backend = f"{__name__}.Meeting"
    settings.STORAGES = {
        **settings.STORAGES,
        "chakra": {"BACKEND": backend, "OPTIONS": {"location": str(folder)}},
    }

    def write() -> Message:
        return send.image(to=ana, file=PNG, mime_type="image/png", idempotency_key="order-1")

    Meeting.meanwhile.append(write)
    write()
    assert Message.objects.filter(direction="out").count() == 1
    assert kept(folder) == [PNG]
    send.run()
    assert public(queued) == [PNG]


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("image", {"file": b"GIF89a", "mime_type": "image/gif"}, "image.file"),
        ("image", {"file": b"no picture", "mime_type": "image/png"}, "image.file"),
        ("image", {"file": PNG, "mime_type": "image/jpeg"}, "image.file"),
        ("sticker", {"file": PNG}, "sticker.file"),
        ("image", {"file": b"%PDF-1.7"}, "image.file"),
        ("image", {"file": b"", "mime_type": "image/png"}, "image.file"),
        ("image", {"file": PNG + bytes(5 * 1024**2), "mime_type": "image/png"}, "image.file"),
        ("sticker", {"file": PNG, "mime_type": "image/png"}, "sticker.file"),
        ("document", {"file": io.StringIO("text")}, "document.file"),
        ("image", {"file": PNG, "mime_type": "image/png", "link": "https://x.test/"}, "image"),
        ("image", {"link": "https://x.test/a.png", "mime_type": "image/png"}, "image.mime_type"),
        ("image", {}, "image"),
        ("image", {"file": PNG, "mime_type": "image/png", "caption": "x" * 1025}, "image.caption"),
    ],
)
def test_what_whatsapp_would_not_take_is_refused_at_once(
    kind: str, given: dict[str, Any], field: str, fake: FakeChakra, ana: Conversation, folder: Path
) -> None:
    """The field is named, and nothing is written, kept or uploaded."""
    with pytest.raises(ValidationFailed) as caught:
        getattr(send, kind)(to=ana, **given)
    assert caught.value.field == field
    assert not Message.objects.filter(direction="out").exists()
    assert (kept(folder), public(fake)) == ([], [])


def test_a_closed_window_keeps_no_file(
    fake: FakeChakra, ana: Conversation, folder: Path, chakra_clock: Any
) -> None:
    """It is refused before the file is copied."""
    Conversation.objects.update(last_inbound_at=timezone.now() - timedelta(days=2))
    with pytest.raises(WindowClosed):
        send.image(to=Conversation.objects.get(), file=PNG, mime_type="image/png")
    assert kept(folder) == []


@pytest.mark.parametrize("rule", ["500", "timeout-after", "timeout-before", "cut-inside", "html"])
def test_an_upload_that_failed_is_repeated(
    rule: str, queued: FakeChakra, ana: Conversation, uploads: list[Request]
) -> None:
    """Nothing of the message has left, so its end is never unknown."""
    misbehave(queued, f"{rule}:first=1,on={UPLOADS}")
    message = send.image(to=ana, file=PNG, mime_type="image/png")
    send.run()
    message.refresh_from_db()
    assert (message.status, queued.sent) == ("queued", [])
    soon()
    send.run()
    message.refresh_from_db()
    assert (message.status, len(queued.sent), len(uploads)) == ("accepted", 1, 2)


def test_what_was_uploaded_is_not_uploaded_again(
    queued: FakeChakra, ana: Conversation, uploads: list[Request]
) -> None:
    """The message had to wait after its upload: it goes with the same link."""
    misbehave(queued, "429:first=1,on=POST *messages")
    send.image(to=ana, file=PNG, mime_type="image/png")
    send.run()
    soon()
    send.run()
    assert (len(uploads), len(queued.sent)) == (1, 1)


def test_an_upload_that_is_refused_fails_the_message(queued: FakeChakra, ana: Conversation) -> None:
    """In the platform's words, and what waits behind it goes on."""

    def refuse(request: Request) -> Reply | None:
        found = request.path.endswith("upload-public-media")
        return Reply.of({"message": "File type not allowed"}, 400) if found else None

    queued.before.append(refuse)
    message = send.image(to=ana, file=PNG, mime_type="image/png")
    send.text(to=ana, body="after it")
    send.run()
    message.refresh_from_db()
    assert message.status == "failed"
    assert "File type not allowed" in message.error_title
    assert [one.text for one in queued.sent] == ["after it"]


def test_an_answer_without_a_link_is_none(queued: FakeChakra, ana: Conversation) -> None:
    """It is asked again later; no message leaves with anything else in the place of its link."""

    def answer(request: Request) -> Reply | None:
        found = request.path.endswith("upload-public-media")
        return Reply.of({"_data": {"publicMediaUrl": "javascript:1"}}) if found else None

    queued.before.append(answer)
    message = send.image(to=ana, file=PNG, mime_type="image/png")
    send.run()
    message.refresh_from_db()
    assert (message.status, queued.sent) == ("queued", [])
    assert MediaFile.objects.get().public_url == ""


def test_a_file_that_is_gone_fails_the_message(
    queued: FakeChakra, ana: Conversation, folder: Path
) -> None:
    """Somebody emptied the storage: the message says so, and is not tried for ever."""
    message = send.image(to=ana, file=PNG, mime_type="image/png")
    for path in folder.rglob("*.png"):
        path.unlink()
    send.run()
    message.refresh_from_db()
    assert (message.status, queued.sent) == ("failed", [])
    assert "not there any more" in message.error_title


def test_who_uploaded_for_too_long_does_not_send(queued: FakeChakra, ana: Conversation) -> None:
    """The claim ran out, and another process said "unknown": nothing leaves after that."""
    message = send.image(to=ana, file=PNG, mime_type="image/png")

    def run_out(request: Request) -> None:
        if request.path.endswith("upload-public-media"):
            Message.objects.filter(pk=message.pk).update(
                claimed_until=timezone.now() - timedelta(hours=1)
            )
            send.recover()

    queued.before.append(run_out)
    send.run()
    message.refresh_from_db()
    assert (message.status, queued.sent) == ("unknown", [])


def test_a_message_with_a_file_is_sent_again(
    queued: FakeChakra, ana: Conversation, uploads: list[Request]
) -> None:
    """The retry has the same file, uploaded once for both."""
    queued.before.append(
        lambda request: errors(400, "No") if request.path.endswith("/messages") else None
    )
    message = send.image(to=ana, file=PNG, mime_type="image/png")
    send.run()
    message.refresh_from_db()
    assert message.status == "failed"
    queued.before.pop()
    retry = send.again(message)
    assert send.again(message) == retry
    send.run()
    retry.refresh_from_db()
    assert (retry.status, len(uploads), public(queued)) == ("accepted", 1, [PNG])
    assert retry.media_files.get().file.name == message.media_files.get().file.name


def test_what_a_file_costs(queued: FakeChakra, ana: Conversation) -> None:
    """One statement more to write it down, three to carry it the first time."""
    write = counted(lambda: send.image(to=ana, file=PNG, mime_type="image/png"))
    assert len(write) == 3, write
    carry = counted(lambda: send.carry(ana.pk))
    assert len(carry) == 8, carry
