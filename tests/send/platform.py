"""The fake over HTTP before a site whose messages are sent by other processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from django.db import connections
from django.test import Client

from django_chakra import process
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra, Habits
from django_chakra.testing.site import settings_for
from tests.paths.processes import Child
from tests.posting import SECRETS, post, process_all, record

from .book import Book

URL = "https://testserver/chakra/webhook/"


class Sender(Child):
    """A process that sends."""

    module = "tests.send.child"


class Platform:
    """A fake, its book, and how its events come to the site."""

    def __init__(self, format: Literal["chakra", "meta", "both"], habits: Habits) -> None:
        self.fake = FakeChakra(
            format=format, habits=habits, webhook_url=URL, secret=SECRETS["default"]
        )
        self.book = Book(self.fake)
        self.client = Client()
        #: Told to post what is to come before its send's answer, in the thread of that request.
        self.fake.events.post = self.post_early

    def settings(self, url: str, **more: Any) -> dict[str, Any]:
        """``CHAKRA`` of every process of the site."""
        return {**settings_for(self.fake), "BASE_URL": url, **more}

    def meet(self, customers: list[str]) -> None:
        """Let these write, so that they may be written to."""
        now = int(self.fake.clock.now())
        heard = []
        for customer in customers:
            message = self.fake.hear(customer, content="Hi")
            heard.append(
                calls.text_call(
                    "meta", external_id=message.wamid, sender=customer, text="Hi", timestamp=now
                )
            )
        record(calls.batch_call(*heard))

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Post one event to the site."""
        return int(post(body, client=self.client).status_code)

    def post_early(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The same, processed at once, from a thread of the fake's server."""
        try:
            status = self.post(url, headers, body)
            process.run()
        finally:
            connections.close_all()
        return status

    def deliver(self) -> None:
        """Post what is due, and process it."""
        self.fake.post_due(self.post)
        process_all()
