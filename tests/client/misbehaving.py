"""A server over sockets that does, request by request, what a script tells it, well or badly."""

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from django_chakra.client import Chakra, Clock

CERTIFICATE = Path(__file__).with_name("certificate.pem")
TOKEN = "t0ken" * 20
#: What no log, repr or exception may hold besides the token.
TEXT = "meet me at the old harbour"


@dataclass(frozen=True)
class Request:
    """One request as it arrived, and on which of the server's connections."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


#: What to do with a request; true keeps the connection.
Act = Callable[[socket.socket, Request], bool]


class Server:
    """Does the acts in their order, one per request; the last one for all that come later."""

    def __init__(self, *script: Act, tls: bool = False) -> None:
        self.script: Sequence[Act] = script
        self.requests: list[Request] = []
        self.connections = 0
        self._tls = tls
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                number = self.connections
            threading.Thread(target=self._talk, args=(connection, number), daemon=True).start()

    def _talk(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError):
            if self._tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(CERTIFICATE)
                connection = context.wrap_socket(connection, server_side=True)
            self._sockets.append(connection)
            stream = connection.makefile("rb")
            while request := _read(stream, number):
                with self._lock:
                    act = self.script[min(len(self.requests), len(self.script) - 1)]
                    self.requests.append(request)
                if not act(connection, request):
                    break
            stream.close()
            connection.close()


def _read(stream: Any, number: int) -> Request | None:
    first = stream.readline().decode("latin-1").split()
    if len(first) < 2:
        return None
    headers = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return Request(first[0], first[1], headers, body, number)


def head(status: int, headers: Mapping[str, object]) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answer(
    status: int = 200, body: bytes = b"", type: str = "application/json", **headers: object
) -> Act:
    """A whole answer; ``retry_after=5`` is the header ``retry-after: 5``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    said = head(status, {"content-type": type, "content-length": len(body), **named}) + body

    def act(connection: socket.socket, request: Request) -> bool:
        connection.sendall(said)
        return True

    return act


def said(document: Any, status: int = 200, **headers: object) -> Act:
    """An answer of JSON."""
    return answer(status, json.dumps(document).encode(), "application/json", **headers)


GOOD = said({"_data": {"ok": True}, "_meta": {}, "_errors": []})


def raw(text: bytes) -> Act:
    """These bytes, and the end of the connection."""

    def act(connection: socket.socket, request: Request) -> bool:
        connection.sendall(text)
        return False

    return act


def cut(connection: socket.socket, request: Request) -> bool:
    """Take the request, and reset the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def hung_up(connection: socket.socket, request: Request) -> bool:
    """Take the request, and close the connection."""
    return False


def silent(connection: socket.socket, request: Request) -> bool:
    """Take the request, and say nothing until the client goes away."""
    connection.recv(1)
    return False


def endless(
    piece: bytes,
    pause: float,
    type: str = "application/json",
    length: int = 10**9,
    status: int = 200,
    **headers: object,
) -> Act:
    """An answer of a piece at a time, for as long as the client listens."""

    def act(connection: socket.socket, request: Request) -> bool:
        named = {"content-type": type, "content-length": length, **headers}
        connection.sendall(head(status, named))
        for _ in range(length // len(piece)):
            connection.sendall(piece)
            time.sleep(pause)
        return False

    return act


@dataclass
class Hand:
    """A clock's hand that only moves when someone sleeps; it moves ``per_look`` per look too."""

    at: float = 1_790_000_000.0
    per_look: float = 0.0
    slept: list[float] = field(default_factory=list)

    def look(self) -> float:
        self.at += self.per_look
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=self.look, now=self.look, sleep=self.sleep, jitter=lambda: 1.0)


def client(url: str, hand: Hand | None = None, **options: Any) -> Chakra:
    """A client of such a server, which does not wait long for its bytes."""
    options.setdefault("timeout", (1.0, 0.4))
    options.setdefault("token", TOKEN)
    return Chakra(base_url=url, plugin_id="plugin", clock=(hand or Hand()).clock, **options)


def unused_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
