"""A load generator over real sockets with keep-alive, light enough not to be what is measured."""

import socket
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """One round against one side: calls a second, and seconds until the answer."""

    throughput: float
    p50: float
    p99: float


def request(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """A whole POST, made ahead so that none of it is in the time taken."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def fire(port: int, requests: Sequence[bytes], connections: int) -> Result:
    """Send all requests, each connection its share one after the other."""
    taken: list[float] = []
    shares = [requests[start::connections] for start in range(connections)]
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in shares]
    threads = [
        threading.Thread(target=_send, args=(one, share, taken))
        for one, share in zip(sockets, shares, strict=True)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = time.perf_counter() - started
    for one in sockets:
        one.close()
    if len(taken) != len(requests):
        raise RuntimeError(f"{len(requests) - len(taken)} of {len(requests)} calls got no 200")
    cuts = statistics.quantiles(taken, n=100)
    return Result(len(taken) / whole, cuts[49], cuts[98])


def _send(connection: socket.socket, requests: Sequence[bytes], taken: list[float]) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for one in requests:
        started = time.perf_counter()
        connection.sendall(one)
        if not _is_answered(connection):
            return
        taken.append(time.perf_counter() - started)


def _is_answered(connection: socket.socket) -> bool:
    """Whether a whole 200 came; its length is always named."""
    answer = b""
    while (end := answer.find(b"\r\n\r\n")) < 0:
        if not (part := connection.recv(4096)):
            return False
        answer += part
    head = answer[:end].lower()
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    while len(answer) < end + 4 + length:
        answer += connection.recv(4096)
    return head.startswith(b"http/1.1 200")
