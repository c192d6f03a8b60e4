"""Media: uploads, and downloads that go only where they may, and no further than they should."""

import base64
import gzip
import hashlib
import io
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from django_chakra.client import Chakra, Patience
from django_chakra.client.guard import Guard, is_public
from django_chakra.exceptions import (
    ApiError,
    DownloadRefused,
    NoAnswer,
    NotFound,
    NotSent,
    RateLimited,
    RequestRejected,
    ServerError,
    TooLarge,
    TooSlow,
    UnreadableAnswer,
    UnsafeUrl,
    ValidationFailed,
)

from .misbehaving import (
    CERTIFICATE,
    GOOD,
    TOKEN,
    Act,
    Hand,
    Request,
    Server,
    answer,
    client,
    cut,
    endless,
    hung_up,
    raw,
    said,
    silent,
)

PICTURE = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(PICTURE).hexdigest()
JPEG = answer(200, PICTURE, "image/jpeg; q=1")


def guard(*servers: Server, resolve: Callable[..., list[Any]] | None = None) -> Guard:
    """A guard that lets these servers pass."""
    return Guard(
        schemes=frozenset({"http", "https"}),
        ports=frozenset(server.port for server in servers),
        addresses=frozenset({"127.0.0.1"}),
        **({"resolve": resolve} if resolve else {}),
    )


def names(**addresses: str) -> Callable[..., list[Any]]:
    """A resolver that knows these names, and writes down nothing else."""

    def resolve(host: str, port: int, **how: Any) -> list[Any]:
        found = addresses[host.replace(".", "_")].split()
        return [entry for each in found for entry in socket.getaddrinfo(each, port, **how)]

    return resolve


def authorized(server: Server) -> list[bool]:
    return ["authorization" in request.headers for request in server.requests]


def to_redirect(url: str, status: int = 302) -> Act:
    return answer(status, b"moved", "text/html", location=url)


# Uploads.


def test_an_upload_sends_the_file_with_its_name_and_type() -> None:
    with Server(said({"_data": {"publicMediaUrl": "https://x/y.png"}})) as server:
        found = client(server.url).media.upload_public(PICTURE, filename="cat.png")
    assert found == {"publicMediaUrl": "https://x/y.png"}
    sent = server.requests[0]
    assert (sent.method, sent.path) == (
        "POST", "/v1/ext/plugin/whatsapp/plugin/upload-public-media",
    )  # fmt: skip
    assert b'name="file"; filename="cat.png"\r\nContent-Type: image/png' in sent.body
    assert b'name="filename"\r\n\r\ncat.png' in sent.body
    assert PICTURE in sent.body


def test_an_upload_that_was_not_taken_sends_the_whole_file_again(tmp_path: Any) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(PICTURE)
    with Server(answer(429), GOOD) as server, path.open("rb") as file:
        client(server.url).media.upload_public(file)
    assert [PICTURE in request.body for request in server.requests] == [True, True]
    assert b'filename="cat.png"' in server.requests[1].body
    assert b'name="filename"' not in server.requests[1].body


def test_an_empty_file_is_refused_before_the_call() -> None:
    with Server(GOOD) as server, pytest.raises(ValidationFailed) as caught:
        client(server.url).media.upload_public(io.BytesIO())
    assert caught.value.field == "file"
    assert not server.requests


# Downloads from the platform itself.


def test_fetch_gives_the_media_object() -> None:
    with Server(said({"id": "9199000", "mime_type": "image/jpeg"})) as server:
        assert client(server.url).media.fetch("9199000")["id"] == "9199000"
    assert server.requests[0].path == "/v1/whatsapp/v24.0/media/9199000"


def test_show_writes_the_bytes_and_says_what_they_are() -> None:
    to = io.BytesIO()
    with Server(JPEG) as server:
        found = client(server.url).media.show("9199000", to=to, limit=len(PICTURE))
    assert to.getvalue() == PICTURE
    assert found == (len(PICTURE), "image/jpeg", SHA256)
    assert server.requests[0].path == "/v2/whatsapp/v24.0/media/9199000/show"
    assert server.requests[0].headers["accept"] == "*/*"
    assert authorized(server) == [True]


def test_show_takes_the_older_path_where_the_newer_one_is_unknown() -> None:
    to = io.BytesIO()
    with Server(answer(404), JPEG) as server:
        client(server.url).media.show("9199000", to=to)
    assert [request.path[:4] for request in server.requests] == ["/v2/", "/v1/"]
    assert to.getvalue() == PICTURE


def test_what_neither_path_knows_is_not_found() -> None:
    with Server(answer(404)) as server, pytest.raises(NotFound):
        client(server.url).media.show("9199000", to=io.BytesIO())
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403])
def test_the_older_path_is_not_tried_for_any_other_reason(status: int) -> None:
    with Server(answer(status)) as server, pytest.raises(RequestRejected):
        client(server.url).media.show("9199000", to=io.BytesIO())
    assert len(server.requests) == 1


def test_attachments_asks_by_mid() -> None:
    to = io.BytesIO()
    with Server(answer(404), JPEG) as server:
        client(server.url).media.attachments("a b&c", to=to)
    path = "/whatsapp/v24.0/media/whatsapp_business/attachments?mid=a+b%26c"
    assert [request.path for request in server.requests] == [f"/v2{path}", f"/v1{path}"]


def test_a_media_id_can_not_lead_to_another_path() -> None:
    with Server(JPEG) as server:
        client(server.url).media.show("../../x?y", to=io.BytesIO())
        with pytest.raises(ValidationFailed):
            client(server.url).media.show("..", to=io.BytesIO())
    assert server.requests[0].path == "/v2/whatsapp/v24.0/media/..%2F..%2Fx%3Fy/show"


def test_a_base_url_with_a_path_keeps_it() -> None:
    with Server(JPEG) as server:
        chakra = client(server.url + "/behind")
        chakra.media.download(server.url + "/behind/x", to=io.BytesIO())
        with pytest.raises(UnsafeUrl):
            chakra.media.download(server.url + "/beside/x", to=io.BytesIO())
    assert [request.path for request in server.requests] == ["/behind/x"]


# Answers that are no file.


@pytest.mark.parametrize(
    "document",
    [
        {"_errors": ["No such media"]},
        {"error": {"message": "No such media", "code": 100}},
        {"error": "No such media"},
        {"_data": {"error": {"message": "No such media"}}},
    ],
)
def test_an_error_that_comes_as_the_file_is_raised_and_not_written(document: object) -> None:
    to = io.BytesIO()
    with Server(said(document)) as server, pytest.raises(RequestRejected, match="No such media"):
        client(server.url).media.show("9199000", to=to)
    assert to.getvalue() == b""


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"name": "Ana"}', "application/json"),
        (b'[{"error": "a row"}]', "application/json"),
        (b"no json", "application/json"),
        (b'{"error": "' + b"x" * 100_000 + b'"}', "application/json"),
        (b"<h1>Menu</h1>", "text/html"),
        (b"\x1f\x8b\x08", "application/gzip"),
        (b"", "text/plain"),
    ],
)
def test_what_names_no_error_is_kept_whatever_it_is(body: bytes, kind: str) -> None:
    to = io.BytesIO()
    with Server(answer(200, body, kind)) as server:
        found = client(server.url).media.show("9199000", to=to)
    assert to.getvalue() == body
    assert found == (len(body), kind, hashlib.sha256(body).hexdigest())


@pytest.mark.parametrize(
    ("act", "kind", "calls"),
    [
        (answer(500), ServerError, 4),
        (answer(429, retry_after="1"), RateLimited, 4),
        (silent, NoAnswer, 4),
        (cut, NoAnswer, 4),
        (hung_up, NoAnswer, 4),
        # Something may have been written: that can't be taken back.
        (raw(b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\nabc"), NoAnswer, 1),
        (raw(b"HTTP/1.1 200 OK\r\ncontent-le"), NoAnswer, 1),
        (answer(304), RequestRejected, 1),
        (answer(302), RequestRejected, 1),
    ],
)
@pytest.mark.parametrize("other", [False, True], ids=["own", "another host"])
def test_a_download_is_tried_again_until_its_first_byte(
    act: Act, kind: type[ApiError], calls: int, other: bool
) -> None:
    with Server(act) as server:
        base = "https://api.example" if other else server.url
        chakra = client(base, guard=guard(server))
        with pytest.raises(kind):
            chakra.media.download(server.url + "/x?signature=1", to=io.BytesIO())
    assert len(server.requests) == calls


# Size and time.


@pytest.mark.parametrize(
    "act",
    [JPEG, raw(b"HTTP/1.1 200 OK\r\n\r\n" + PICTURE), endless(b"x" * 1000, 0, "image/jpeg")],
    ids=["declared", "to the end of the connection", "endless"],
)
def test_a_file_that_is_too_large_is_left_and_the_error_names_the_limit(act: Act) -> None:
    to = io.BytesIO()
    with Server(act) as server, pytest.raises(TooLarge, match="100000 bytes") as caught:
        client(server.url).media.show("9199000", to=to, limit=100_000)
    assert caught.value.limit == 100_000
    assert len(to.getvalue()) <= 100_000


def test_a_file_that_drips_for_ever_is_left_after_its_time() -> None:
    hand, before = Hand(per_look=1.0), time.monotonic()
    with Server(endless(b"x", 0.01, "image/jpeg")) as server, pytest.raises(TooSlow):
        client(server.url, hand).media.show("9199000", to=io.BytesIO(), limit=10**9, seconds=20)
    assert time.monotonic() - before < 10


def test_what_the_file_object_raises_is_the_callers() -> None:
    class Full(io.BytesIO):
        def write(self, data: Any, /) -> int:
            raise OSError(28, "No space left on device")

    with Server(JPEG) as server, pytest.raises(OSError, match="No space left"):
        client(server.url).media.show("9199000", to=Full())


@pytest.mark.parametrize("other", [False, True], ids=["own", "another host"])
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "x"])
def test_nothing_is_decompressed(coding: str, other: bool) -> None:
    """What came compressed without being asked for is refused before its first byte; so is an
    error, of which only the status is left."""
    bomb = gzip.compress(bytes(10_000_000))
    to = io.BytesIO()
    with Server(answer(200, bomb, "image/jpeg", content_encoding=coding)) as server:
        chakra = client("https://api.example" if other else server.url, guard=guard(server))
        with pytest.raises(UnreadableAnswer, match="came compressed"):
            chakra.media.download(server.url + "/x", to=to)
        server.script = (answer(404, bomb, "application/json", content_encoding="gzip"),)
        if other:
            with pytest.raises(NotFound, match="status 404"):
                chakra.media.download(server.url + "/x", to=to)
    assert to.getvalue() == b""
    assert "gzip" not in server.requests[0].headers.get("accept-encoding", "")


# Redirects and the token.


def test_a_redirect_to_another_host_is_followed_without_the_token() -> None:
    to = io.BytesIO()
    with Server(JPEG) as other, Server(to_redirect(other.url + "/file?signature=1")) as server:
        client(server.url, guard=guard(other)).media.show("9199000", to=to)
    assert to.getvalue() == PICTURE
    assert (authorized(server), authorized(other)) == ([True], [False])
    assert TOKEN not in str(other.requests)
    assert other.requests[0].path == "/file?signature=1"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_platform_keeps_the_token(status: int) -> None:
    to = io.BytesIO()
    with Server(to_redirect("/v3/file?a=b", status), JPEG) as server:
        client(server.url).media.show("9199000", to=to)
    assert [request.path for request in server.requests][1] == "/v3/file?a=b"
    assert authorized(server) == [True, True]


def test_who_sends_us_back_to_the_platform_gets_no_token_for_it() -> None:
    to = io.BytesIO()
    with Server() as other, Server() as server:
        server.script = to_redirect(other.url), JPEG
        other.script = (to_redirect(server.url + "/v1/secret"),)
        client(server.url, guard=guard(server, other)).media.show("9199000", to=to)
    assert authorized(server) == [True, False]


@pytest.mark.parametrize("act", [answer(401), answer(429), answer(500), cut, JPEG])
def test_a_failure_says_whether_it_is_the_platforms(act: Act) -> None:
    """That of another host is marked, to which a URL or a redirect leads."""
    with Server(act) as other, Server(act) as server:
        chakra = client(server.url, guard=guard(other)).with_patience(Patience(tries=1))

        def fails_elsewhere(url: str) -> bool:
            with pytest.raises(ApiError) as caught:
                chakra.media.download(url, to=io.BytesIO(), limit=9)
            return caught.value.elsewhere

        assert not fails_elsewhere(server.url + "/x")
        assert fails_elsewhere(other.url + "/x")
        server.script = (to_redirect(other.url),)
        assert fails_elsewhere(server.url + "/x")


@pytest.mark.parametrize("url", ["http://localhost:{port}/", "https://127.0.0.1:{port}/"])
def test_another_name_or_scheme_of_the_same_server_is_another_host(url: str) -> None:
    with Server(JPEG) as server:
        chakra = client(server.url, guard=guard(server), timeout=(0.3, 0.3))
        with suppress(NotSent, UnsafeUrl):
            chakra.media.download(url.format(port=server.port), to=io.BytesIO())
    assert not any(authorized(server))


@pytest.mark.parametrize(("hops", "arrives"), [(5, True), (6, False)])
def test_five_redirects_are_followed_and_no_more(hops: int, arrives: bool) -> None:
    script = [to_redirect(f"/{each}") for each in range(hops)]
    with Server(*script, JPEG) as server:
        if arrives:
            client(server.url).media.show("9199000", to=io.BytesIO())
        else:
            with pytest.raises(DownloadRefused, match="5 redirects"):
                client(server.url).media.show("9199000", to=io.BytesIO())
    assert len(server.requests) == 6


# Where a URL may lead.

ELSEWHERE = [
    "file:///etc/passwd",
    "ftp://media.example/x",
    "gopher://media.example/x",
    "data:text/plain,x",
    "//media.example/x",
    "",
    "https://",
    "https://[::1",
    "http://media.example/x",
    "https://media.example:8443/x",
    "https://media.example:22/x",
    "https://user:secret@media.example/x",
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://017700000001/x",
    "https://127.1/x",
    "https://0/x",
    "https://10.0.0.1/x",
    "https://172.16.0.1/x",
    "https://192.168.0.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/x",
    "https://224.0.0.1/x",
    "https://255.255.255.255/x",
    "https://[::1]/x",
    "https://[::]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[::ffff:7f00:1]/x",
    "https://[::127.0.0.1]/x",
    "https://[64:ff9b::7f00:1]/x",
    "https://[2002:7f00:1::]/x",
    "https://[fd00::1]/x",
    "https://[fe80::1%25lo]/x",
    "https://[fec0::1]/x",
    "https://[ff02::1]/x",
    "https://private.example/x",
    "https://both.example/x",
]
RESOLVE = names(private_example="10.0.0.1", both_example="93.184.215.14 10.0.0.1")


def resolve(host: str, port: int, **how: Any) -> list[Any]:
    if host.endswith(".example"):
        return RESOLVE(host, port, **how)
    return socket.getaddrinfo(host, port, **how)


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that a socket was to connect to."""
    tried: list[Any] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        tried.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return tried


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_url_that_leads_elsewhere_is_refused_without_a_connection(
    url: str, connects: list[Any]
) -> None:
    chakra = Chakra(token=TOKEN, guard=Guard(resolve=resolve), clock=Hand().clock)
    to = io.BytesIO()
    with pytest.raises(UnsafeUrl) as caught:
        chakra.media.download(url, to=to)
    assert not connects
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", [url for url in ELSEWHERE if "://" in url])
def test_a_redirect_that_leads_elsewhere_is_refused_too(url: str, connects: list[Any]) -> None:
    with Server(to_redirect(url)) as server:
        chakra = client(server.url, guard=Guard(resolve=resolve))
        with pytest.raises(UnsafeUrl):
            chakra.media.show("9199000", to=io.BytesIO())
    assert {address[1] for address in connects} == {server.port}
    assert len(server.requests) == 1


def test_a_redirect_of_another_host_is_checked_as_well() -> None:
    with Server(JPEG) as inside, Server(to_redirect(inside.url)) as other:
        chakra = Chakra(token=TOKEN, guard=guard(other))
        with pytest.raises(UnsafeUrl):
            chakra.media.download(other.url, to=io.BytesIO())
    assert not inside.requests


def test_a_name_is_looked_up_once_for_the_check_and_the_connection(connects: list[Any]) -> None:
    looked: list[str] = []

    def rebinding(host: str, port: int, **how: Any) -> list[Any]:
        looked.append(host)
        # First an address that may be connected to, later the one that the attacker wants.
        found = "127.0.0.1" if len(looked) == 1 else "127.0.0.2"
        return socket.getaddrinfo(found, port, **how)

    with Server(JPEG) as server:
        chakra = Chakra(token=TOKEN, guard=guard(server, resolve=rebinding))
        url = f"http://media.example:{server.port}/x"
        chakra.media.download(url, to=io.BytesIO())
        assert (looked, connects) == (["media.example"], [("127.0.0.1", server.port)])
        server.script = (cut,)  # the connection ends, the next one asks again
        with pytest.raises(UnsafeUrl):
            chakra.media.download(url, to=io.BytesIO())
    assert {address[0] for address in connects} == {"127.0.0.1"}
    assert server.requests[0].headers["host"] == f"media.example:{server.port}"


def test_the_certificate_is_that_of_the_name_and_not_of_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("django_chakra.client.guard.DEFAULT_CA_BUNDLE_PATH", str(CERTIFICATE))
    local = names(media_example="127.0.0.1", other_example="127.0.0.1")
    with Server(JPEG, tls=True) as server:
        chakra = Chakra(token=TOKEN, guard=guard(server, resolve=local), clock=Hand().clock)
        chakra.media.download(f"https://media.example:{server.port}/", to=io.BytesIO())
        with pytest.raises(NotSent):
            chakra.media.download(f"https://other.example:{server.port}/", to=io.BytesIO())
    assert len(server.requests) == 1


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(GOOD) as proxy, Server(JPEG) as server:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        Chakra(token=TOKEN, guard=guard(server)).media.download(server.url, to=io.BytesIO())
    assert not proxy.requests


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "64:ff9b::5db8:d70e"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


def test_the_guard_of_a_client_can_not_be_changed() -> None:
    with pytest.raises(AttributeError):
        Guard().ports = frozenset({80})  # type: ignore[misc]
    assert Guard().schemes == {"https"}
    assert Guard().ports == {443}
    assert not Guard().addresses


def test_an_error_of_a_download_shows_no_query() -> None:
    def quoting(connection: socket.socket, request: Request) -> bool:
        return answer(403)(connection, request)

    with Server(quoting) as server, pytest.raises(ApiError) as caught:
        Chakra(token=TOKEN, guard=guard(server)).media.download(
            f"{server.url}/x?signature={base64.b16encode(b'signed').decode()}", to=io.BytesIO()
        )
    assert caught.value.path == server.url + "/x"
