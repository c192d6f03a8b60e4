"""A fake platform: strict, stateful, seeded. Pure Python; it imports no Django.

```python
fake = FakeChakra(seed=1)
fake.mount(client)              # a client.Chakra: no socket
with serve(fake) as url: ...    # or over HTTP
```
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .. import calls
from . import answering
from .adapter import FakeAdapter
from .beginning import begun
from .clock import Clock
from .events import Events
from .habits import Habits
from .ids import Ids
from .ledger import Ledger
from .posting import Post, pumping
from .server import serve
from .state import Message, State
from .taking import keep
from .wire import Misbehaviour, Reply, Request, Taken

if TYPE_CHECKING:
    from ...client import Chakra

__all__ = [
    "Clock",
    "FakeChakra",
    "Habits",
    "Ledger",
    "Message",
    "Misbehaviour",
    "Reply",
    "Request",
    "State",
    "Taken",
    "pumping",
    "serve",
]

TOKEN = "example-token"  # noqa: S105  of a fake
PLUGIN_ID = "6a1d0f3c-0000-4000-8000-000000000001"
SECRET = "example-secret"  # noqa: S105  of a fake

Before = Callable[[Request], Reply | Misbehaviour | None]


class FakeChakra:
    """Stands for the platform.

    Args:
        token: the only access token that it takes; may be changed later (``fake.token``).
        plugin_id: of its one plugin, ``phone_number_id`` its first number, ``waba_id`` its account.
        secret: with which events are signed; may be changed later.
        webhook_url: where events go; it stands in ``state.plugin_configuration``.
        format: of the events, "chakra", "meta", or "both".
        seed: of every id and of ``random``: equal requests in equal order give equal answers.
        ledger: file of the book; None keeps it in memory.
        clock: the time; by default the machine's.
        habits: which events follow a send, and how.

    ``events`` has what is to be posted: see :mod:`.events`; ``events.is_cut`` cuts the webhook.

    ``lists_numbers``
        Whether lists of messages say to which of our numbers each is; the platform's may not.

    ``before``
        Hooks called with each :class:`Request` before it is looked at, also one with a wrong token
        or an unknown path. The first that gives a :class:`Reply` (answered instead, nothing taken)
        or a :class:`Misbehaviour` decides.
    ``on_taken``
        Hooks called with a :class:`Taken` after a message was taken and written into the ledger,
        and before it is answered, also when it will not be answered.
    ``on_answered``
        Hooks called with :class:`Request` and :class:`Reply` by a door, once the answer is on its
        way: over HTTP after its last byte, under the adapter just before the client has it.

    Hooks run in the thread of the request, and without the lock: they may ask the fake again.
    ``lock`` is reentrant: hold it to change ``state`` beside requests that run.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        plugin_id: str = PLUGIN_ID,
        phone_number_id: str = calls.PHONE_NUMBER_ID,
        waba_id: str = calls.WABA_ID,
        secret: str = SECRET,
        webhook_url: str = "",
        format: Literal["chakra", "meta", "both"] = "chakra",
        seed: int = 0,
        ledger: Path | None = None,
        clock: Clock | None = None,
        habits: Habits | None = None,
    ) -> None:
        self.token = token
        self.plugin_id = plugin_id
        self.phone_number_id = phone_number_id
        self.waba_id = waba_id
        self.secret = secret
        self.format = format
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311  chance makes ids here, no secrets
        self.clock = clock or Clock()
        self.ledger = Ledger(ledger)
        self.ids = Ids(seed)
        self.state = begun(self, webhook_url)
        self.lists_numbers = False
        self.before: list[Before] = []
        self.on_taken: list[Callable[[Taken], None]] = []
        self.on_answered: list[Callable[[Request, Reply], None]] = []
        self.lock = threading.RLock()
        self.events = Events(self, habits or Habits())
        self._requests = 0

    def __repr__(self) -> str:
        return f"<FakeChakra {self._requests} requests, {len(self.state.messages)} messages>"

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The answer to a request. No I/O but the ledger; safe from several threads.

        Args:
            path: with its query; or a whole URL, whose host then stands in URLs of answers.

        Returns:
            The answer; with ``misbehaviour`` where a hook of ``before`` wants it delivered badly.
            It has a status of 0 where nothing was taken and nothing is to be answered.
        """
        with self.lock:
            self._requests += 1
            number = self._requests
        request = answering.read(number, self.clock.now(), method, path, headers, body)
        how = self._misbehaviour(request)
        message: Message | None = None
        reply = Reply(0)
        with self.lock:
            if how is None or how.taken:
                reply, message = answering.answer(self, request)
            answering.book_request(self, request, reply, message)
            self.events.look(request)
        if how is not None and how.reply is not None:
            reply = how.reply
        if message is not None:
            self.events.follow(message)
            for hook in list(self.on_taken):
                hook(Taken(message, request))
        end = "answer" if how is None else how.end
        self.ledger.write(
            "answer", self.clock.now(),
            number=number, status=reply.status, end=end, body=answering.words(reply),
        )  # fmt: skip
        return replace(reply, misbehaviour=how, request=request)

    def delivered(self, reply: Reply) -> None:
        """Called by a door once an answer is on its way: runs the hooks of ``on_answered``."""
        if reply.request is not None:
            for hook in list(self.on_answered):
                hook(reply.request, reply)

    def post_due(self, post: Post | None = None) -> int:
        """Post the events that are due by the clock; gives how many were posted.

        Args:
            post: ``post(url, headers, body)`` gives the status of the answer, and may raise
                OSError (as requests' errors are) where there is none. By default it is
                ``events.post``.
        """
        return self.events.post_due(post)

    def mount(self, client: Chakra) -> None:
        """Let a client talk to this fake without a socket, whatever its ``base_url`` is.

        Files come the same way where a URL is below that ``base_url``, as all of the fake's are.
        """
        for scheme in ("https://", "http://"):
            client.http.session.mount(scheme, FakeAdapter(self))

    def hear(
        self,
        customer: str,
        kind: str = "text",
        content: Any = None,
        *,
        name: str = "",
        phone_number_id: str = "",
        wamid: str = "",
        reply_to: str = "",
    ) -> Message:
        """A customer wrote: into the chat, and the 24-hour window is open. Posts no event.

        Args:
            customer: digits, or a user id.
            kind: "text", "image", "button", …
            content: what Meta's message has under its kind ({"body": "Hi"}); a str is a text's.
            name: the customer's, as their profile has it.
            phone_number_id: to which of our numbers; by default the first.
            wamid: by default a new one.
            reply_to: wamid of the message that it answers.
        """
        number, at = phone_number_id or self.phone_number_id, self.clock.now()
        with self.lock:
            self.state.open_window(customer, phone_number_id=number, at=at)
            return keep(
                self,
                customer=customer,
                kind=kind,
                body={"body": content} if isinstance(content, str) else content or {},
                at=at,
                phone_number_id=number,
                direction="INBOUND",
                wamid=wamid,
                name=name,
                reply_to=reply_to,
            )

    @property
    def sent(self) -> list[Message]:
        """The messages that it took, in their order; not those that customers wrote."""
        with self.lock:
            return [one for one in self.state.messages.values() if one.direction == "OUTBOUND"]

    def next_wamid(self) -> str:
        """A new id of a message; of the seed, and how many were given before."""
        with self.lock:
            return self.ids.wamid()

    def next_uuid(self) -> str:
        """A new UUID, as :meth:`next_wamid`."""
        with self.lock:
            return self.ids.uuid()

    def _misbehaviour(self, request: Request) -> Misbehaviour | None:
        for hook in list(self.before):
            decided = hook(request)
            if decided is not None:
                return Misbehaviour.instead(decided) if isinstance(decided, Reply) else decided
        return None
