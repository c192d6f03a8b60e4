"""Connections that idle, that are shared by threads, and calls that keep a distance."""

import threading
import time
from collections.abc import Callable

import pytest

from django_chakra.client import Chakra, Clock
from django_chakra.client.connections import MAX_IDLE
from django_chakra.client.waiting import Limiter, Patience
from django_chakra.exceptions import NoAnswer

from .misbehaving import GOOD, TOKEN, Hand, Request, Server, answer, client


def test_calls_one_after_the_other_share_a_connection() -> None:
    with Server(GOOD) as server, client(server.url) as chakra:
        for _ in range(5):
            chakra.request("POST", "/v1/x", json={})
    assert server.connections == 1


def test_a_connection_idle_for_longer_is_not_used_again() -> None:
    with Server(GOOD) as server, client(server.url) as chakra:
        chakra.request("POST", "/v1/x", json={})
        time.sleep(MAX_IDLE + 0.1)
        chakra.request("POST", "/v1/x", json={})
    assert [request.connection for request in server.requests] == [1, 2]


def test_a_connection_that_the_server_closed_while_idle_costs_no_write() -> None:
    def last(connection: object, request: Request) -> bool:
        GOOD(connection, request)  # type: ignore[arg-type]
        return False  # closed after a whole answer that promised to go on

    with Server(last) as server, client(server.url) as chakra:
        for _ in range(5):
            chakra.request("POST", "/v1/x", json={})
            time.sleep(0.1)
    assert server.connections == len(server.requests) == 5


def test_a_connection_is_kept_after_an_error_with_a_body() -> None:
    with Server(answer(404, b'{"_errors": ["no"]}'), GOOD) as server, client(server.url) as chakra:
        with pytest.raises(Exception, match="no"):
            chakra.request("GET", "/v1/x")
        chakra.request("GET", "/v1/x")
    assert server.connections == 1


def test_eight_threads_share_a_client_and_each_gets_its_own_answer() -> None:
    def echo(connection: object, request: Request) -> bool:
        time.sleep(0.001)
        return answer(200, b'{"_data": "%s"}' % request.path.encode())(connection, request)  # type: ignore[arg-type]

    wrong: list[object] = []

    def work(chakra: Chakra, number: int) -> None:
        for turn in range(50):
            path = f"/v1/{number}/{turn}"
            if (found := chakra.request("POST", path, json={})) != path:
                wrong.append((path, found))

    with Server(echo) as server, client(server.url, timeout=(5, 10)) as chakra:
        threads = [threading.Thread(target=work, args=(chakra, each)) for each in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong
    assert len(server.requests) == 400
    assert server.connections <= 8


def test_a_cookie_is_not_sent_back() -> None:
    setting = answer(200, b"{}", set_cookie="a=b; Path=/")
    with Server(setting) as server, client(server.url) as chakra:
        chakra.request("GET", "/v1/x")
        chakra.request("GET", "/v1/x")
    assert "cookie" not in server.requests[1].headers


def test_a_password_of_the_environment_does_not_replace_the_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:
        file.write("machine 127.0.0.1 login other password other")
    monkeypatch.setenv("NETRC", netrc)
    with Server(GOOD) as server, client(server.url) as chakra:
        chakra.request("GET", "/v1/x")
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(GOOD) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        with client("http://platform.example") as chakra:
            chakra.request("GET", "/v1/x")
    assert proxy.requests[0].path == "http://platform.example/v1/x"


def _taken(limiter: Limiter, hand: Hand, calls: int) -> list[float]:
    start, times = hand.at, []
    for _ in range(calls):
        limiter.wait()
        times.append(round(hand.at - start, 3))
    return times


@pytest.mark.parametrize(
    ("per_second", "times"),
    [
        (0, [0, 0, 0, 0, 0]),
        (2, [0, 0, 0.5, 1.0, 1.5]),
        (0.5, [0, 2, 4, 6, 8]),
    ],
)
def test_the_limiter_lets_a_second_s_calls_go_and_spaces_the_others(
    per_second: float, times: list[float]
) -> None:
    hand = Hand()
    assert _taken(Limiter(per_second, hand.clock), hand, 5) == times


def test_the_limiter_counts_every_try_of_every_thread() -> None:
    hand = Hand()
    with (
        Server(answer(429, retry_after="0"), GOOD) as server,
        client(server.url, hand, requests_per_second=1) as chakra,
    ):
        chakra.request("GET", "/v1/x")
        chakra.request("GET", "/v1/x")
    assert len(server.requests) == 3
    assert sum(hand.slept) == pytest.approx(2)


def test_the_limiter_of_eight_threads_gives_each_call_its_own_time() -> None:
    slept: list[float] = []
    clock = Clock(monotonic=lambda: 0.0, sleep=slept.append)
    limiter = Limiter(10, clock)

    def work() -> None:
        for _ in range(10):
            limiter.wait()

    _in_threads(work)
    assert sorted(round(each, 3) for each in slept) == [each / 10 for each in range(1, 71)]


def _in_threads(work: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_our_own_waits_double_up_to_a_limit_and_lose_up_to_their_half() -> None:
    def waits(jitter: float) -> list[float]:
        clock = Clock(jitter=lambda: jitter)
        return [Patience().delay(tried, None, clock) for tried in (1, 2, 3, 4, 5, 6, 10_000)]

    assert waits(1.0) == [0.5, 1, 2, 4, 8, 8, 8]
    assert waits(0.0) == [0.25, 0.5, 1, 2, 4, 4, 4]


def test_what_was_asked_for_is_never_cut_short() -> None:
    assert Patience().delay(1, 7, Clock(jitter=lambda: 0.0)) == 7
    assert Patience().delay(1, 7, Clock(jitter=lambda: 1.0)) == pytest.approx(7.7)


def test_nothing_is_tried_again_once_the_budget_is_spent() -> None:
    hand = Hand(per_look=16)
    with (
        Server(answer(500)) as server,
        client(server.url, hand) as chakra,
        pytest.raises(Exception, match="500"),
    ):
        chakra.request("GET", "/v1/x")
    assert len(server.requests) <= 2


def test_a_timeout_is_between_two_bytes_and_not_for_the_whole() -> None:
    def slowly(connection: object, request: Request) -> bool:
        body = b'{"_data": 1}'
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body))  # type: ignore[attr-defined]
        for byte in body:
            time.sleep(0.05)
            connection.sendall(bytes([byte]))  # type: ignore[attr-defined]
        return True

    with Server(slowly) as server, client(server.url, timeout=(1, 0.3)) as chakra:
        assert chakra.request("GET", "/v1/x") == 1
    with Server(slowly) as server, client(server.url, timeout=(1, 0.01)) as chakra:
        with pytest.raises(NoAnswer):
            chakra.request("POST", "/v1/x")
        assert len(server.requests) == 1
