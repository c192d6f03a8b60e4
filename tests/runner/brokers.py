"""Redis and RabbitMQ as they run on this machine; and what stands between, and lets nothing pass.

``TEST_REDIS_URL`` and ``TEST_RABBITMQ_URL`` say where they are. Each broker here has a name of its
own for all that is made on it, so that runs do not meet.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import urlsplit

from celery import Celery
from redis import Redis

URLS = {
    "redis": os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9"),
    "rabbitmq": os.environ.get("TEST_RABBITMQ_URL", "amqp://chakra:chakra@127.0.0.1:5672/chakra"),
}


@dataclass(frozen=True)
class Broker:
    """One of them."""

    kind: str
    url: str
    name: str = field(default_factory=lambda: f"chakra-{uuid.uuid4().hex[:12]}")

    @property
    def options(self) -> dict[str, Any]:
        """What its transport is told."""
        return {"global_keyprefix": f"{self.name}:"} if self.kind == "redis" else {}

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    def behind(self, port: int) -> Broker:
        """The same one, reached by another port of this machine."""
        parts = urlsplit(self.url)
        user = parts.netloc.rpartition("@")[0]
        netloc = f"{user}@127.0.0.1:{port}" if user else f"127.0.0.1:{port}"
        return replace(self, url=parts._replace(netloc=netloc).geturl())

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """To look and clean up."""
        app = Celery(broker=self.url, set_as_current=False, fixups=[])
        with app.connection_for_write(
            connect_timeout=5, transport_options=self.options
        ) as connection:
            connection.ensure_connection(max_retries=1)
            with connection.channel() as channel:
                yield channel

    def taken(self, queue: str = "") -> list[Any]:
        """The messages that wait in a queue; nobody else gets them."""
        found = []
        with self.channel() as channel:
            while (message := channel.basic_get(queue or self.name, no_ack=True)) is not None:
                found.append(channel.message_to_python(message))
        return found

    def declare(self, *queues: str) -> None:
        """Make these queues, so that they can be looked into before anybody used them."""
        with self.channel() as channel:
            for queue in queues or [self.name]:
                channel.exchange_declare(queue, "direct", durable=True, auto_delete=False)
                channel.queue_declare(queue, durable=True, auto_delete=False)
                channel.queue_bind(queue, queue, queue)

    def delete(self, *queues: str) -> None:
        """Leave nothing of this run."""
        with self.channel() as channel:
            for queue in [self.name, *queues]:
                channel.queue_delete(queue)
                channel.exchange_delete(queue)
        if self.kind == "redis":
            with Redis.from_url(self.url) as client:
                for key in client.scan_iter(f"{self.name}:*"):
                    client.delete(key)


def missing(kind: str) -> str:
    """Why it can't be used; empty when it can."""
    try:
        with Broker(kind, URLS[kind]).channel():
            return ""
    except Exception as error:
        return f"{kind}: {' '.join(str(error).split())}"


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield server.getsockname()[1]


@contextmanager
def closing_port() -> Iterator[tuple[int, list[object]]]:
    """A port that ends each connection at once; and all that there were."""
    knocks: list[object] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, address = server.accept()
                knocks.append(address)
                near.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], knocks
        server.shutdown(socket.SHUT_RDWR)


def refused_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Line:
    """A line to a broker that can be held up and cut."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to = to
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._passes, self._pairs, self._ended = threading.Event(), list[Any](), False
        self._passes.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._passes.set()
        self._server.close()
        self.cut()

    @property
    def made(self) -> int:
        """How many connections there have been."""
        return len(self._pairs)

    @property
    def open(self) -> int:
        """How many there are."""
        return sum(near.fileno() >= 0 for near, _ in self._pairs)

    def hold(self) -> None:
        """Let nothing pass any more, either way; connections stay."""
        self._passes.clear()

    def go_on(self) -> None:
        """Let everything pass again."""
        self._passes.set()

    def cut(self) -> None:
        """End all connections, as a broker does that is started again."""
        for pair in self._pairs:
            for one in pair:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._ended:
            try:
                near, _ = self._server.accept()
                pair = near, socket.create_connection(self._to)
            except OSError:
                return
            self._pairs.append(pair)
            threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with contextlib.suppress(OSError), near, far:
            while not self._ended:
                for one in select.select([near, far], [], [])[0]:
                    part = one.recv(65536)
                    if not part:
                        return
                    self._passes.wait()
                    other[one].sendall(part)
