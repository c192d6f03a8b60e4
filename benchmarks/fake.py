"""5,000 sends and their events through the fake over HTTP: ``python -m benchmarks.fake``.

The fake is a process of its own; this one sends from a few threads, and takes the events.
"""

import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

from django_chakra.testing.fake.ledger import read

SENDS = 5000
THREADS = 4
WORDS = 3
LINE = re.compile(
    r"(?P<url>http://\S+) \(token (?P<token>\S+), plugin (?P<plugin>\S+), number (?P<number>\S+),"
)

PARAMETERS = [{"type": "text", "text": "Ana"}, {"type": "text", "text": "77"}]
TEMPLATE = {
    "name": "order_waiting",
    "language": {"code": "en"},
    "components": [{"type": "body", "parameters": PARAMETERS}],
}


class Receiver(BaseHTTPRequestHandler):
    """Takes events."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *words: object) -> None:
        """Nothing."""


def measure(count: int = SENDS) -> tuple[float, float]:
    """Seconds until all was sent, and until every event was taken."""
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    receiver.daemon_threads = True
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as directory:
        ledger = Path(directory) / "ledger.jsonl"
        hook = f"http://127.0.0.1:{receiver.server_address[1]}/"
        options = ["--port", "0", "--seed", "1", "--ledger", str(ledger), "--webhook-url", hook]
        command = [sys.executable, "-m", "django_chakra.testing", *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                return _run(process, ledger, count)
            finally:
                process.terminate()
                receiver.shutdown()
                receiver.server_close()


def _run(process: "subprocess.Popen[str]", ledger: Path, count: int) -> tuple[float, float]:
    found = LINE.search(process.stdout.readline() if process.stdout else "")
    if found is None:
        raise RuntimeError("the fake did not say where it is")
    base = f"{found['url']}/v1/ext/plugin/whatsapp/{found['plugin']}/api/v24.0/{found['number']}"
    sent: list[int] = []
    arguments = (f"{base}/messages", found["token"], count // THREADS, sent)
    threads = [threading.Thread(target=_send, args=arguments) for _ in range(THREADS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until_sent = time.perf_counter() - started
    _await(ledger, len(sent) * WORDS)
    if set(sent) != {200}:
        raise RuntimeError(f"sends were answered with {sorted(set(sent))}")
    return until_sent, time.perf_counter() - started


def _send(url: str, token: str, count: int, sent: list[int]) -> None:
    """Send so many templates, one after the other."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    for place in range(count):
        body = {"to": f"55119{place:08}", "type": "template", "template": TEMPLATE}
        document = {"messaging_product": "whatsapp", **body}
        sent.append(session.post(url, json=document, timeout=60).status_code)
    session.close()


def _await(ledger: Path, count: int) -> None:
    """Until the book has so many events, all of them taken."""
    deadline = time.perf_counter() + 300
    while len(events := read(ledger, "event")) < count:
        if time.perf_counter() > deadline:
            raise RuntimeError(f"{len(events)} events of {count} came")
        time.sleep(1)
    if {one["status"] for one in events} != {200}:
        raise RuntimeError("not all events were taken")


if __name__ == "__main__":
    until_sent, until_told = measure()
    print(json.dumps({"sends": SENDS, "sent": until_sent, "all events": until_told}))
