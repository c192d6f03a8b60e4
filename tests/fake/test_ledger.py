"""The fake's book is true, whatever becomes of the process that writes it."""

import subprocess
import sys
import threading
from pathlib import Path

from django_chakra.testing.fake import FakeChakra, Ledger, serve
from django_chakra.testing.fake.ledger import read

from . import prepared
from .prepared import CUSTOMER

ROOT = Path(__file__).resolve().parents[2]


def test_a_killed_process_leaves_a_true_book(tmp_path: Path) -> None:
    """What a process took before it was killed is in the file, and that it was not answered."""
    path = tmp_path / "ledger.jsonl"
    done = subprocess.run(
        [sys.executable, "-m", "tests.fake.killed", str(path), "5"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 7, done.stderr
    requests, answers = read(path, "request"), read(path, "answer")
    assert [one["wamid"] for one in requests] == done.stdout.split()
    assert {one["callback_data"] for one in requests} == {"x"}
    assert [one["number"] for one in answers] == [one["number"] for one in requests[:-1]]


def test_a_torn_line_is_left_out(tmp_path: Path) -> None:
    """A last line without its end is not read; a ledger goes on where another one ended."""
    path = tmp_path / "ledger.jsonl"
    first = Ledger(path)
    first.write("event", 1.0, url="https://x.example/")
    first.close()
    second = Ledger(path)
    second.write("answer", 2.0, number=1)

    assert [one["kind"] for one in second.entries()] == ["event", "answer"]
    assert second.entries("answer") == [{"kind": "answer", "at": 2.0, "number": 1}]
    second.close()
    path.write_text(path.read_text() + '{"kind": "ans')
    assert len(read(path)) == 2


def test_many_at_once_are_all_in_it(tmp_path: Path) -> None:
    """Of many threads over HTTP each message is in the book once, with an answer of its own."""
    fake = FakeChakra(ledger=tmp_path / "ledger.jsonl")
    fake.hear(CUSTOMER, "text", "hello")

    def send(url: str) -> None:
        with prepared.client(url, token=fake.token) as client:
            for _ in range(20):
                client.session_messages.send(to=CUSTOMER, type="text", text={"body": "Hi"})

    with serve(fake) as url:
        threads = [threading.Thread(target=send, args=(url,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    booked = fake.ledger.entries("request")
    assert len({one["wamid"] for one in booked}) == 160
    assert {one["number"] for one in booked} == set(range(1, 161))
    assert len({one["number"] for one in fake.ledger.entries("answer")}) == 160
    assert {one["wamid"] for one in booked} <= fake.state.messages.keys()
