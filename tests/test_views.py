"""The webhook: who gets which answer, and what is a row when the answer leaves."""

import json
import logging
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse

from django_chakra.models import WebhookCall
from django_chakra.signature import sign
from django_chakra.testing import calls
from django_chakra.views import webhook
from tests.posting import SECRETS, post, stored, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

CALL = text("wamid.A")
BODY = calls.body(CALL)


def configure(settings: Any, account: dict[str, Any], **rest: Any) -> None:
    """Let the default account have these keys, and the package these settings."""
    accounts = {"default": {"WEBHOOK_SECRETS": ["test-secret"], **account}}
    settings.CHAKRA = {"ACCOUNTS": accounts, "RUNNER": "worker", **rest}


def states() -> list[str]:
    """The states of all calls, in the order in which they came."""
    return list(WebhookCall.objects.order_by("pk").values_list("state", flat=True))


def test_call_is_a_row_byte_for_byte() -> None:
    """What was posted is kept as it came, with its digest, its signature and a time."""
    body = b' {"event" : "x",\r\n "payload":{"\\u00e9": "\xc3\xa9"} }\n'
    call = stored(body, account="other")
    assert bytes(call.body) == body
    assert (call.account, call.state, call.attempts, call.error) == ("other", "received", 0, "")
    assert call.signature == f"X-Chakra-Signature-256: {sign(body, SECRETS['other'])}"
    assert len(call.digest) == 64
    assert call.next_attempt_at is not None


def test_equal_bodies_are_two_rows() -> None:
    """A call that is posted twice is kept twice, under one digest."""
    first, second = stored(CALL), stored(CALL)
    assert first.pk != second.pk
    assert first.digest == second.digest
    assert first.uid != second.uid


def test_csrf() -> None:
    """The platform has no CSRF token, and needs none."""
    assert post(CALL, client=Client(enforce_csrf_checks=True)).status_code == 200


def test_login_required_middleware() -> None:
    """On a site that asks everybody to log in the platform need not."""
    assert Client().get("/admin/").status_code == 302
    assert post(CALL).status_code == 200
    assert Client().get("/chakra/webhook/").status_code == 200


def test_names_of_the_urls() -> None:
    """Short and long URLs have one name, and lead to the same view."""
    assert reverse("django_chakra:webhook") == "/chakra/webhook/"
    assert reverse("django_chakra:webhook", args=["other"]) == "/chakra/webhook/other/"
    assert reverse("django_chakra:webhook", args=["other", "t"]) == "/chakra/webhook/other/t/"
    assert post(CALL, path="/chakra/webhook/").status_code == 200
    assert WebhookCall.objects.get().account == "default"


def test_atomic_requests() -> None:
    """The row is committed when the view returns, although the site wraps views in transactions."""
    assert connection.settings_dict["ATOMIC_REQUESTS"]
    assert connection.alias in webhook._non_atomic_requests  # type: ignore[attr-defined]  # Django's own mark
    seen: list[bool] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(connection.in_atomic_block)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        stored(CALL)
    assert set(seen) == {False}


@pytest.mark.parametrize("token", ["", "wrong", "verif", "verify-meé", "\udcff"])
def test_handshake_with_a_wrong_token(settings: Any, token: str) -> None:
    """Meta's handshake with another token than ours gets 403 and not its challenge."""
    configure(settings, {"VERIFY_TOKEN": "verify-me"})
    query = {"hub.mode": "subscribe", "hub.challenge": "12345"}
    raw: dict[str, Any] = {**query, "hub.verify_token": token.encode("utf-8", "surrogateescape")}
    response = Client().get("/chakra/webhook/", raw)
    assert response.status_code == 403
    assert b"12345" not in response.content


def test_handshake(settings: Any) -> None:
    """The right token gets the challenge back, as plain text that no browser takes for a page."""
    configure(settings, {"VERIFY_TOKEN": "verify-me"})
    query = {"hub.mode": "subscribe", "hub.verify_token": "verify-me"}
    response = Client().get("/chakra/webhook/", {**query, "hub.challenge": "<b>1</b>"})
    assert (response.status_code, response.content) == (200, b"<b>1</b>")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_handshake_without_a_token_of_ours() -> None:
    """Where no token is configured an empty one is not the right one."""
    query = {"hub.verify_token": "", "hub.challenge": "12345"}
    assert Client().get("/chakra/webhook/", query).status_code == 403


def test_bare_get() -> None:
    """Who opens the URL in a browser sees that it is there."""
    response = Client().get("/chakra/webhook/")
    assert (response.status_code, response.content) == (200, b"OK")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "head", "options", "trace"])
def test_other_methods(method: str) -> None:
    """Only GET and POST are answered."""
    response = getattr(Client(), method)("/chakra/webhook/")
    assert response.status_code == 405
    assert response["Allow"] == "GET, POST"


@pytest.mark.parametrize("path", ["nobody/", "a.b/", "default%20/", f"{'a' * 65}/", "default/x/"])
def test_unknown_account(path: str) -> None:
    """An account that does not exist, or a token that nobody asked for, gets 404 and no row."""
    for response in (
        post(CALL, path=f"/chakra/webhook/{path}"),
        Client().get(f"/chakra/webhook/{path}"),
    ):
        assert response.status_code == 404
    assert states() == []


def test_url_token(settings: Any) -> None:
    """With a URL_TOKEN only the URL that ends with it leads anywhere."""
    configure(settings, {"URL_TOKEN": "tökén", "ALLOW_UNSIGNED": True, "WEBHOOK_SECRETS": []})
    for path in ("", "default/", "default/other/", "default/t/", "default/tökén2/"):
        assert post(CALL, path=f"/chakra/webhook/{path}", secret="").status_code == 404
    right = reverse("django_chakra:webhook", args=["default", "tökén"])
    assert post(CALL, path=right, secret="").status_code == 200
    assert Client().get(right).status_code == 200
    assert states() == ["received"]


def test_without_a_signature(caplog: pytest.LogCaptureFixture) -> None:
    """A call that nobody signed gets 401, and one log line says whose and why."""
    assert post(CALL, secret="").status_code == 401
    (line,) = [r.getMessage() for r in caplog.records if r.name.startswith("django_chakra")]
    assert line == "Refused a call for account default: X-Chakra-Signature-256 is missing"
    assert states() == ["refused"]


def test_log_tells_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Neither the log nor the answer holds what was sent as signature, or a secret of ours."""
    caplog.set_level(logging.DEBUG)
    header = sign(BODY, "not-ours")
    for value in (header, f"sha256={header}", "forged-value"):
        response = post(CALL, secret="", HTTP_X_CHAKRA_SIGNATURE_256=value)
        assert response.status_code == 401
        for text_ in (caplog.text, response.content.decode()):
            assert value not in text_
            assert SECRETS["default"] not in text_
            assert sign(BODY, SECRETS["default"]) not in text_
    assert caplog.text.count("account default") == 3


def test_several_secrets(settings: Any) -> None:
    """While a secret is replaced both are right, and no third one."""
    configure(settings, {"WEBHOOK_SECRETS": ["old", "new"]})
    assert [post(CALL, secret=secret).status_code for secret in ("old", "new", "third")] == [
        200,
        200,
        401,
    ]


def test_secret_of_another_account() -> None:
    """What one account's secret signs is refused at another's URL."""
    assert post(CALL, account="default", secret=SECRETS["other"]).status_code == 401


@pytest.mark.parametrize("spell", [str.upper, "sha256={}".format, " SHA256={} ".format])
def test_spellings_of_the_signature(spell: Any) -> None:
    """Hex in any case, with its name before it or not, is the same signature."""
    header = spell(sign(BODY, SECRETS["default"]))
    assert post(BODY, secret="", HTTP_X_CHAKRA_SIGNATURE_256=header).status_code == 200


def test_signature_of_the_meta_app(settings: Any) -> None:
    """Meta's own header counts where the secrets of the app are known, and only there."""
    signed: dict[str, Any] = {"HTTP_X_HUB_SIGNATURE_256": f"sha256={sign(BODY, 'app-secret')}"}
    assert post(CALL, secret="", **signed).status_code == 401
    configure(settings, {"META_APP_SECRETS": ["app-secret"]})
    assert post(CALL, secret="", **signed).status_code == 200
    assert post(text("wamid.B"), secret="", **signed).status_code == 401
    assert WebhookCall.objects.latest("pk").signature.startswith("X-Hub-Signature-256: sha256=")


def test_meta_signature_when_present(settings: Any) -> None:
    """An account may take Meta's bodies unsigned; what is signed wrongly it still refuses."""
    configure(settings, {"META_SIGNATURE": "when_present"})
    assert post(CALL, secret="").status_code == 200
    assert post(CALL, secret="wrong").status_code == 401
    assert post(CALL, secret="", HTTP_X_HUB_SIGNATURE_256="sha256=00").status_code == 401
    assert post(text("wamid.A", format="chakra"), secret="").status_code == 401


def test_allow_unsigned(settings: Any) -> None:
    """An account may take calls that nobody signed; what is signed wrongly it still refuses."""
    configure(settings, {"ALLOW_UNSIGNED": True})
    assert post(text("wamid.A", format="chakra"), secret="").status_code == 200
    assert post(CALL, secret="wrong").status_code == 401
    configure(settings, {"ALLOW_UNSIGNED": True, "WEBHOOK_SECRETS": []})
    assert post(CALL, secret="wrong").status_code == 200


def test_one_account_takes_nothing_from_another() -> None:
    """The same call at two accounts is a row of each."""
    for account in SECRETS:
        stored(CALL, account=account)
    assert set(WebhookCall.objects.values_list("account", flat=True)) == set(SECRETS)


def test_query_and_content_type_do_not_matter() -> None:
    """The bytes count, whatever the headers call them."""
    path = "/chakra/webhook/?a=1&account=other"
    for content_type in (
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ):
        response = Client().post(
            path,
            data=BODY,
            content_type=content_type,
            headers={"X-Chakra-Signature-256": sign(BODY, SECRETS["default"])},
        )
        assert response.status_code == 200
    assert {bytes(call.body) for call in WebhookCall.objects.all()} == {BODY}


def test_view_can_be_called_by_itself() -> None:
    """The view needs nothing that a middleware put on the request."""
    request = RequestFactory().post(
        "/",
        data=json.dumps({}),
        content_type="application/json",
        headers={"X-Chakra-Signature-256": sign(b"{}", SECRETS["default"])},
    )
    assert webhook(request).status_code == 200
