"""What customers do: facts of many kinds, in both formats, doubled and shuffled, by a seed."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from django_chakra.testing.fake import FakeChakra, Habits, customers
from django_chakra.testing.fake.facts import Fact
from django_chakra.testing.fake.posting import HttpPost, Post, post_apart

PEOPLE = 120
#: Posts that a second copy, or the other format's, comes after, in seconds.
APART = 2.0
#: What our own messages bring: their statuses, some twice, some in another order.
HABITS = Habits(
    sent_after=0.2, delivered_after=0.6, read_after=1.2, reads=0.7, fails=0.05,
    doubled=0.2, shuffled=0.3, early=0.1,
)  # fmt: skip
#: What customers do, and how often.
ACTS = {
    "text": 58, "media": 8, "react": 6, "edit": 6, "revoke": 3, "reply": 7, "echo": 6,
    "location": 4, "from_next_year": 2,
}  # fmt: skip
CONTENTS: dict[str, dict[str, Any]] = {
    "location": {"latitude": -23.5, "longitude": -46.6, "name": "Here"},
    "from_next_year": {"new": True},
}
FILES = ("image", "audio", "document")
FORMATS = ("chakra", "meta")


@dataclass
class Load:
    """Makes facts, and posts them from several threads at a steady rate."""

    fake: FakeChakra
    seed: int
    #: Calls a second.
    rate: float
    #: Calls in all; the statuses of what is sent count too.
    calls: int
    #: Chances of a fact that it comes twice.
    doubled: float = 0.25
    posters: int = 4
    posted: int = 0
    #: Status, and seconds until it was there.
    answers: list[tuple[int, float]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Until the block ends facts are made and posted; what is queued is posted to the end."""
        threads = [threading.Thread(target=self._make, daemon=True)]
        threads += [threading.Thread(target=self._post, daemon=True) for _ in range(self.posters)]
        self._stop.clear()
        # For what comes before the answer of its send, and is posted by that request's thread.
        self.fake.events.post = self._counted(post_apart)
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self.fake.events.stopping.set()
            for thread in threads:
                thread.join()
            self.fake.events.stopping.clear()

    @property
    def is_made(self) -> bool:
        """Whether there is enough, posted or waiting for it."""
        return self.posted + self.fake.events.waiting >= self.calls

    def _make(self) -> None:
        chance = random.Random(f"{self.seed} customers")
        while not (self._stop.is_set() or self.is_made):
            fact = a_fact(self.fake, chance)
            apart = [fact] * (1 + (chance.random() < self.doubled))
            for copy, one in enumerate(apart, 1):
                # The two formats of a fact come at different times too.
                for format in chance.sample(FORMATS, len(FORMATS)):
                    if format not in one.documents:
                        continue
                    only = replace(one, documents={format: one.documents[format]}, copy=copy)
                    at = self.fake.clock.now() + chance.random() * APART
                    self.fake.events.tell(only, at=at)
                    self._stop.wait(1 / self.rate)

    def _post(self) -> None:
        over_http = HttpPost()
        post = self._counted(over_http)
        while not self._stop.is_set():
            self.fake.post_due(post)
            self._stop.wait(0.01)
        over_http.close()

    def _counted(self, post: Post) -> Post:
        def counted(url: str, headers: Mapping[str, str], body: bytes) -> int:
            began, status = time.monotonic(), 0
            try:
                status = post(url, headers, body)
            finally:
                with self._lock:
                    self.posted += 1
                    self.answers.append((status, time.monotonic() - began))
            return status

        return counted


def a_fact(fake: FakeChakra, chance: random.Random) -> Fact:
    """Something that a customer, or one of ours, does."""
    who = f"55118{chance.randrange(PEOPLE):08}"
    name = f"Customer {who[-3:]}"
    act = chance.choices(list(ACTS), list(ACTS.values()))[0]
    try:
        if act == "media":
            return customers.media(fake, who, chance.choice(FILES), name=name)
        if act == "echo":
            return customers.echo(fake, who, "From our phone", by_phone=chance.random() < 0.5)
        if act in CONTENTS:
            return customers.wrote(fake, who, act, CONTENTS[act], name=name)
        words = {"react": chance.choice("👍🙏😀"), "revoke": ""}.get(act, f"No. {chance.random()}")
        arguments = [words] if words else []
        fact: Fact = getattr(customers, act)(fake, who, *arguments, name=name)
    except LookupError:  # Nobody has written yet what this is about.
        return customers.text(fake, who, "Hello", name=name)
    return fact


def a_platform(seed: int, port: int) -> FakeChakra:
    """The platform that posts to the site on this port."""
    url = f"http://127.0.0.1:{port}/chakra/webhook/default/"
    return FakeChakra(seed=seed, webhook_url=url, format="both", habits=HABITS)
