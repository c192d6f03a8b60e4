"""Stands for ChakraHQ: posts signed calls over HTTP, in both formats, doubled and out of order."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from django_chakra.testing import calls

from .story import FAILURE, Answer, Text

FORMATS = ("chakra", "meta")
#: How many calls the platform makes at once.
CONNECTIONS = 4


class Platform:
    """Posts bodies to one webhook, and remembers what it posted and how it was answered."""

    def __init__(self, url: str, secret: str) -> None:
        self.url, self.secret = url, secret
        self.posted: Counter[bytes] = Counter()
        self.answers: Counter[str] = Counter()

    def post(self, bodies: Iterable[bytes]) -> None:
        """Post these, a few at once."""
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            for body, answer in threads.map(self._post, bodies):
                self.posted[body] += 1
                self.answers[answer] += 1

    def _post(self, body: bytes) -> tuple[bytes, str]:
        with requests.Session() as session:
            session.trust_env = False  # no proxy between us and our own machine
            headers = calls.headers(body, self.secret)
            try:
                answer = session.post(self.url, data=body, headers=headers, timeout=30)
            except requests.RequestException as error:
                return body, type(error).__name__
        return body, str(answer.status_code)


def text_bodies(texts: Iterable[Text]) -> list[bytes]:
    """Each text as Chakra words it and as Meta does: a site may have set up both."""
    return [
        calls.body(
            calls.text_call(
                format,
                external_id=text.id,
                sender=text.customer.phone,
                name=text.customer.name,
                text=text.text,
                timestamp=text.at,
                reply_to=text.reply_to,
            )
        )
        for text in texts
        for format in FORMATS
    ]


def tick_bodies(answer: Answer) -> list[bytes]:
    """Each delivery status of an answer in both formats, in the order of time."""
    code, title = FAILURE
    return [
        calls.body(
            calls.status_call(
                format,
                external_id=answer.id,
                status=word,
                timestamp=at,
                recipient=answer.customer.phone,
                error_code=code if word == "failed" else None,
                error_title=title,
            )
        )
        for word, at in answer.ticks
        for format in FORMATS
    ]


def unknown_body() -> bytes:
    """A call about something that django-chakra has no class for yet."""
    return calls.body("chakra/billing__unknown")


def mixed(bodies: Sequence[bytes]) -> list[bytes]:
    """The same bodies in another order: the same one in each run of the same story."""
    return sorted(bodies, key=lambda body: hashlib.sha256(body).digest())


def twinned(bodies: Sequence[bytes]) -> list[bytes]:
    """Every third body twice, side by side: two copies that arrive at the same moment."""
    return [copy for place, body in enumerate(bodies) for copy in [body] * (1 if place % 3 else 2)]
