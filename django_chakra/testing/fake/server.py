"""The fake over HTTP, on a real socket: what misbehaves really does."""

from __future__ import annotations

import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from .wire import Misbehaviour, Reply

if TYPE_CHECKING:
    from . import FakeChakra


@contextmanager
def serve(fake: FakeChakra, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve a fake from threads until the block ends; gives its URL.

    Args:
        port: 0 is any free one.

    Raises:
        OSError: the port is taken.
    """
    with Server(fake, host, port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://{host}:{server.server_address[1]}"
        finally:
            server.stopping.set()
            server.shutdown()
            thread.join()
            server.close_connections()


class Server(ThreadingHTTPServer):
    """One thread per connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, fake: FakeChakra, host: str, port: int) -> None:
        self.fake = fake
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((host, port), Door)

    def remember(self, connection: socket.socket) -> None:
        """Keep a connection, to close it when the server stops."""
        with self._lock:
            self._open.add(connection)

    def forget(self, connection: socket.socket) -> None:
        """It is closed."""
        with self._lock:
            self._open.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is none; anything else is ours, and said."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """End those that clients keep open: their threads end with them."""
        with self._lock:
            still = list(self._open)
        for connection in still:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # The client was faster.


class Door(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version, sys_version = "FakeChakra", ""

    def setup(self) -> None:
        """Called before the first request."""
        super().setup()
        self.server.remember(self.connection)

    def finish(self) -> None:
        """Called after the last one."""
        self.server.forget(self.connection)
        try:
            super().finish()
        except OSError:
            return  # It was cut.

    def serve(self) -> None:
        """One request."""
        length = self.headers.get("Content-Length") or "0"
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            self._say(Reply(411))
            return
        body = self.rfile.read(int(length))
        headers = {name: str(value) for name, value in self.headers.items()}
        reply = self.server.fake.handle(self.command, self.path, headers, body)
        how = reply.misbehaviour or Misbehaviour()
        if how.end == "silent":
            self._be_silent()
        elif not self._wait(how.seconds):
            self.close_connection = True
        elif how.end == "endless":
            self._go_on(reply)
        elif how.end in ("cut", "unreachable"):
            self._cut(reply, how)
        else:
            self._say(reply)
            self.server.fake.delivered(reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = serve

    def _say(self, reply: Reply, most: int | None = None) -> None:
        """The answer; of its body no more than ``most``."""
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if "content-length" not in {name.lower() for name in reply.headers}:
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body if most is None else reply.body[:most])
        self.wfile.flush()

    def _wait(self, seconds: float) -> bool:
        """Whether the client is still wanted after so many seconds."""
        return seconds <= 0 or not self.server.stopping.wait(seconds)

    def _be_silent(self) -> None:
        """Until the client gives up."""
        self.close_connection = True
        while not self.server.stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable:
                return

    def _go_on(self, reply: Reply) -> None:
        """The body, until the client closes the connection."""
        self.close_connection = True
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            while not self.server.stopping.is_set():
                self.wfile.write(reply.body)
        except OSError:
            return  # The client has enough.

    def _cut(self, reply: Reply, how: Misbehaviour) -> None:
        """Reset the connection, after a part of the body if it is to have one."""
        self.close_connection = True
        if how.after is not None:
            self._say(reply, most=how.after)
            time.sleep(0.01)  # a reset overtakes what is still on its way
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def log_message(self, format: str, *words: object) -> None:
        """The ledger says what came."""
