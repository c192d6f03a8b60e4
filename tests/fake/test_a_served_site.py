"""Three processes over HTTP: a client here, the fake as a program, our site under gunicorn.

What our tables hold in the end is what the fake's book says that our site was told.
"""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from django_chakra.models import (
    CallState,
    DeliveryStatus,
    Message,
    MessageStatus,
    WebhookCall,
)
from django_chakra.testing.fake.ledger import read
from tests.paths.hearing import heard
from tests.served.gunicorn import serving
from tests.settings import ROOT

from .. import posting
from . import prepared
from .site import ANA, BRUNO, say

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases("sqlite", "postgresql"),
    pytest.mark.processes,
]

SENDS = 10
PATIENCE = 30.0
SCRIPT = f"""
[habits]
sent_after = 0.05
delivered_after = 0.1
read_after = 0.2
delay = 0.4
doubled = 0.3
shuffled = 0.5
delayed = 0.2
never = 0.15
early = 0.3
fails = 0.2
echoes = 0.5

[customers.ana]
number = "{ANA}"
name = "Ana"

[customers.bruno]
number = "{BRUNO}"

[[step]]
customer = "ana"
text = "Two of them, pleese"

[[step]]
customer = "bruno"
image = "In green?"

[[step]]
customer = "ana"
edit = "Two of them, please"

[[step]]
customer = "bruno"
phone = "We have it, Bruno"
"""
STEPS = 4


class Book:
    """The ledger of a fake that runs elsewhere."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def events(self, **fields: Any) -> list[dict[str, Any]]:
        """What was posted and has these fields."""
        told = read(self.path, "event")
        return [one for one in told if all(one[key] == fields[key] for key in fields)]

    def ids(self, prefix: str) -> set[str]:
        """The messages of which such events tell."""
        return {one["wamid"] for one in self.events() if one["event"].startswith(prefix)}

    def words(self) -> set[tuple[str, str]]:
        """Each status that was told."""
        return {(one["wamid"], one["word"]) for one in self.events() if one["word"]}

    def is_done_with(self, wamid: str) -> bool:
        """Whether each status of a message was posted in both formats, or kept on purpose."""
        kept = {one["word"] for one in read(self.path, "kept") if one["wamid"] == wamid}
        both = [{one["word"] for one in self.events(wamid=wamid, format=format, copy=1)} | kept
                for format in ("chakra", "meta")]  # fmt: skip
        ends = [{"sent", "failed"}, {"sent", "delivered", "read"}]
        return all(any(end <= words for end in ends) for words in both)


@contextmanager
def program(folder: Path, webhook: str) -> Iterator[str]:
    """``python -m django_chakra.testing`` with the script above; gives its URL."""
    (folder / "script.toml").write_text(SCRIPT)
    options = {
        "port": "0", "seed": "9", "format": "both", "secret": posting.SECRETS["default"],
        "webhook-url": webhook, "script": str(folder / "script.toml"),
        "ledger": str(folder / "book.jsonl"),
    }  # fmt: skip
    given = [word for name, value in options.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "django_chakra.testing", *given]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://[\d.:]+", process.stdout.readline())
            assert found
            yield found[0]
        finally:
            process.terminate()
            process.communicate()


def until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for something, not for ever."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def conversed(folder: Path, port: int) -> Book:
    """Customers write, we send, the fake tells; it has stopped when this returns."""
    book = Book(folder / "book.jsonl")
    with program(folder, f"http://127.0.0.1:{port}/chakra/webhook/") as url:
        # First what customers do: from then on ids, and with them chances, are the seed's.
        until(lambda: len(book.events(copy=1)) >= 2 * STEPS, "the customers' steps")
        with prepared.client(url) as client:
            sent = [say(client, f"Hi {place}") for place in range(SENDS)]
        until(lambda: all(map(book.is_done_with, sent)), "the statuses of what was sent")
    return book


def test_our_tables_agree_with_the_book(tmp_path: Path) -> None:
    """Doubled, shuffled, delayed, early and lost events, in both formats, over real sockets."""
    with serving(tmp_path, chakra={"RUNNER": "inline"}) as port:
        book = conversed(tmp_path, port)
        waiting = WebhookCall.objects.exclude(state=CallState.PROCESSED)
        until(lambda: not waiting.exists(), "the calls to be processed")

    assert happened(book) == {"doubled", "kept", "early", "shuffled", "failed"}
    told = book.events()
    assert {one["status"] for one in told} == {200}
    digests = Counter(WebhookCall.objects.values_list("digest", flat=True))
    assert digests == Counter(one["digest"] for one in told)
    rows = DeliveryStatus.objects.values_list("external_id", "status")
    assert sorted(rows) == sorted(book.words())
    messages = dict(Message.objects.values_list("external_id", "status"))
    assert messages.keys() == book.ids("message")
    ends = highest(book, among=book.ids("message_echo"))
    assert {id: messages[id] for id in ends} == ends
    assert Message.objects.get(text="Two of them, please", role="bubble").edited_at is not None
    # In the process of the site; twice, since there are two receivers.
    told_of = Counter(one.about for one in heard(tmp_path / "heard"))
    about = {f"{id} {word}" for id, word in book.words() if id in messages} | messages.keys()
    assert told_of == dict.fromkeys(about, 2)


def happened(book: Book) -> set[str]:
    """What of the habits is in the book, so that it is not agreed on nothing."""
    found = {"kept"} if read(book.path, "kept") else set()
    requests: dict[int, str] = {}
    unanswered: set[str] = set()
    told: dict[str, int] = {}
    for one in read(book.path):
        if one["kind"] == "request":
            requests[one["number"]] = one.get("wamid", "")
            unanswered.add(requests[one["number"]])
        elif one["kind"] == "answer":
            unanswered.discard(requests[one["number"]])
        elif one["kind"] == "event" and one["word"]:
            rank = MessageStatus.rank(one["word"])
            is_named = {
                "doubled": one["copy"] == 2,
                "early": one["wamid"] in unanswered,
                "shuffled": one["copy"] == 1 and rank < told.get(one["wamid"], 0),
                "failed": one["word"] == "failed",
            }
            found |= {name for name, is_so in is_named.items() if is_so}
            told[one["wamid"]] = max(rank, told.get(one["wamid"], 0))
    return found


def highest(book: Book, among: set[str]) -> dict[str, str]:
    """The highest word that was told of each of these messages."""
    found: dict[str, str] = {}
    for id, word in book.words():
        if id in among:
            found[id] = max(found.get(id, "accepted"), word, key=MessageStatus.rank)
    return found
