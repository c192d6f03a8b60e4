"""What is taken in, what is refused, and what of the refused is kept for later."""

import sys
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import RequestFactory
from django.utils import timezone

from django_chakra import receive
from django_chakra.models import Message, WebhookCall
from django_chakra.signature import sign
from django_chakra.testing import calls
from django_chakra.views import webhook
from tests.posting import SECRETS, post, process_all, stored, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def configure(settings: Any, **rest: Any) -> None:
    """Change these of the package's settings."""
    settings.CHAKRA = {**settings.CHAKRA, **rest}


def signed(body: bytes) -> dict[str, str]:
    """The header that signs a body for the default account, as WSGI spells it."""
    return {"HTTP_X_CHAKRA_SIGNATURE_256": sign(body, SECRETS["default"])}


def padded(size: int) -> bytes:
    """A call of exactly so many bytes."""
    return calls.body(text("wamid.A")).ljust(size)


def test_body_up_to_the_limit(settings: Any) -> None:
    """A body of exactly the limit is taken; one byte more gets 413 and is kept nowhere."""
    configure(settings, MAX_BODY_BYTES=2000)
    assert post(padded(2000)).status_code == 200
    response = post(padded(2001))
    assert (response.status_code, response.content) == (413, b"the body is longer than 2000 bytes")
    assert WebhookCall.objects.count() == 1


def test_default_limit(settings: Any) -> None:
    """Without a word in the settings four mebibytes are taken, more than Django itself would."""
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE < 4 * 1024 * 1024
    call = stored(padded(4 * 1024 * 1024))
    assert len(bytes(call.body)) == 4 * 1024 * 1024
    assert post(padded(4 * 1024 * 1024 + 1)).status_code == 413


def test_announced_length_is_not_read() -> None:
    """A body that announces too much is refused before a byte of it is read."""

    class Untouched:
        def read(self, *size: int) -> bytes:
            raise AssertionError("read")

    request: Any = RequestFactory().post("/", data=b"{}", content_type="application/json")
    request.environ |= {"CONTENT_LENGTH": str(2**40), "wsgi.input": Untouched()}
    request._stream = Untouched()
    assert webhook(request).status_code == 413


def test_chunked_without_a_server_that_knows_its_end() -> None:
    """Where the server does not say that a chunked body ends, it gets 411."""
    request = RequestFactory().generic("POST", "/", HTTP_TRANSFER_ENCODING="chunked")
    assert webhook(request).status_code == 411
    assert WebhookCall.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [b"", b" \n", b"[]", b'"text"', b"null", b"1", b"{", b"{'a': 1}", b'{"a": 1} x', b"event=x"],
)
def test_no_json(body: bytes) -> None:
    """What is surely no JSON object gets 400 with a reason; validly signed, it is kept."""
    response = post(body)
    assert response.status_code == 400
    call = WebhookCall.objects.get()
    assert (call.state, call.error) == ("refused", response.content.decode())
    assert call.error.startswith(("not ", "an empty body"))
    assert bytes(call.body) == body


DEEP = 100_000

HARD = {
    "byte order mark": b'\xef\xbb\xbf{"event": "message"}',
    "UTF-16": '{"event": "message"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"event": "message"}'.encode("utf-16-be"),
    "UTF-32": '{"event": "message"}'.encode("utf-32"),
    "latin-1": '{"event": "méssage"}'.encode("latin-1"),
    "NaN": b'{"event": NaN}',
    "infinity": b'{"event": "message", "payload": {"timestamp": -Infinity}}',
    "depth": b'{"event": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "digits": b'{"event": ' + b"9" * (sys.get_int_max_str_digits() + 1) + b"}",
}


@pytest.mark.parametrize("trouble", HARD)
def test_json_that_only_our_parser_refuses(trouble: str) -> None:
    """It is answered with 200, kept byte for byte, and processed as one unreadable fact."""
    call = stored(HARD[trouble])
    process_all()
    call.refresh_from_db()
    assert bytes(call.body) == HARD[trouble]
    assert (call.state, call.unreadable, call.kind) == ("processed", 1, "unreadable")
    assert call.kinds.startswith("unreadable")


def test_newest_refused_are_kept(settings: Any) -> None:
    """Of each account's refused calls of the last hour the newest few are kept."""
    configure(settings, REFUSED_PER_HOUR=3)
    hour_ago = timezone.now() - timedelta(minutes=61)
    for n in range(2):
        post(text(f"wamid.old{n}"), secret="wrong")
    WebhookCall.objects.update(received_at=hour_ago)
    post(text("wamid.X"), secret="wrong", account="other")
    for n in range(5):
        post(text(f"wamid.{n}"), secret="wrong")
    kept = [bytes(call.body).decode() for call in WebhookCall.objects.order_by("pk")]
    names = [
        next(i for i in ("old0", "old1", "X", *"01234") if f'wamid.{i}"' in body) for body in kept
    ]
    assert names == ["old0", "old1", "X", "2", "3", "4"]


def test_none_are_kept(settings: Any) -> None:
    """With 0 refused calls leave nothing behind."""
    configure(settings, REFUSED_PER_HOUR=0)
    assert post(text("wamid.A"), secret="wrong").status_code == 401
    assert post(b"[]").status_code == 400
    assert WebhookCall.objects.count() == 0


def test_long_refused_are_not_kept(settings: Any) -> None:
    """A refused call is kept up to a length of its own, so that nobody fills our disk."""
    configure(settings, REFUSED_MAX_BYTES=1000)
    for size in (1000, 1001):
        assert post(padded(size), secret="wrong").status_code == 401
    assert [len(bytes(call.body)) for call in WebhookCall.objects.all()] == [1000]


def test_refused_is_never_processed() -> None:
    """A refused call waits for a person, whatever runs."""
    post(text("wamid.A"), secret="wrong")
    assert process_all() == 0
    call_command("chakra_process", "--replay", "--state", "refused", stdout=StringIO())
    call = WebhookCall.objects.get()
    assert (call.state, call.next_attempt_at, call.attempts) == ("refused", None, 0)
    assert Message.objects.count() == 0


def test_verify_again(settings: Any) -> None:
    """Once the secret is mended the calls that it signed are taken in, and no others."""
    post(text("wamid.A"), secret="new")
    post(text("wamid.B"), secret="forged")
    post(b"[]", secret="new")
    post(text("wamid.C"), account="other", secret="new")
    accounts = {"default": {"WEBHOOK_SECRETS": ["test-secret", "new"]}}
    configure(settings, ACCOUNTS=accounts)
    out = StringIO()
    call_command("chakra_process", "--verify-again", stdout=out)
    assert "1 refused calls verify now" in out.getvalue()
    states = list(WebhookCall.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["processed", "refused", "refused", "refused"]
    assert Message.objects.get().external_id == "wamid.A"
    assert WebhookCall.objects.earliest("pk").error == ""
    assert receive.verify_again(WebhookCall.objects.all()) == 0


def test_verify_again_with_the_header_of_meta(settings: Any) -> None:
    """The header as sent is on the row, also Meta's and also with its prefix."""
    body = calls.body(text("wamid.A"))
    header = f"sha256={sign(body, 'app')}"
    assert post(body, secret="", HTTP_X_HUB_SIGNATURE_256=header).status_code == 401
    account = {"WEBHOOK_SECRETS": ["test-secret"], "META_APP_SECRETS": ["app"]}
    configure(settings, ACCOUNTS={"default": account})
    assert receive.verify_again(WebhookCall.objects.all()) == 1


def test_verify_again_of_what_is_chosen(settings: Any) -> None:
    """Only calls that were chosen are looked at."""
    first, second = (
        post(text(f"wamid.{n}"), secret="new") and WebhookCall.objects.latest("pk") for n in "AB"
    )
    configure(settings, ACCOUNTS={"default": {"WEBHOOK_SECRETS": ["new"]}})
    call_command("chakra_process", "--verify-again", "--id", str(second.pk), stdout=StringIO())
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("refused", "processed")


@pytest.mark.parametrize(
    "header", ["\x00", "é" * 300, "x" * 10_000, "a\nX-Chakra-Signature-256: b"]
)
def test_any_header_can_be_kept(header: str) -> None:
    """Whatever stands in the header of a refused call, the row holds what fits of it."""
    response = post(text("wamid.A"), secret="", HTTP_X_CHAKRA_SIGNATURE_256=header)
    assert response.status_code == 401
    assert WebhookCall.objects.get().signature.startswith("X-Chakra-Signature-256: ")
