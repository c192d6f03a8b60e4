"""What a fake was asked, and samples in place of its own answers."""

from collections import defaultdict, deque
from typing import Any, NamedTuple

from django_chakra.testing import endpoints, samples
from django_chakra.testing.endpoints import OBJECT, Endpoint
from django_chakra.testing.fake import FakeChakra, Reply, Request
from django_chakra.testing.fake.beginning import PIXELS
from django_chakra.testing.fake.reading import read
from django_chakra.testing.fake.replies import Refused


class Asked(NamedTuple):
    """One request, as it came."""

    method: str
    path: str
    query: dict[str, str]
    #: Of JSON, or the fields of a form; None without one.
    body: Any


class Asking:
    """A hook of a fake: it keeps each request, and answers those that the table allows.

    What the table does not have is left to the fake, which refuses it.

    ``answers``
        In place of the sample, by endpoint, the first one first.
    """

    def __init__(self, fake: FakeChakra) -> None:
        self.asked: list[Asked] = []
        self.answers: defaultdict[str, deque[Any]] = defaultdict(deque)
        self._fake = fake
        fake.before.append(self.hear)

    def hear(self, request: Request) -> Reply | None:
        """Called by the fake before it looks at a request."""
        asked = Asked(request.method, request.path, request.query, body_of(request))
        self.asked.append(asked)
        endpoint = endpoints.find(request.method, request.path)
        is_known = request.headers.get("authorization") == f"Bearer {self._fake.token}"
        if endpoint is None or not is_known:
            return None
        try:
            read(request, endpoint)
        except Refused:
            return None
        if endpoint.mime_type:
            return Reply(200, {"content-type": endpoint.mime_type}, PIXELS)
        waiting = self.answers[endpoint.name]
        return Reply.of(waiting.popleft() if waiting else samples.answer(endpoint.sample))


def body_of(request: Request) -> Any:
    """What its body holds, whatever that is."""
    is_form = request.headers.get("content-type", "").startswith("multipart/")
    anything = Endpoint(
        "", request.method, request.path, object, OBJECT if is_form else None, OBJECT
    )
    return read(request, anything).body
