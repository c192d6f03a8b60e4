"""One file: fetched by the ways there are, checked, kept privately; or why not, in words."""

import hashlib
import re
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_chakra import download
from django_chakra.exceptions import MediaFailed
from django_chakra.models import MediaFile
from django_chakra.testing import samples
from django_chakra.testing.fake import FakeChakra, Misbehaviour, Reply, Request, customers
from django_chakra.testing.fake.customers import FILES, MIME_TYPES
from django_chakra.testing.fake.misbehaviour import misbehave
from django_chakra.testing.fake.replies import errors
from tests.posting import ANA

from .waiting import again, assert_tidy, change, content, sent, until_over, wrote

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

PICTURE = samples.file("picture.jpg")
LOOKASIDE = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid={}&source=x"


def paths(fake: FakeChakra) -> list[str]:
    """What was asked for."""
    return [one["path"] for one in fake.ledger.entries("request") if "/media" in one["path"]]


def refuse(fake: FakeChakra, pattern: str, status: int = 404) -> None:
    """Let requests whose path has this fail."""

    def decide(request: Request) -> Misbehaviour | None:
        if re.search(pattern, request.path):
            return Misbehaviour.instead(errors(status, "No"))
        return None

    fake.before.append(decide)


# What is kept.


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("format", ["meta", "chakra"])
def test_every_kind_is_kept(fake: FakeChakra, folder: Path, kind: str, format: str) -> None:
    """The bytes as the customer sent them, under a name of ours, for nobody else to read."""
    media = wrote(fake, customers.media(fake, ANA, kind), format=format)
    assert download.run() == 1
    media.refresh_from_db()
    assert (media.state, media.attempts, media.error) == ("kept", 1, "")
    assert content(media) == samples.file(FILES[kind])
    assert media.mime_type == MIME_TYPES[kind]
    assert media.size == len(samples.file(FILES[kind]))
    assert media.sha256 == hashlib.sha256(samples.file(FILES[kind])).hexdigest()
    assert media.next_attempt_at is None
    assert media.kept_at is not None
    name = str(media.file.name)
    assert re.fullmatch(
        r"received/default/\d{4}/\d\d/\d\d/[a-z0-9]{32}\.(jpg|mp4|ogg|pdf|webp)", name
    )
    assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    folders = [folder, *(one for one in folder.rglob("*") if one.is_dir())]
    assert {stat.S_IMODE(one.stat().st_mode) for one in folders} == {0o700}
    assert_tidy(folder)


def test_a_type_that_we_do_not_know_gets_no_ending(fake: FakeChakra, folder: Path) -> None:
    """An ending is out of a list of ours, never out of the type or the name."""
    media = sent(fake, "document", content=b"x", mime_type="text/html", filename="../../x.html")
    change(media, mime_type="application/x-php; a=.php")
    again(media)
    assert re.fullmatch(r"received/default/[\d/]+/[a-z0-9]{32}", str(again(media).file.name))
    assert_tidy(folder)


def test_where_no_digest_is_named_ours_is_kept(fake: FakeChakra) -> None:
    """So that what is stored can be compared later."""
    media = change(sent(fake), sha256="")
    assert again(media).sha256 == hashlib.sha256(PICTURE).hexdigest()


# The ways.

V2, V1 = "/v2/whatsapp/v24.0/media/{}/show", "/v1/whatsapp/v24.0/media/{}/show"
OBJECT, FILE = "/v1/whatsapp/v24.0/media/{}", "/media/{}"
MID2 = "/v2/whatsapp/v24.0/media/whatsapp_business/attachments"
MID1 = MID2.replace("v2", "v1", 1)


def older(request: Request) -> Reply | None:
    """The older paths, which the fake does not have."""
    is_older = request.path.startswith("/v1/") and request.path.endswith(("show", "attachments"))
    return Reply(200, {"content-type": "image/jpeg"}, PICTURE) if is_older else None


@pytest.mark.parametrize(
    ("refused", "asked"),
    [
        ("nothing", [V2]),
        ("^/v2/.*show", [V2, V1]),
        ("show", [V2, V1, OBJECT, FILE]),
        ("show|^/media", [V2, V1, OBJECT, FILE, MID2]),
        (r"show|\d$", [V2, V1, OBJECT, MID2]),
        (r"show|\d$|^/v2", [V2, V1, OBJECT, MID2, MID1]),
    ],
)
def test_the_ways_in_their_order(fake: FakeChakra, refused: str, asked: list[str]) -> None:
    """By id in either version, by the URL that the platform names, by the id in the webhook's."""
    media = sent(fake, has_url=True)
    refuse(fake, refused)
    fake.before.append(older)
    assert again(media).state == "kept"
    assert paths(fake) == [path.format(media.media_id) for path in asked]
    assert content(again(media)) == PICTURE


@pytest.mark.parametrize(
    ("url", "is_asked"),
    [
        (LOOKASIDE.format("{id}"), True),
        ("https://lookaside.fbsbx.com.evil.example/?mid={id}", False),
        ("https://evil.example/?mid={id}", False),
        ("http://lookaside.fbsbx.com/?mid={id}", False),
        ("https://lookaside.fbsbx.com/?mid=", False),
        ("https://[", False),
        ("javascript:alert(1)", False),
    ],
)
def test_a_url_alone(fake: FakeChakra, url: str, is_asked: bool) -> None:
    """Of a URL only the platform's own id of the file is of use; no URL of a webhook is opened."""
    media = sent(fake)
    media = again(change(media, media_id="", url=url.format(id=media.media_id)))
    assert (media.state == "kept") is is_asked
    assert paths(fake) == ([MID2] if is_asked else [])
    if not is_asked:
        assert media.state == "failed"
        assert media.error == (
            "The message names neither an id of the file nor a URL that can be asked"
        )


def test_an_id_that_no_column_holds(fake: FakeChakra) -> None:
    """Its digest is not asked for."""
    media = again(change(sent(fake), media_id=f"sha256:{'0' * 64}"))
    assert (media.state, paths(fake)) == ("failed", [])


def test_an_id_leads_to_no_other_path(fake: FakeChakra) -> None:
    """Whatever stands in it, it is one segment."""
    for id in ("..", "../../users", "a/b?c#d"):
        media = until_over(change(sent(fake), media_id=id))
        assert media.state == "failed"
    assert all("/media/" in path for path in paths(fake))
    assert not any("users" in path and "%2F" not in path for path in paths(fake))


# What is not kept.

RULES = [
    ("wrong-hash", 2, "its SHA-256 is another"),
    ("wrong-type", 2, "answered with application/pdf where image/jpeg was named"),
    ("html-media", 2, "answered with text/html where image/jpeg was named"),
    ("empty-media", 2, "an empty file"),
    ("gzip-media", 10, "came compressed"),
    ("large-media", 1, "larger than 1,000,000 bytes (MEDIA_MAX_BYTES)"),
    ("endless-media", 1, "larger than 1,000,000 bytes (MEDIA_MAX_BYTES)"),
    ("elsewhere-media", 1, "Only https on port 443 is fetched"),
    ("expired-media", 10, "The platform knows no such file (404). Given up after 10 attempts"),
    ("500", 10, "Internal server error (status 500). Given up after 10 attempts"),
    ("cut-inside", 10, "Given up after 10 attempts"),
    ("errors", 10, "Something went wrong"),
]


CASES = [
    pytest.param(*row, is_named, id=f"{row[0]}-{'sha256' if is_named else 'no sha256'}")
    for row in RULES
    for is_named in (True, False)
    # Without a hash nothing tells a wrong file of the right type.
    if is_named or row[0] != "wrong-hash"
]


@pytest.mark.parametrize(("rule", "attempts", "words", "is_named"), CASES)
def test_what_goes_wrong_is_said(
    fake: FakeChakra, folder: Path, settings: Any, rule: str, attempts: int, words: str,
    is_named: bool,
) -> None:  # fmt: skip
    """After as many attempts as make sense; the message is there, and nothing is left over."""
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_MAX_BYTES": 1_000_000}
    media = sent(fake, has_url=True)
    if not is_named:
        media = change(media, sha256="")
    misbehave(fake, rule)
    media = until_over(media)
    assert (media.state, media.attempts) == ("failed", attempts)
    assert words in media.error
    assert (media.file.name, media.size, media.next_attempt_at) == ("", None, None)
    assert media.message.kind == "image"
    assert_tidy(folder)


@pytest.mark.parametrize(
    ("content_type", "named", "is_kept"),
    [
        ("image/png", "image/jpeg", True),
        ("IMAGE/JPEG; charset=binary", "image/jpeg", True),
        ("application/octet-stream", "image/jpeg", True),
        ("", "image/jpeg", True),
        ("image/jpeg", "", True),
        ("video/ogg", "audio/ogg; codecs=opus", True),
        ("application/ogg", "audio/ogg", True),
        ("text/plain", "image/jpeg", False),
        ("application/json", "image/jpeg", False),
        ("application/problem+json", "image/jpeg", False),
        ("image/svg+xml", "image/jpeg", False),
        ("application/xml", "video/mp4", False),
        ("video/mp4", "image/jpeg", False),
        ("text/html", "", False),
        ("text/html", "text/html", True),
    ],
)
def test_types_that_may_be_the_file(
    fake: FakeChakra, content_type: str, named: str, is_kept: bool
) -> None:
    """Without a digest the type decides; platforms convert images, and name sound as they like."""
    media = change(sent(fake), sha256="", mime_type=named)
    fake.state.media[media.media_id].mime_type = content_type
    media = until_over(media)
    assert (media.state == "kept") is is_kept
    if not is_kept:
        assert "where" in media.error


@pytest.mark.parametrize("head", [b"<!DOCTYPE html>", b"\xef\xbb\xbf\n <HTML>", b"<svg ", b"<?xml"])
def test_a_page_without_a_type_is_no_picture(fake: FakeChakra, head: bytes) -> None:
    """Its first bytes tell; with the digest that was named, anything is what it is."""
    media = change(sent(fake, content=head + b" ..."), sha256="")
    fake.state.media[media.media_id].mime_type = "application/octet-stream"
    assert "answered with a page where image/jpeg was named" in until_over(media).error
    other = sent(fake, content=head + b" ...")
    assert again(other).state == "kept"


def test_whatever_the_platform_says_fits_the_row(fake: FakeChakra) -> None:
    """Its words may hold what no database stores, and be as long as they like."""
    media = sent(fake)
    words = b'{"_errors": ["No \\u0000 \\ud800 ' + b"x" * 100_000 + b'"]}'
    said = Reply(500, {"content-type": "application/json"}, words)
    fake.before.append(lambda request: Misbehaviour.instead(said))
    media = again(media)
    assert media.state == "waiting"
    assert media.error.startswith("No \ufffd \ufffd x")


def test_a_wrong_answer_may_be_right_the_next_time(fake: FakeChakra) -> None:
    """And one way may have the file where another has a page."""
    media = sent(fake)
    misbehave(fake, "html-media:first=2")
    media = again(media)
    assert (media.state, media.attempts) == ("waiting", 1)
    assert media.next_attempt_at is not None
    assert media.next_attempt_at > timezone.now() + timedelta(seconds=20)
    assert again(media).state == "kept"
    assert again(media).error == ""
    misbehave(fake, "html-media:on=*show")
    assert again(sent(fake)).state == "kept"


def test_the_wait_grows(fake: FakeChakra) -> None:
    """Twice as long each time, up to MAX_DELAY_SECONDS."""
    media, waits = sent(fake), []
    misbehave(fake, "500")
    while (media := again(media)).state == "waiting":
        assert media.next_attempt_at is not None
        waits.append(round((media.next_attempt_at - timezone.now()).total_seconds() / 30))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 120, 120]


# What the platform no longer has.


@pytest.mark.parametrize("status", [404, 400])
def test_expired_is_said_plainly(fake: FakeChakra, status: int) -> None:
    """Once it is older than the platform keeps files, its word for unknown means gone."""
    media = change(sent(fake), expires_at=timezone.now() - timedelta(days=2))
    refuse(fake, "/media/", status)
    media = again(media)
    assert (media.state, media.attempts, media.next_attempt_at) == ("expired", 1, None)
    until = f"{timezone.now() - timedelta(days=2):%Y-%m-%d}"
    assert media.error == (
        f"The platform does not have the file any more (it kept it until about {until})"
    )


def test_gone_is_gone_at_any_age(fake: FakeChakra) -> None:
    """410 says so itself."""
    refuse(fake, "/media/", 410)
    assert again(sent(fake)).state == "expired"


def test_an_old_file_is_asked_for_all_the_same(fake: FakeChakra) -> None:
    """The platform may keep it longer than its pages say."""
    assert again(change(sent(fake), expires_at=timezone.now())).state == "kept"


# What is not the file's fault.


def _no_token(fake: FakeChakra, settings: Any) -> None:
    accounts = settings.CHAKRA["ACCOUNTS"]
    default = {**accounts["default"], "ACCESS_TOKEN": ""}
    settings.CHAKRA = {**settings.CHAKRA, "ACCOUNTS": {**accounts, "default": default}}


def _no_account(fake: FakeChakra, settings: Any) -> None:
    settings.CHAKRA = {**settings.CHAKRA, "ACCOUNTS": {"x": {}}}


def _ruled(rule: str) -> Callable[[FakeChakra, Any], object]:
    return lambda fake, settings: misbehave(fake, rule)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (_ruled("revoked"), "Unauthorized (status 401)"),
        (_ruled("429:seconds=7"), "Too many requests (status 429)"),
        (_ruled("unreachable"), "No connection to the platform"),
        (_no_token, "['ACCESS_TOKEN'] is not set"),
        (_no_account, "no account named 'default'"),
    ],
    ids=["revoked", "429", "unreachable", "no token", "no account"],
)
def test_no_attempt_is_lost_to_the_account(
    fake: FakeChakra, settings: Any, trouble: Any, words: str
) -> None:
    """The file waits with its attempts as they were, and one request is made for all of them."""
    first, second = sent(fake), sent(fake)
    before = len(fake.ledger.entries("request"))
    given, kept = settings.CHAKRA, list(fake.before)
    trouble(fake, settings)
    assert download.run() == 0
    assert len(fake.ledger.entries("request")) - before <= 1
    for media in (first, second):
        media.refresh_from_db()
        assert (media.state, media.attempts) == ("waiting", 0)
    assert words in first.error
    assert second.error == ""
    assert download.run() == 0
    settings.CHAKRA, fake.before[:] = given, kept
    assert [again(media).state for media in (first, second)] == ["kept", "kept"]


# Now.


def test_keep_is_now(fake: FakeChakra) -> None:
    """Whatever the file waits for; a second time nothing is asked."""
    media = sent(fake)
    MediaFile.objects.update(next_attempt_at=timezone.now() + timedelta(hours=1), attempts=3)
    kept = download.keep(media)
    assert (kept.state, content(kept)) == ("kept", PICTURE)
    before = len(fake.ledger.entries("request"))
    assert download.keep(media) == kept
    assert len(fake.ledger.entries("request")) == before


@pytest.mark.parametrize("state", ["failed", "expired", "skipped"])
def test_keep_tries_again_what_was_given_up(fake: FakeChakra, state: str) -> None:
    """Its attempts begin anew."""
    media = change(sent(fake), state=state, attempts=10, next_attempt_at=None, error="words")
    kept = download.keep(media)
    assert (kept.state, kept.attempts, kept.error) == ("kept", 1, "")


def test_keep_says_in_words_why_not(fake: FakeChakra) -> None:
    """And the row waits for its next attempt, as after any other."""
    media = sent(fake)
    misbehave(fake, "500:first=3")
    with pytest.raises(MediaFailed, match="Internal server error") as caught:
        download.keep(media)
    assert caught.value.state == "waiting"
    assert again(media).state == "kept"
    misbehave(fake, "elsewhere-media")
    with pytest.raises(MediaFailed) as caught:
        download.keep(sent(fake))
    assert caught.value.state == "failed"


def test_keep_of_a_row_that_is_gone(fake: FakeChakra) -> None:
    """It does not exist."""
    media = sent(fake)
    MediaFile.objects.all().delete()
    with pytest.raises(MediaFile.DoesNotExist):
        download.keep(media)


def statements(work: Callable[[], object]) -> list[str]:
    """The first words of what this sends, without transaction control."""
    with CaptureQueriesContext(connection) as captured:
        work()
    words = [query["sql"].split()[0].upper() for query in captured.captured_queries]
    return [word for word in words if word in ("SELECT", "INSERT", "UPDATE", "DELETE")]


def test_statements_per_file(fake: FakeChakra) -> None:
    """To find, read and claim it, to write down its name, and to keep it."""
    sent(fake)
    assert statements(download.run) == ["SELECT", "SELECT", "UPDATE", "UPDATE", "UPDATE"]


@pytest.mark.parametrize("work", [download.run, download.sweep_inline])
def test_nothing_waits_in_an_idle_site(fake: FakeChakra, work: Callable[[], object]) -> None:
    """One statement says so, and no request is made."""
    assert statements(work) == ["SELECT"]
    assert paths(fake) == []
