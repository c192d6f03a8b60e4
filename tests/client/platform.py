"""The platform as its contract has it: a strict server on a real socket.

It knows the endpoints of ``django_chakra.testing.endpoints`` and nothing else: 401 without the
right token, 404 as a page of HTML for any other path, 400 with ``_errors`` for what breaks the
table, else the sample of the endpoint. It keeps what it was asked.
"""

import json
import threading
from collections import defaultdict, deque
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from django_chakra.testing import endpoints, samples
from django_chakra.testing.endpoints import Endpoint

TOKEN = "example-token"
#: What files are made of.
BYTES = b"\xff\xd8\xff bytes of a file"


class Asked(NamedTuple):
    """One request, as it came."""

    method: str
    path: str
    query: dict[str, str]
    #: Of JSON, or the fields of a form; None without one.
    body: Any


class Platform(ThreadingHTTPServer):
    """Starts when entered; ``url`` is where it is."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[Asked] = []
        #: Answers in place of the sample, by endpoint, the first one first.
        self.answers: defaultdict[str, deque[Any]] = defaultdict(deque)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def __enter__(self) -> "Platform":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def answer(self, endpoint: Endpoint) -> Any:
        waiting = self.answers[endpoint.name]
        return waiting.popleft() if waiting else samples.answer(endpoint.sample)


class Handler(BaseHTTPRequestHandler):
    server: Platform
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, query = urlsplit(self.path).path, urlsplit(self.path).query
        asked = Asked(self.command, path, dict(parse_qsl(query, True)), self.body(raw))
        self.server.asked.append(asked)
        endpoint = endpoints.find(asked.method, asked.path)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.say(401, {"_data": None, "_meta": {}, "_errors": ["Unauthorized"]})
        elif endpoint is None:
            self.send(404, "text/html", b"<html><h1>Not Found</h1></html>")
        elif wrong := refused(endpoint, asked):
            self.say(400, {"_data": None, "_meta": {}, "_errors": wrong})
        elif endpoint.mime_type:
            self.send(200, endpoint.mime_type, BYTES)
        else:
            self.say(200, self.server.answer(endpoint))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    def body(self, raw: bytes) -> Any:
        if not raw:
            return None
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("multipart/form-data"):
            return json.loads(raw)
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        parts = BytesParser(policy=HTTP).parsebytes(head + raw).iter_parts()
        return {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
            if part.get_filename()
            else str(part.get_payload())
            for part in parts
        }

    def say(self, status: int, answer: Any) -> None:
        self.send(status, "application/json", json.dumps(answer).encode())

    def send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words: object) -> None:
        """The test says what went wrong."""


def refused(endpoint: Endpoint, asked: Asked) -> list[str]:
    """What of a request breaks the endpoint's table."""
    wrong = endpoints.mismatches(endpoint.query, numbers(asked.query), "query")
    shape = endpoint.body if endpoint.form is None else endpoint.form
    if shape is not None:
        wrong += endpoints.mismatches(shape, asked.body, "body")
    elif asked.body is not None:
        wrong.append("there must be no body")
    return wrong


def numbers(query: dict[str, str]) -> dict[str, Any]:
    """A query with its numbers read: of a limit no more is known than that it is one."""
    return {key: int(value) if key == "limit" else value for key, value in query.items()}
