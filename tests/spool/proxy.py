"""A way to the database that can be cut, as a network or a restart cuts it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import connection


class Proxy:
    """Hands bytes from a port of its own to the database and back, while it is up."""

    def __init__(self, host: str, port: int) -> None:
        self.server = (host, port)
        self.port = 0
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        #: Once a client sends this, it is cut off before it hears what became of it.
        self._last_words = b""
        self._stays_away = False
        #: Set once that happened.
        self.cut = threading.Event()

    def up(self) -> None:
        """Let connections through."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    @property
    def is_away(self) -> bool:
        """Whether new connections are refused."""
        return self._listener is None

    def away(self) -> None:
        """End every connection in whatever it is doing; refuse new ones."""
        assert self._listener is not None
        listener, self._listener = self._listener, None
        # Also wakes up the thread that waits for a connection.
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def cut_after(self, words: bytes, *, away: bool) -> None:
        """The next client that sends these: the database hears them, and the client no answer.

        Then the database is away, or lets clients in again at once.
        """
        self._last_words, self._stays_away = words, away

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.server)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open |= {client, server}
            unheard = threading.Event()
            for pair in ((client, server), (server, client)):
                kind = {"hears": pair[0] is client, "unheard": unheard}
                threading.Thread(target=self._hand, args=pair, kwargs=kind, daemon=True).start()

    def _hand(
        self, one: socket.socket, other: socket.socket, *, hears: bool, unheard: threading.Event
    ) -> None:
        with suppress(OSError):
            while part := one.recv(65536):
                if hears and self._last_words and self._last_words in part:
                    self._last_words = b""
                    unheard.set()
                if not hears and unheard.is_set():
                    # The database has answered, so it has done it.
                    if self._stays_away:
                        self.away()
                    self.cut.set()
                    break
                other.sendall(part)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {one}
        one.close()


@contextmanager
def proxied() -> Iterator[Proxy]:
    """A way to the database of the test, which is up."""
    given = connection.settings_dict
    ports = {"postgresql": 5432, "mysql": 3306}
    proxy = Proxy(given["HOST"], int(given["PORT"] or ports[connection.vendor]))
    proxy.up()
    try:
        yield proxy
    finally:
        if not proxy.is_away:
            proxy.away()


@contextmanager
def through(proxy: Proxy) -> Iterator[None]:
    """This process reaches its database that way only."""
    kept: dict[str, Any] = {name: connection.settings_dict[name] for name in ("HOST", "PORT")}
    connection.close()
    connection.settings_dict |= {"HOST": "127.0.0.1", "PORT": str(proxy.port)}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict |= kept
