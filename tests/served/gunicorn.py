"""A gunicorn in a process of its own, as hosts run it."""

import http.client
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.paths.processes import environment

PATIENCE = 20
LISTENING = re.compile(r"Listening at: http://127\.0\.0\.1:(\d+)")


@contextmanager
def serving(
    directory: Path, env: dict[str, str] | None = None, *, workers: int = 1, **options: Any
) -> Iterator[int]:
    """Serve the site on the test's database; gives the port.

    ``env`` is added to the child's; options are those of ``environment``.
    """
    log = directory / "gunicorn.log"
    child = environment(directory / "heard", **options)
    # Its control socket lies in the home directory, and two at once would share it.
    child |= {"DJANGO_SETTINGS_MODULE": "tests.served.site", "HOME": str(directory), **(env or {})}
    command = [sys.executable, "-m", "gunicorn", "--bind=127.0.0.1:0", f"--workers={workers}"]
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "django.core.wsgi:get_wsgi_application()"],
            env=child,
            cwd=settings.ROOT,
            stdout=out,
            stderr=out,
        )
    try:
        yield port(process, log)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    """Where it listens, as soon as it does."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        if found := LISTENING.search(log.read_text()):
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def request(port: int, body: Any, headers: dict[str, str], **options: Any) -> tuple[int, str]:
    """Post to the webhook; gives status and text of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", "/chakra/webhook/", body=body, headers=headers, **options)
    response = connection.getresponse()
    answer = response.status, response.read().decode()
    connection.close()
    return answer


def raw(port: int, *parts: bytes) -> str:
    """Write these bytes, a little apart, and no more; gives the first line of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(0.02)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answer:
            return answer.readline().decode().strip()
