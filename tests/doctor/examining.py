"""A platform for the doctor to ask, and what the doctor says."""

import io
import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.core.management import call_command

PLUGIN, WABA, NUMBER = "6a1d0f3c-0000-4000-8000-000000000002", "200000000000001", "300000000000001"
CONFIG = f"/v1/ext/plugin/whatsapp/{PLUGIN}/config"
HERE = "https://shop.example.com/chakra/webhook/"

#: A platform on which everything is right: path -> status and body.
FINE: dict[str, tuple[int, Any]] = {
    "/v1/health": (200, {"_data": {"status": "ok"}}),
    "/v1/ext/config": (200, {"_data": {"team": {"name": "Shop"}}}),
    "/v1/ext/whatsapp-business-account": (
        200,
        {"_data": [{"id": WABA, "name": "Shop", "chakraStatus": "CONNECTED"}]},
    ),
    "/v1/ext/whatsapp-phone-number": (
        200,
        {"_data": [{"id": NUMBER, "waba": WABA, "displayPhoneNumber": "5511900000000"}]},
    ),
    f"/v1/ext/whatsapp-phone-number/{NUMBER}": (
        200,
        {"_data": {"displayPhoneNumber": "5511900000000", "chakraStatus": "CONNECTED"}},
    ),
    CONFIG: (200, {"_data": {"passThroughWebhookUrl": HERE, "chakraWebhookUrl": HERE}}),
}


class Platform(ThreadingHTTPServer):
    """Answers what a test puts into ``answers``, on a real socket."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = dict(FINE)
        self.asked: list[str] = []

    def data(self, path: str, data: Any) -> None:
        self.answers[path] = (200, {"_data": data, "_errors": []})


class Handler(BaseHTTPRequestHandler):
    server: Platform

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append(path)
        status, body = self.server.answers.get(path, (404, {"_errors": ["not found"]}))
        if callable(body):
            body = body(self.headers)
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words: object) -> None:
        """The test says what went wrong."""


def examined(*options: str) -> tuple[dict[str, list[dict[str, str]]], int]:
    """What --json says, by check, and the exit code."""
    out, code = io.StringIO(), 0
    try:
        call_command("chakra_doctor", "--json", *options, stdout=out)
    except SystemExit as ended:
        code = int(str(ended.code))
    said = json.loads(out.getvalue())
    found: dict[str, list[dict[str, str]]] = {}
    for finding in said["findings"]:
        found.setdefault(finding["check"], []).append(finding)
    levels = {finding["level"] for finding in said["findings"]}
    assert (said["level"] == "red") == ("red" in levels) == (code == 1)
    return found, code


def line(check: str, *options: str) -> tuple[str, str]:
    """Level and words of the only line of this check."""
    [finding] = examined(*options)[0][check]
    assert finding["do"] or finding["level"] == "ok"
    return finding["level"], f"{finding['found']} -> {finding['do']}"


def printed(*options: str) -> str:
    """What a person reads."""
    out = io.StringIO()
    with suppress(SystemExit):
        call_command("chakra_doctor", *options, stdout=out, no_color=True)
    return out.getvalue()
