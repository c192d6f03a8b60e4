"""Files in the admin: what became of them, and their bytes, for nobody but who may see them."""

import gzip
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from django_chakra.models import MediaFile, Message, MessageSource
from django_chakra.storage import PrivateStorage
from django_chakra.testing import samples
from django_chakra.testing.fake import FakeChakra, customers
from tests.posting import ANA, process_all, stored, text

from .looking import act, page_url, see, shown

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

PICTURE = samples.file("picture.jpg")
HTML = b"<!DOCTYPE html><script>document.title='stolen'</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>document.title="stolen"</script></svg>'


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """Files of the test's own."""
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_DIR": str(tmp_path)}
    return tmp_path


def kept(content: bytes = PICTURE, mime_type: str = "image/jpeg", **more: Any) -> MediaFile:
    """A file of a message, as if it had been downloaded."""
    stored(text(f"wamid.{MediaFile.objects.count()}"))
    process_all()
    values: dict[str, Any] = {"state": "kept", "slot": "image", **more}
    return MediaFile.objects.create(
        account="default",
        message=Message.objects.latest("pk"),
        mime_type=mime_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        file=PrivateStorage().save("received/default/x", ContentFile(content)),
        **values,
    )


def file_url(media: MediaFile) -> str:
    return reverse("admin:django_chakra_mediafile_file", args=[media.pk])


def get(client: Client, media: MediaFile, **headers: str) -> Any:
    """The response, read to its end (the test's client closes it then); its bytes in ``body``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response: Any = client.get(file_url(media), headers=named)
    content = response.streaming_content if response.streaming else [response.content]
    response.body = b"".join(content)
    return response


# Who may see them.


def test_only_who_may_view_files_gets_them(staff: Client, reader: Client) -> None:
    """Viewing messages is not enough; who is not logged in is asked to; nobody posts there."""
    media = kept()
    assert get(staff, media).body == get(reader, media).body == PICTURE
    user = User.objects.create_user("other", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_message"))
    other = Client()
    other.force_login(user)
    assert other.get(file_url(media)).status_code == 403
    assert Client().get(file_url(media)).status_code == 302
    customer = Client()
    customer.force_login(User.objects.create_user("customer"))
    assert customer.get(file_url(media)).status_code == 302
    assert staff.post(file_url(media)).status_code == 405


@pytest.mark.parametrize("state", ["waiting", "expired", "failed", "skipped"])
def test_what_is_not_kept_is_not_there(staff: Client, state: str) -> None:
    """Not even where an older file is still stored; nor what the storage or the table lacks."""
    assert staff.get(file_url(kept(state=state))).status_code == 404
    lost = kept()
    PrivateStorage().delete(str(lost.file.name))
    assert staff.get(file_url(lost)).status_code == 404
    lost.delete()
    assert staff.get("/admin/django_chakra/mediafile/999999/file/").status_code == 404


def test_a_file_has_no_public_url() -> None:
    """Nothing links to the storage."""
    with pytest.raises(ValueError, match="private"):
        _ = kept().file.url


# How they are served.

MP3 = b"\xff\xfb\x90\x00" + bytes(413)
SHOWN = [
    (PICTURE, "image/jpeg", "image/jpeg"),
    (PICTURE, "image/png", "image/jpeg"),
    (samples.file("picture.png"), "IMAGE/PNG", "image/png"),
    (samples.file("sticker.webp"), "image/webp", "image/webp"),
    (b"GIF89a...", "image/gif", "image/gif"),
    (samples.file("clip.mp4"), "video/mp4", "video/mp4"),
    (samples.file("clip.mp4"), "video/3gpp", "video/3gpp"),
    (samples.file("clip.mp4"), "audio/mp4", "audio/mp4"),
    (samples.file("note.ogg"), "audio/ogg; codecs=opus", "audio/ogg"),
    (MP3, "audio/mpeg", "audio/mpeg"),
    (b"#!AMR\n...", "audio/amr", "audio/amr"),
    (b"\xff\xf1\x50...", "audio/aac", "audio/aac"),
]
SAVED = [
    (HTML, "text/html"),
    (HTML, "image/jpeg"),
    (HTML, "image/png; charset=utf-8"),
    (SVG, "image/svg+xml"),
    (SVG, "image/png"),
    (b"<?xml version='1.0'?><x/>", "application/xml"),
    (b"alert(1)", "text/javascript"),
    (b"\x00asm", "application/wasm"),
    (samples.file("paper.pdf"), "application/pdf"),
    (samples.file("paper.pdf"), "image/jpeg"),
    (PICTURE, "video/mp4"),
    (PICTURE, "text/html"),
    (PICTURE, ""),
    (PICTURE, "image/jpeg\r\nX-Evil: 1"),
    (samples.file("clip.mp4"), "image/jpeg"),
    (gzip.compress(HTML, mtime=0), "image/jpeg"),
    (gzip.compress(HTML, mtime=0), "text/html"),
    (b"MZ\x90", "application/x-msdownload"),
    (b"", "image/jpeg"),
]


def assert_guarded(response: Any) -> None:
    """What stands with every response, whatever the file is."""
    assert response["X-Content-Type-Options"] == "nosniff"
    policy = response["Content-Security-Policy"].split("; ")
    # Scripts, forms, windows: nothing of that is allowed.
    is_played = response.get("Content-Type", "").startswith(("audio/", "video/"))
    assert policy[0] == ("sandbox allow-same-origin" if is_played else "sandbox")
    assert policy[1] == "default-src 'none'"
    assert not any("script" in one for one in policy)
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cache-Control"].startswith("private")
    assert "Content-Encoding" not in response


@pytest.mark.parametrize(("content", "named", "served"), SHOWN)
def test_what_may_be_shown(staff: Client, content: bytes, named: str, served: str) -> None:
    """Pictures, sound and films, where message and first bytes agree; under a type of ours."""
    response = get(staff, kept(content, named, filename="a name"))
    assert response["Content-Type"] == served
    assert response["Content-Disposition"] == 'inline; filename="a name"'
    assert response.body == content
    assert_guarded(response)


@pytest.mark.parametrize(("content", "named"), SAVED)
def test_what_may_only_be_saved(staff: Client, content: bytes, named: str) -> None:
    """Everything else, as bytes of no type, unchanged and not decompressed."""
    response = get(staff, kept(content, named))
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert response.body == content
    assert_guarded(response)


@pytest.mark.parametrize(
    ("named", "saved"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("..", "image-{pk}.jpg"),
        ("...hidden", "hidden"),
        ("", "image-{pk}.jpg"),
        ("   ", "image-{pk}.jpg"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\u2066b\u200fc\u00ad.txt", "abc.txt"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt"),
        ('a";x="b.txt', "a_;x=_b.txt"),
        ("a\x7fb\x1b[31m.txt", "ab[31m.txt"),
        ("<img src=x onerror=alert(1)>.png", "_img src=x onerror=alert(1)_.png"),
        ("a\u00a0\u2003b.txt", "a b.txt"),
        ("fatura ção 請求書.pdf", "fatura ção 請求書.pdf"),
        ("x" * 200 + ".pdf", "x" * 108 + ".pdf"),
        ("x" * 300, "x" * 120),
    ],
)
def test_names_are_harmless(staff: Client, named: str, saved: str) -> None:
    """No folders, control characters, or signs that turn the direction of writing; not too long."""
    media = kept(filename=named[:255])
    header = get(staff, media)["Content-Disposition"]
    wanted = saved.format(pk=media.pk)
    if wanted.isascii():
        assert header == f'inline; filename="{wanted}"'
    else:
        assert re.fullmatch(r"inline; filename\*=utf-8''[A-Za-z0-9%._-]+", header)
    assert f"<bdi>{escape(wanted)}</bdi>" in see(staff, page_url(media))


# Ranges, and what the browser has already.


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=5-", 5, None),
        ("bytes=-7", -7, None),
        ("bytes=10-10", 10, 10),
        ("bytes=1-99999999", 1, None),
    ],
)
def test_a_range(staff: Client, asked: str, first: int, last: int | None) -> None:
    """206 with these bytes, and where they stand."""
    response = get(staff, kept(), range=asked)
    wanted = PICTURE[first:] if last is None else PICTURE[first : last + 1]
    begin = first if first >= 0 else len(PICTURE) + first
    assert response.status_code == 206
    assert response["Content-Range"] == (f"bytes {begin}-{begin + len(wanted) - 1}/{len(PICTURE)}")
    assert response["Content-Length"] == str(len(wanted))
    assert response["Accept-Ranges"] == "bytes"
    assert response.body == wanted
    assert_guarded(response)


@pytest.mark.parametrize("asked", ["bytes=99999-", "bytes=769-", "bytes=-0"])
def test_a_range_that_is_not_there(staff: Client, asked: str) -> None:
    """416, with how long the file is."""
    assert len(PICTURE) == 769
    response = get(staff, kept(), range=asked)
    assert (response.status_code, response.body) == (416, b"")
    assert response["Content-Range"] == "bytes */769"
    assert_guarded(response)


@pytest.mark.parametrize(
    "asked",
    ["", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b", "bytes=٣-٤",
     "bytes=0-" + "9" * 40],
)  # fmt: skip
def test_what_is_no_range(staff: Client, asked: str) -> None:
    """The whole file is the answer, also to several ranges."""
    response = get(staff, kept(), range=asked)
    assert (response.status_code, response.body) == (200, PICTURE)
    assert "Content-Range" not in response


def test_a_range_of_another_version(staff: Client) -> None:
    """If-Range: of the same file a part, else all of it."""
    media = kept()
    etag = get(staff, media)["ETag"]
    assert etag == f'"{media.sha256}"'
    assert get(staff, media, range="bytes=0-1", if_range=etag).status_code == 206
    assert get(staff, media, range="bytes=0-1", if_range='"other"').status_code == 200


def test_what_the_browser_has_is_not_sent_again(staff: Client) -> None:
    """304 where it names the digest of the same bytes."""
    media = kept()
    response = get(staff, media, if_none_match=f'"{media.sha256}"')
    assert (response.status_code, response.body) == (304, b"")
    assert_guarded(response)
    assert get(staff, media, if_none_match='"other"').status_code == 200
    assert get(staff, media, if_match='"other"').status_code == 412


def test_head(staff: Client) -> None:
    """All of the answer but the bytes, of a part too."""
    media = kept()
    response = staff.head(file_url(media))
    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Length"] == str(len(PICTURE))
    assert_guarded(response)
    part = staff.head(file_url(media), headers={"Range": "bytes=0-3"})
    assert (part.status_code, part["Content-Length"]) == (206, "4")


def test_it_is_closed_and_not_read_whole(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The response holds one open file, in blocks, until the server closes it."""
    opened: list[Any] = []
    real = PrivateStorage.open

    def noted(self: PrivateStorage, name: str, mode: str = "rb") -> Any:
        opened.append(real(self, name, mode))
        return opened[-1]

    monkeypatch.setattr(PrivateStorage, "open", noted)
    media = kept(samples.file("clip.mp4") + bytes(300_000), "video/mp4")
    response: Any = staff.get(file_url(media))
    blocks = iter(response.streaming_content)
    assert [len(next(blocks)) for _ in range(2)] == [65536, 65536]
    assert not opened[-1].closed
    assert sum(map(len, blocks)) == (media.size or 0) - 2 * 65536
    get(staff, media, range="bytes=9999999-")
    get(staff, media, if_none_match=f'"{media.sha256}"')
    staff.head(file_url(media))
    assert [one.closed for one in opened] == [True] * 4


def test_middleware_that_compresses_leaves_it_alone(staff: Client, settings: Any) -> None:
    """A part of a file would be cut out of something else."""
    settings.MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware", *settings.MIDDLEWARE]
    response = get(staff, kept(), range="bytes=0-500", accept_encoding="gzip")
    assert (response["Content-Length"], response.body) == ("501", PICTURE[:501])
    assert "Content-Encoding" not in response


# The pages.


def test_a_message_shows_its_file(staff: Client) -> None:
    """A picture as such, sound and film to play, all else by name; or why it is not there."""
    media = kept(filename="<b>.jpg", slot="image")
    Message.objects.filter(pk=media.message_id).update(kind="image")
    page = see(staff, page_url(media.message))
    assert f'<img class="chakra-image" src="{file_url(media)}" alt="_b_.jpg"' in page
    assert page_url(media) in page
    for mime_type, element in (("audio/ogg; x", "audio"), ("video/mp4", "video")):
        MediaFile.objects.update(mime_type=mime_type)
        assert f'<{element} class="chakra-player" src="{file_url(media)}" controls' in see(
            staff, page_url(media.message)
        )
    MediaFile.objects.update(mime_type="image/svg+xml")
    page = see(staff, page_url(media.message))
    assert f'<a href="{file_url(media)}">' in page
    assert "<img" not in page
    MediaFile.objects.update(state="expired", error="The platform does not have it <i>any more")
    page = see(staff, page_url(media.message))
    assert 'data-word="expired"' in page
    assert "The platform does not have it &lt;i&gt;any more" in page
    assert file_url(media) not in page


def test_the_page_of_a_file(staff: Client) -> None:
    """What was posted as text, what became of it, and the way back; no foreign link."""
    media = kept(
        url="javascript:alert(1)", media_id="900", filename="<script>", error="<b>words</b>"
    )
    page = see(staff, page_url(media))
    assert page_url(media.message) in page
    assert "javascript:alert(1)" in page
    assert 'href="javascript' not in page
    assert "&lt;script&gt;" in page
    assert "&lt;b&gt;words" in page
    assert shown(staff, MediaFile, "?q=900") == [media.pk]
    assert shown(staff, MediaFile, "?state=kept") == [media.pk]
    assert shown(staff, MediaFile, "?state=failed") == []
    assert shown(staff, MediaFile, f"?message={media.message_id}") == [media.pk]


def test_download_again(staff: Client, reader: Client) -> None:
    """What failed, expired or was not wanted waits again, and the history says who asked."""
    rows = {state: kept(state=state, media_id="9", attempts=7, error="words") for state in (
        "failed", "expired", "skipped", "kept", "waiting")}  # fmt: skip
    ours = kept(state="failed")
    said = act(staff, MediaFile, "download_again", *rows.values(), ours)
    assert said[0] == "3 files are downloaded again."
    assert said[1].startswith("3 files were left as they are")
    states = {row.pk: row.state for row in MediaFile.objects.all()}
    assert [states[row.pk] for row in rows.values()] == ["waiting"] * 3 + ["kept", "waiting"]
    assert states[ours.pk] == "failed"
    again = MediaFile.objects.get(pk=rows["failed"].pk)
    assert (again.attempts, again.error, again.next_attempt_at is not None) == (0, "", True)
    assert {int(entry.object_id or 0) for entry in LogEntry.objects.all()} == {
        rows[state].pk for state in ("failed", "expired", "skipped")
    }
    assert "download_again" not in see(reader, reverse("admin:django_chakra_mediafile_changelist"))


@pytest.mark.django_db(transaction=True)
def test_without_a_worker_it_is_downloaded_at_once(
    staff: Client, chakra_fake: FakeChakra, settings: Any
) -> None:
    """With the inline runner nobody else would do it until the next call."""
    stored(customers.media(chakra_fake, ANA).documents["meta"], secret=chakra_fake.secret)
    process_all()
    media = MediaFile.objects.get()
    MediaFile.objects.update(state="failed", next_attempt_at=None)
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": "inline"}
    act(staff, MediaFile, "download_again", media)
    media.refresh_from_db()
    assert media.state == "kept"
    assert Message.objects.get().source == MessageSource.WEBHOOK
