"""What the client makes of a server that misbehaves: what it raises, how often it called."""

import io
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

import pytest

from django_chakra.client import Chakra
from django_chakra.client.http import MAX_ANSWER_BYTES
from django_chakra.exceptions import (
    ApiError,
    ConfigurationError,
    NoAnswer,
    NotSent,
    UnreadableAnswer,
    ValidationFailed,
)

from .misbehaving import (
    CERTIFICATE,
    GOOD,
    TOKEN,
    Hand,
    Server,
    answer,
    client,
    endless,
    said,
    unused_port,
)
from .scenarios import MISBEHAVIOURS, OURS, Misbehaviour


def _read(chakra: Chakra) -> object:
    return chakra.request("GET", "/v1/things", query={"search": "x"})


def _read_by_post(chakra: Chakra) -> object:
    return chakra.request("POST", "/v1/things/list", json={"where": {}}, read=True)


def _write(chakra: Chakra) -> object:
    return chakra.request("POST", "/v1/things", json={"text": "x"})


CALLS = {"GET": _read, "list by POST": _read_by_post, "write": _write}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("each", MISBEHAVIOURS, ids=lambda each: each.name)
def test_each_misbehaviour_is_raised_after_no_more_calls_than_the_rule_says(
    each: Misbehaviour, call: str
) -> None:
    hand = Hand()
    with (
        Server(each.act) as server,
        client(server.url, hand) as chakra,
        pytest.raises(ApiError) as caught,
    ):
        CALLS[call](chakra)
    error = caught.value
    assert type(error) is each.raised
    assert (error.status, error.code, error.retry_after) == (
        each.status, each.code, each.retry_after,
    )  # fmt: skip
    assert each.message in error.message
    waits = each.write_waits if call == "write" else each.read_waits
    assert hand.slept == pytest.approx(waits)
    assert len(server.requests) == len(waits) + 1
    assert sum(hand.slept) <= chakra.http.patience.budget


@pytest.mark.parametrize("each", MISBEHAVIOURS, ids=lambda each: each.name)
def test_a_write_that_may_have_been_taken_is_never_made_twice(each: Misbehaviour) -> None:
    with Server(each.act, GOOD) as server, client(server.url) as chakra, suppress(ApiError):
        _write(chakra)
    assert len(server.requests) == (2 if each.write_waits else 1)
    assert each.status == 429 or not each.write_waits


@pytest.mark.parametrize("each", MISBEHAVIOURS, ids=lambda each: each.name)
def test_a_read_goes_through_as_soon_as_the_server_behaves_again(each: Misbehaviour) -> None:
    with Server(each.act, GOOD) as server, client(server.url) as chakra:
        if each.read_waits:
            assert _read(chakra) == {"ok": True}
            assert len(server.requests) == 2


def _refused(stack: ExitStack) -> str:
    return f"http://127.0.0.1:{unused_port()}"


def _full(stack: ExitStack) -> str:
    """Of a server whose queue of connections is full: a further one is not answered."""
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
    for _ in range(4):
        waiting = stack.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(listener.getsockname())
    time.sleep(0.1)
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _no_tls(stack: ExitStack) -> str:
    server = stack.enter_context(Server(GOOD))
    return server.url.replace("http:", "https:")


def _mute(stack: ExitStack) -> str:
    """Of a server that takes the connection and leaves the handshake unanswered."""
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    return f"https://127.0.0.1:{listener.getsockname()[1]}"


def _unknown_certificate(stack: ExitStack) -> str:
    return stack.enter_context(Server(GOOD, tls=True)).url


def _no_such_name(stack: ExitStack) -> str:
    return "http://nobody.invalid"


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "place", [_refused, _full, _no_tls, _mute, _unknown_certificate, _no_such_name]
)
def test_without_a_connection_also_a_write_is_tried_again(
    place: Callable[[ExitStack], str], call: str
) -> None:
    hand = Hand()
    with ExitStack() as stack:
        chakra = stack.enter_context(client(place(stack), hand, timeout=(0.3, 0.3)))
        with pytest.raises(NotSent) as caught:
            CALLS[call](chakra)
    assert hand.slept == pytest.approx(OURS)
    assert caught.value.status is None


def test_an_answer_that_cannot_be_deciphered_came_after_the_request() -> None:
    def garbled(connection: socket.socket, request: object) -> bool:
        # Under the TLS of this connection.
        with socket.socket(fileno=socket.dup(connection.fileno())) as bare:
            bare.sendall(b"\x17\x03\x03\x00\x20" + b"garbage " * 4)
        time.sleep(0.2)
        return False

    with Server(garbled, tls=True) as server, client(server.url) as chakra:
        chakra.http.session.verify = str(CERTIFICATE)
        with pytest.raises(NoAnswer):
            _write(chakra)
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["GET", "write"])
def test_an_answer_that_drips_for_ever_is_left_after_the_budget(name: str) -> None:
    hand = Hand(per_look=1.0)  # each look at the clock takes a second
    with Server(endless(b" ", 0.02)) as server, client(server.url, hand) as chakra:
        before = time.monotonic()
        with pytest.raises(NoAnswer, match="more than 30 seconds"):
            CALLS[name](chakra)
    assert time.monotonic() - before < 10
    assert len(server.requests) == 1


def test_an_answer_of_100_mb_is_not_read_to_its_end() -> None:
    block = b" " * 65536
    with (
        Server(endless(block, 0, length=100 * 2**20)) as server,
        client(server.url) as chakra,
        pytest.raises(UnreadableAnswer, match=str(MAX_ANSWER_BYTES)),
    ):
        _write(chakra)
    assert len(server.requests) == 1


def test_an_empty_answer_is_none_and_a_message_alone_in_a_200_is_data() -> None:
    script = answer(204), answer(200), said({"message": "Deleted"})
    with Server(*script) as server, client(server.url) as chakra:
        assert [_write(chakra) for _ in range(3)] == [None, None, {"message": "Deleted"}]


def test_what_stood_beside_the_data_is_within_reach() -> None:
    enveloped = said({"_data": [1], "_meta": {"hasMore": True}}, x_request_id="r-1")
    with Server(enveloped) as server, client(server.url) as chakra:
        found = chakra.call("GET", "/v1/things")
    assert (found.data, found.meta, found.status) == ([1], {"hasMore": True}, 200)
    assert found.headers["x-request-id"] == "r-1"


def test_a_file_is_sent_whole_with_every_try() -> None:
    with Server(answer(429), GOOD) as server, client(server.url) as chakra:
        chakra.request("POST", "/v1/x", files={"file": ("a.txt", io.BytesIO(b"all of it"))})
    assert [b"all of it" in request.body for request in server.requests] == [True, True]


def test_a_path_can_not_lead_to_another_host() -> None:
    with Server(GOOD) as server, client(server.url) as chakra:
        for path in ("@evil.example/x", ".evil.example/", ":1/", "v1/x", "http://evil.example/"):
            with pytest.raises(ValidationFailed):
                chakra.request("GET", path)
        chakra.request("GET", "//evil.example/x")
    assert len(server.requests) == 1


def test_a_value_that_json_lacks_is_refused_before_the_call() -> None:
    with (
        Server(GOOD) as server,
        client(server.url) as chakra,
        pytest.raises(ValidationFailed, match="can't be written"),
    ):
        chakra.request("POST", "/v1/x", json={"n": float("nan")})
    assert not server.requests


@pytest.mark.parametrize("token", ["a\nb", "a b", "schlüssel", "a\r\nX: y", "a\x00"])
def test_a_token_that_no_header_can_hold_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Chakra(token=token)
    assert token not in str(caught.value)


@pytest.mark.parametrize("url", ["api.chakrahq.com", "ftp://x", "https://", "", "file:///etc"])
def test_a_base_url_without_scheme_or_host_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Chakra(token=TOKEN, base_url=url)


def test_a_query_stands_in_no_exception_however_it_was_given() -> None:
    with (
        Server(answer(404)) as server,
        client(server.url) as chakra,
        pytest.raises(ApiError) as caught,
    ):
        chakra.request("GET", "/v1/x?search=secret")
    assert caught.value.path == "/v1/x"


def test_every_call_carries_the_token_and_the_name_of_the_package() -> None:
    with Server(GOOD) as server, client(server.url) as chakra:
        _read(chakra)
    headers = server.requests[0].headers
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["user-agent"].startswith("django-chakra/")


def test_the_endless_body_of_a_redirect_is_not_read() -> None:
    with (
        Server(endless(b"x" * 65536, 0, status=302, location="/elsewhere")) as server,
        client(server.url) as chakra,
        pytest.raises(ApiError),
    ):
        _write(chakra)
    assert len(server.requests) == 1
