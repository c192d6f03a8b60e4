"""The other side: what the platform posts to the site, and when.

After a message was taken its statuses wait in a queue until they are due by the fake's clock.
``fake.post_due(post)`` posts them through a function; :func:`.posting.pumping` does so over HTTP.
Where they go stands in ``state.plugin_configuration``, and with that in which format: Chakra's,
Meta's, or both. Template reviews and quality of numbers exist in Meta's only. The shapes of
Chakra's are as :mod:`..calls` says; that a status brings the callback data is known of Meta's only.

Chances are drawn per message from the seed and its wamid. Where the clock stands and one thread
asks, equal requests give equal ledgers; where time runs, equal sets of events.
"""

from __future__ import annotations

import hashlib
import heapq
import random
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...signature import CHAKRA_HEADER
from .. import calls
from . import reviews, statuses
from .facts import Fact
from .habits import Habits
from .posting import Post
from .state import Message
from .wire import Request

if TYPE_CHECKING:
    from . import FakeChakra

#: Asked before an event is posted with it and its format: the secret to sign with, "" for none,
#: None for no opinion.
Signing = Callable[[Fact, str], str | None]


class Events:
    """What waits to be posted.

    ``post``
        Used where ``post_due`` is given none, and for what comes before a send's answer; None
        lets those wait for the next ``post_due``.
    ``signing``
        Functions that choose another secret.
    ``is_cut``
        The webhook is cut: things happen, the ledger notes them, and nothing is posted, now or
        later.
    ``after``
        Called with each message that was taken, before its events are queued: scripts answer so.
    """

    def __init__(self, fake: FakeChakra, habits: Habits) -> None:
        self.fake = fake
        self.habits = habits
        self.post: Post | None = None
        self.signing: list[Signing] = []
        self.is_cut = False
        self.after: list[Callable[[Message], None]] = []
        #: Set while a pump ends: what is due then stays in the queue.
        self.stopping = threading.Event()
        self._queue: list[tuple[float, int, Callable[[], Fact | None]]] = []
        self._count = 0
        self._reviewed: set[str] = set()

    @property
    def waiting(self) -> int:
        """How many things are in the queue."""
        with self.fake.lock:
            return len(self._queue)

    @property
    def next_at(self) -> float | None:
        """When the next of them is due; None where there is none."""
        with self.fake.lock:
            return self._queue[0][0] if self._queue else None

    def chance(self, of: str) -> random.Random:
        """The chance of one thing, the same in every run with this seed."""
        return random.Random(f"{self.fake.seed} {of}")  # noqa: S311  no secrets

    def at(self, when: float, do: Callable[[], Fact | None]) -> None:
        """Do something when it is due, without the lock; the fact that it gives is posted."""
        with self.fake.lock:
            self._count += 1
            heapq.heappush(self._queue, (when, self._count, do))

    def tell(self, fact: Fact, *, at: float | None = None) -> None:
        """Post a fact when it is due; by default that is now."""
        self.at(self.fake.clock.now() if at is None else at, lambda: fact)

    def follow(self, message: Message) -> None:
        """Queue what follows a message that was taken; called before its answer."""
        for hook in list(self.after):
            hook(message)
        for planned in statuses.planned(self, message):
            if planned.early and self.post is not None:
                self._post(planned.happen(), self.post)
            else:
                self.at(planned.due_at, planned.happen)

    def look(self, request: Request) -> None:
        """Queue the review of templates that wait for one; the fake's lock is held."""
        if not request.endpoint.startswith("message_templates."):
            return
        for template in self.fake.state.templates.values():
            if template.status != "PENDING":
                self._reviewed.discard(template.id)
            elif template.id not in self._reviewed:
                self._reviewed.add(template.id)
                reviews.queue(self, template, request.at)

    def post_due(self, post: Post | None = None) -> int:
        """See :meth:`.FakeChakra.post_due`."""
        through = post or self.post
        if through is None:
            raise ValueError("There is nothing to post with: give post, or set events.post")
        posted = 0
        while not self.stopping.is_set() and (due := self._next()) is not None:
            posted += self._post(due(), through)
        return posted

    def _next(self) -> Callable[[], Fact | None] | None:
        with self.fake.lock:
            if self._queue and self._queue[0][0] <= self.fake.clock.now():
                return heapq.heappop(self._queue)[2]
        return None

    def urls(self, fact: Fact) -> list[tuple[str, str]]:
        """Where a fact goes: format and URL, as the plugin is configured now."""
        with self.fake.lock:
            plugin = dict(self.fake.state.plugin_configuration)
        found: list[tuple[str, str]] = []
        chakra, meta = fact.documents.get("chakra"), fact.documents.get("meta")
        wanted = plugin.get("whichChakraWebhookEventsToSend") or []
        if chakra and plugin.get("enableChakraWebhook") and chakra["event"] in wanted:
            found.append(("chakra", plugin.get("chakraWebhookUrl") or ""))
        of_inbox = fact.name == "message_echo.inbox"
        if meta and (plugin.get("enableMessageEchoesForPassThroughWebhook") or not of_inbox):
            found.append(("meta", plugin.get("passThroughWebhookUrl") or ""))
        return [(format, url) for format, url in found if url]

    def _post(self, fact: Fact | None, post: Post) -> int:
        """Post a fact to all who want it, and write each down; gives how often."""
        if fact is None:
            return 0
        if self.is_cut:
            self.fake.ledger.write(
                "cut", self.fake.clock.now(), event=fact.name, wamid=fact.id, word=fact.word
            )
            return 0
        targets = self.urls(fact)
        for format, url in targets:
            body = calls.body(fact.documents[format])
            secret, signed = self._secret(fact, format)
            headers = calls.headers(body, secret)
            if not secret:
                del headers[CHAKRA_HEADER]
            try:
                status = post(url, headers, body)
            except OSError:
                status = 0
            self.fake.ledger.write(
                "event",
                self.fake.clock.now(),
                url=url,
                digest=hashlib.sha256(body).hexdigest(),
                event=fact.name,
                wamid=fact.id,
                status=status,
                format=format,
                word=fact.word,
                signed=signed,
                copy=fact.copy,
            )
        return len(targets)

    def _secret(self, fact: Fact, format: str) -> tuple[str, str]:
        """What signs it, and how the ledger calls that."""
        for choose in list(self.signing):
            secret = choose(fact, format)
            if secret is not None:
                return secret, "other secret" if secret else "not"
        return self.fake.secret, "secret"
