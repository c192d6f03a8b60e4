"""Files of messages are rows of their own, made with the message, whatever order copies come in."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from itertools import count, permutations
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_chakra import process, send
from django_chakra.models import Conversation, MediaFile, Message, WebhookCall
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra, Misbehaviour
from tests.posting import ANA, START, post, process_all, record, stored, text
from tests.tables import differences

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

HEX = hashlib.sha256(b"a file").hexdigest()
ALIASES = count()
#: Where a message stands by the time of its first copy.
PLACES = ("sort_at", "last_at", "last_message", "last_inbound_at")


def item(
    word: str = "image", wamid: str = "wamid.A", *, at: int = 0, **part: Any
) -> dict[str, Any]:
    """A message with a file, as Meta writes it."""
    part = {"id": "900", "mime_type": "image/jpeg", "sha256": HEX, **part}
    return {
        "from": ANA, "id": wamid, "timestamp": str(START + at), "type": word,
        word: {key: value for key, value in part.items() if value},
    }  # fmt: skip


def media(format: str = "meta", **more: Any) -> dict[str, Any]:
    """The same as a call."""
    return calls.message_call(format, item(**more), name="Ana")


def only() -> MediaFile:
    return MediaFile.objects.get()


def test_a_file_is_a_row_that_waits() -> None:
    """With what the message says of it, due at once, and until when the platform keeps it."""
    record(media(filename="a.jpg"))
    row = only()
    assert (row.account, row.message, row.slot) == ("default", Message.objects.get(), "image")
    assert (row.media_id, row.mime_type, row.sha256, row.filename) == (
        "900", "image/jpeg", HEX, "a.jpg",
    )  # fmt: skip
    assert (row.state, row.attempts, row.file.name, row.size) == ("waiting", 0, "", None)
    assert row.next_attempt_at is not None
    assert row.next_attempt_at <= timezone.now() + timedelta(minutes=1)
    assert row.message.occurred_at is not None
    assert row.expires_at == row.message.occurred_at + timedelta(days=30)


def test_where_nothing_is_downloaded_the_row_says_so(settings: Any) -> None:
    """With DOWNLOAD_MEDIA off a file is not wanted, and nothing takes it up by itself."""
    settings.CHAKRA = {**settings.CHAKRA, "DOWNLOAD_MEDIA": False}
    record(media())
    assert (only().state, only().next_attempt_at) == ("skipped", None)


def test_echoes_and_histories_have_files_too() -> None:
    """Theirs and ours; what a history names is kept for a shorter time from when it came, and
    nothing longer because its sender's clock is ahead."""
    echo = {**item(wamid="wamid.E", at=10**9), "from": calls.DISPLAY_NUMBER, "to": ANA}
    old = item(wamid="wamid.H")
    record(
        calls.echo_call("meta", echo, by_phone=True),
        calls.item_call(old, field="history", key="messages"),
    )
    rows = {row.message.external_id: row for row in MediaFile.objects.select_related("message")}
    assert rows.keys() == {"wamid.E", "wamid.H"}
    kept = {
        id: row.expires_at - row.next_attempt_at
        for id, row in rows.items()
        if row.expires_at and row.next_attempt_at
    }
    assert kept == {"wamid.E": timedelta(days=30), "wamid.H": timedelta(days=14)}


def test_a_list_that_does_not_say_which_file_makes_no_row() -> None:
    """A picture whose entry has neither id nor URL is a message without a file, until a webhook
    names it; one with an id waits like any other."""
    said = {"from": ANA, "timestamp": str(START), "type": "image", "listed": {"id": "x"}}
    bare = {**said, "id": "wamid.A", "image": {}}
    record(calls.item_call(bare), calls.item_call({**said, "id": "wamid.B", "image": {"id": "7"}}))
    assert Message.objects.count() == 2
    assert only().media_id == "7"
    record(media())
    assert set(MediaFile.objects.values_list("media_id", flat=True)) == {"7", "900"}


COPIES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "both formats": lambda: [media(), media("chakra"), media()],
    "a fuller copy": lambda: [media(), media("chakra", filename="b", at=3), media(caption="x")],
    "another id": lambda: [media(id="1", at=5), media(id="2", at=9), media(id="3", at=7)],
    "a placeholder first": lambda: [
        calls.item_call(
            {**item(), "type": "media_placeholder", "image": None}, field="history", key="messages"
        ),
        calls.item_call(item(), field="history", key="messages"),
    ],
    "another type": lambda: [media(), media(word="document"), text("wamid.A", text="no file")],
    "several at once": lambda: [
        calls.batch_call(media(), media(wamid="wamid.B", id="2"), media(wamid="wamid.C", id="3")),
        calls.batch_call(media(wamid="wamid.C", id="4", at=9), media(wamid="wamid.A", at=9)),
    ],
    "without anything to ask for": lambda: [media(id="", sha256=""), media(id="7")],
}


@pytest.mark.parametrize("together", [True, False], ids=["together", "apart"])
@pytest.mark.parametrize("name", COPIES)
def test_any_order_ends_in_the_same_rows(name: str, together: bool) -> None:
    """Copies of a message in every order, each alone or all at once, and each twice."""
    copies = COPIES[name]()
    orders = [*permutations(copies), [*copies, *copies]]
    aliases = [f"media-{next(ALIASES)}" for _ in orders]
    accounts = {alias: {"WEBHOOK_SECRETS": ["secret"]} for alias in aliases}
    with override_settings(CHAKRA={"ACCOUNTS": accounts, "RUNNER": "worker"}):
        for alias, order in zip(aliases, orders, strict=True):
            for one in order:
                assert post(one, account=alias).status_code == 200
                if not together:
                    process_all()
            process_all()
        assert MediaFile.objects.filter(account=aliases[0]).exists()
        for other in aliases[1:]:
            assert differences(aliases[0], other, PLACES) == []


def test_a_call_that_is_tried_again_makes_its_rows() -> None:
    """A call whose first attempt came to nothing is recorded with the files of its messages."""
    call = stored(media())
    WebhookCall.objects.filter(pk=call.pk).update(attempts=3)
    process_all()
    assert only().media_id == "900"
    process.replay(WebhookCall.objects.all())
    process_all()
    assert only().media_id == "900"


def end(state: str, **more: Any) -> None:
    """Let the file have come to this."""
    MediaFile.objects.update(state=state, attempts=4, error="words", next_attempt_at=None, **more)


@pytest.mark.parametrize("state", ["failed", "expired"])
def test_what_could_not_be_had_is_tried_again_by_another_name(state: str) -> None:
    """A new id, or a URL, is a reason to try again; the same ones are not."""
    record(media())
    end(state)
    record(media("chakra", caption="more words"))
    assert (only().state, only().attempts, only().error) == (state, 4, "words")
    record(media(caption="more words", url="https://lookaside.fbsbx.com/x?mid=1"))
    row = only()
    assert (row.state, row.attempts, row.error) == ("waiting", 0, "")
    assert row.next_attempt_at is not None
    assert row.url == "https://lookaside.fbsbx.com/x?mid=1"


def test_what_is_kept_stays_unless_another_file_is_named() -> None:
    """Another id of the same bytes is the same file; one of other bytes is to be downloaded."""
    record(media())
    end("kept", file="received/a.jpg", size=6)
    record(media(id="901", caption="more words"))
    assert (only().state, only().media_id, only().file.name) == ("kept", "901", "received/a.jpg")
    record(media(id="902", caption="more words", sha256="0" * 64, filename="f"))
    row = only()
    assert (row.state, row.attempts, row.media_id) == ("waiting", 0, "902")
    assert row.file.name == "received/a.jpg"  # until the other one is there


def test_our_own_digest_stays_where_none_is_named() -> None:
    """What was kept is known by the digest of its bytes, also when another copy comes."""
    record(media(sha256=""))
    end("kept", sha256=HEX, file="received/a.jpg")
    record(media(sha256="", caption="more words"))
    assert (only().state, only().sha256) == ("kept", HEX)


def test_what_is_not_wanted_stays_so() -> None:
    """Another copy of the message is no reason to download what the settings leave out."""
    with override_settings(CHAKRA={**_chakra(), "DOWNLOAD_MEDIA": False}):
        record(media(), media(id="901", caption="more words"))
        assert (only().state, only().media_id) == ("skipped", "901")


def _chakra() -> dict[str, Any]:
    from django.conf import settings

    return dict(settings.CHAKRA)


def statements(call: Any) -> int:
    """How many statements name the table while a call is processed."""
    one = stored(call)
    with CaptureQueriesContext(connection) as captured:
        process.run_one(one.pk)
    return sum("django_chakra_mediafile" in query["sql"] for query in captured.captured_queries)


def test_statements() -> None:
    """None without files; one for any number of new ones, two for any that changed."""

    def batch(size: int, **more: Any) -> Any:
        return calls.batch_call(
            *(media(wamid=f"wamid.{n}", id=f"{n}", **more) for n in range(size))
        )

    assert statements(text("wamid.T")) == 0
    assert statements(media()) == 1
    assert statements(media("chakra")) == 0
    assert statements(batch(30)) == 1
    assert statements(batch(30, filename="a name")) == 2


def test_files_go_with_their_conversation() -> None:
    """Two contacts that are one person: messages move, and keep their files."""
    record(media())
    key = only().pk
    known = {**item(wamid="wamid.B"), "from_user_id": "BR.1"}
    record(calls.item_call({**known, "id": "wamid.C", "from": ""}), calls.item_call(known))
    assert MediaFile.objects.get(pk=key).message.external_id == "wamid.A"
    assert Conversation.objects.filter(messages__media_files__isnull=False).distinct().count() == 1


@pytest.fixture
def ana(chakra_fake: FakeChakra, chakra_post_event: Any, settings: Any) -> Conversation:
    """Who wrote a moment ago; the platform is not waited for."""
    settings.CHAKRA = {**settings.CHAKRA, "READ_TIMEOUT": 0.2}
    chakra_post_event("meta/messages__text")
    return Conversation.objects.get()


def our_echo(wamid: str) -> dict[str, Any]:
    echo = {
        **item(wamid=wamid), "from": calls.DISPLAY_NUMBER, "to": ANA,
        "timestamp": str(int(timezone.now().timestamp())),
    }  # fmt: skip
    return calls.echo_call("chakra", echo, by_phone=False)


@pytest.mark.parametrize("early", [True, False], ids=["echo first", "answer first"])
def test_an_echo_of_our_own_message_brings_no_file(
    chakra_fake: FakeChakra, ana: Conversation, early: bool
) -> None:
    """The message that we sent has the file that it was sent with, whichever came first."""
    secret = chakra_fake.secret
    link = "https://shop.example/a.jpg"
    if early:
        chakra_fake.before.append(
            lambda request: Misbehaviour.silent(taken=True) if request.method == "POST" else None
        )
    message = send.image(to=ana, link=link)
    send.run()
    chakra_fake.before.clear()
    stored(our_echo(chakra_fake.sent[-1].wamid), secret=secret)
    process_all()
    message.refresh_from_db()
    if early:
        assert message.external_id is None
        assert MediaFile.objects.count() == 1
        stored(
            calls.status_call(
                "meta",
                external_id=chakra_fake.sent[-1].wamid,
                status="sent",
                timestamp=int(timezone.now().timestamp()),
                recipient=ANA,
                callback_data=chakra_fake.sent[-1].callback_data,
            ),
            secret=secret,
        )
        process_all()
        message.refresh_from_db()
    assert message.external_id == chakra_fake.sent[-1].wamid
    assert not MediaFile.objects.exists()
