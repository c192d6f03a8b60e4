"""What the fake does not take, told apart as a real server does."""

import pytest

from django_chakra.testing.fake import FakeChakra

from . import prepared

BEARER = {"Authorization": f"Bearer {prepared.TOKEN}"}
JSON = {**BEARER, "Content-Type": "application/json"}
FORM = {**BEARER, "Content-Type": "multipart/form-data; boundary=b"}
NOTHING = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/v1/health", {}, b"", 401),
        ("GET", "/v1/health", {"Authorization": prepared.TOKEN}, b"", 401),
        ("GET", "/v1/nowhere", {}, b"", 401),
        ("GET", "/v1/nowhere", BEARER, b"", 404),
        ("PUT", "/v1/health", BEARER, b"", 404),
        ("GET", "/v1/health?a=b", BEARER, b"", 400),
        ("GET", "/v1/health", JSON, b"{}", 400),
        ("POST", "/v1/ext/chat", BEARER, b"{}", 400),
        ("POST", "/v1/ext/chat", JSON, b"{", 400),
        ("POST", "/v1/ext/chat", JSON, b'{"limit": NaN}', 400),
        ("POST", "/v1/ext/chat", JSON, b"[" * 100_000, 400),
        ("POST", "/v1/ext/chat", JSON, b"\xff", 400),
        ("POST", "/v1/ext/chat", JSON, b"", 400),
        ("POST", "/v1/ext/chat", JSON, b"{}", 200),
        ("POST", "/v1/ext/photo", JSON, b"{}", 400),
        ("POST", "/v1/ext/photo", FORM, b"no form", 400),
        ("POST", "/v1/ext/photo", FORM, NOTHING, 400),
        ("GET", "/public-media/x", {}, b"", 404),
        ("GET", "/media/m-1", {}, b"", 401),
        ("GET", "/v1/ext/plugin/whatsapp/api/v24.0/200000000000001/message_templates?limit=0",
         BEARER, b"", 400),
        ("GET", "/v1/ext/plugin/whatsapp/api/v24.0/200000000000001/message_templates?limit=x",
         BEARER, b"", 400),
        ("GET", "/v1/whatsapp/v24.0/300000000000001/call_permissions", BEARER, b"", 400),
    ],
)  # fmt: skip
def test_status(
    method: str, path: str, headers: dict[str, str], body: bytes, status: int, fake: FakeChakra
) -> None:
    """Each mistake has its status, in the envelope or as a page."""
    reply = fake.handle(method, path, headers, body)

    assert reply.status == status
    if status == 404:
        assert reply.headers["content-type"].startswith("text/html")
    elif status != 200:
        assert reply.json.get("_errors") or reply.json["error"]["code"] == 100


def test_a_revoked_token_is_refused(fake: FakeChakra) -> None:
    """A token that is changed is the only one from then on."""
    fake.token = "another"
    assert fake.handle("GET", "/v1/health", BEARER, b"").status == 401


@pytest.mark.parametrize(
    ("path", "headers", "origin"),
    [
        ("", {}, "https://api.chakrahq.com"),
        ("", {"Host": "127.0.0.1:1"}, "http://127.0.0.1:1"),
        ("https://x.example:8", {"Host": "y"}, "https://x.example:8"),
    ],
)
def test_urls_have_the_host_that_was_asked(
    path: str, headers: dict[str, str], origin: str, fake: FakeChakra
) -> None:
    """URLs in answers are reached the way the request came."""
    asked = f"{path}/v1/whatsapp/v24.0/media/m-1"
    url = fake.handle("GET", asked, {**BEARER, **headers}, b"").json["url"]
    assert url == f"{origin}/media/m-1"
