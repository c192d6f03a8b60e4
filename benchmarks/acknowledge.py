"""Ours beside the floor: the same server, the same calls, turn by turn."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from django_chakra.testing.calls import headers

from . import load, mix
from .settings import SECRET

FLOOR, OURS = "/floor/", "/chakra/webhook/"
ROUNDS = 24
CALLS = 400
THREADS = 4


def measure(database: str) -> dict[str, list[load.Result]]:
    """Rounds of both sides, in pairs, after one that is thrown away."""
    bodies = mix.bodies(CALLS)
    requests = {
        path: [load.request(path, headers(body, SECRET), body) for body in bodies]
        for path in (FLOOR, OURS)
    }
    results: dict[str, list[load.Result]] = {FLOOR: [], OURS: []}
    with serving(database) as port:
        for number in range(ROUNDS + 1):
            for path, some in requests.items():
                result = load.fire(port, some, THREADS)
                if number:
                    results[path].append(result)
    return results


def ratios(results: dict[str, list[load.Result]], name: str) -> float:
    """The median over the pairs of ours to the floor."""
    pairs = zip(results[OURS], results[FLOOR], strict=True)
    return float(median(getattr(ours, name) / getattr(floor, name) for ours, floor in pairs))


@contextmanager
def serving(database: str) -> Iterator[int]:
    """A gunicorn with one process and a few threads; yields its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "benchmarks.wsgi"),
            *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"),
            *("--workers", "1", "--threads", str(THREADS)),
            *("--keep-alive", "60", "--log-level", "warning"),
        ],
        env={**os.environ, "BENCH_DATABASE_NAME": database},
    )
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _wait(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("gunicorn does not answer")
