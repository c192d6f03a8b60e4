"""Events over the wire: one attempt each, as nothing says that the platform repeats."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from . import FakeChakra

#: URL, headers and body to the status of the answer; raises OSError where there was none.
Post = Callable[[str, Mapping[str, str], bytes], int]

#: Seconds that a site has to answer. The platform's own limit is unknown.
PATIENCE = (3.05, 10.0)


class HttpPost:
    """Posts over HTTP, with a connection kept per thread; threads need not wait for each other."""

    def __init__(self, patience: tuple[float, float] = PATIENCE) -> None:
        self._patience = patience
        self._mine = threading.local()

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer."""
        session: requests.Session | None = getattr(self._mine, "session", None)
        if session is None:
            session = self._mine.session = requests.Session()
            session.trust_env = False
        answer = session.post(
            url, data=body, headers=dict(headers), timeout=self._patience, allow_redirects=False
        )
        return answer.status_code

    def close(self) -> None:
        """End the connection of this thread."""
        session: requests.Session | None = getattr(self._mine, "session", None)
        if session is not None:
            session.close()


def post_apart(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """As :class:`HttpPost`, over a connection of its own.

    For what comes before a send's answer: at the other end of a kept connection may be the very
    thread that sends, and waits for that answer.
    """
    post = HttpPost()
    try:
        return post(url, headers, body)
    finally:
        post.close()


@contextmanager
def pumping(fake: FakeChakra, *, interval: float = 0.02) -> Iterator[None]:
    """Post what is due from a thread, in its order, until the block ends.

    Events that are to come before their send's answer are posted by the thread of that request.

    Args:
        interval: seconds between two looks.
    """
    stop, post = threading.Event(), HttpPost()

    def pump() -> None:
        while not stop.is_set():
            fake.post_due(post)
            stop.wait(interval)
        post.close()

    thread = threading.Thread(target=pump, name="fake-events", daemon=True)
    before, fake.events.post = fake.events.post, post_apart
    thread.start()
    try:
        yield
    finally:
        stop.set()
        fake.events.stopping.set()
        thread.join()
        fake.events.stopping.clear()
        fake.events.post = before
