"""What a web process publishes: few wake-ups, with nothing in them, over one connection."""

import json
import subprocess
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from django_chakra.models import Message, WebhookCall
from django_chakra.wakeups import GAP_SECONDS, Wakeups
from tests.commands import until
from tests.paths.processes import start
from tests.posting import ANA, SECRETS, text

from .brokers import Broker, Line
from .processes import Web, env_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

one_of_them = pytest.mark.parametrize("kind", ["redis"])
the_other = pytest.mark.parametrize("kind", ["rabbitmq"])

SECRET_TEXT = "for nobody else"
#: With a number to send from.
ACCOUNT = {"WEBHOOK_SECRETS": [SECRETS["default"]], "PHONE_NUMBER_ID": "1"}
OUTBOX = {"ACCOUNTS": {"default": ACCOUNT}, "WINDOW": "allow"}


def names(messages: list[Any]) -> list[str]:
    """Of which tasks they are."""
    return [message.headers["task"] for message in messages]


def calls(count: int, name: str = "wamid") -> list[dict[str, Any]]:
    """Texts of Ana's."""
    return [text(f"{name}.{n}", text=SECRET_TEXT) for n in range(count)]


def test_wake_ups_are_few(broker: Broker, tmp_path: Path) -> None:
    """A process with 100 calls in several threads publishes one in 200 ms and one for the rest."""
    with Web(broker, tmp_path / "heard") as web:
        web.ask("take", calls=calls(1, "first"), rest=GAP_SECONDS)  # It has a connection then.
        web.ask("published")
        assert len(broker.taken()) == 1
        answer = web.ask("take_at_once", calls=calls(100), threads=5)
        web.ask("published")
    assert WebhookCall.objects.count() == 101
    messages = broker.taken()
    gaps = answer["seconds"] / GAP_SECONDS
    assert 2 <= len(messages) <= 2 * (gaps + 1)
    assert len(messages) < 50
    later = [message for message in messages if message.headers["eta"]]
    assert 1 <= len(later) <= gaps + 1
    for message in later:
        assert datetime.fromisoformat(message.headers["eta"]).utcoffset() is not None


@one_of_them
def test_nothing_is_in_them(broker: Broker, tmp_path: Path) -> None:
    """They are JSON, with neither arguments nor a word of what was posted."""
    with Web(broker, tmp_path / "heard") as web:
        web.ask("take", calls=calls(3))
        web.ask("published")
    for message in broker.taken():
        assert message.content_type == "application/json"
        args, kwargs, _ = json.loads(message.body)
        assert (args, kwargs) == ([], {})
        sent = f"{message.body!r} {message.headers} {message.properties}"
        assert SECRET_TEXT not in sent
        assert ANA not in sent


@the_other
def test_messages_wake_too(broker: Broker, tmp_path: Path) -> None:
    """What is written down is sent by a worker: after the commit, and never before it."""
    with Web(broker, tmp_path / "heard", chakra=OUTBOX) as web:
        web.ask("write", to=ANA, bodies=["one"], rolls_back=True)
        web.ask("published")
        assert broker.taken() == []
        web.ask("write", to=ANA, bodies=["one", "two"])
        web.ask("published")
    assert set(names(broker.taken())) == {"django_chakra.send"}
    assert list(Message.objects.filter(direction="out").values_list("status", flat=True)) == [
        "queued",
        "queued",
    ]


@one_of_them
def test_queues_by_setting(broker: Broker, tmp_path: Path) -> None:
    """A task goes into the queue that QUEUES names."""
    own = f"{broker.name}-calls"
    with Web(broker, tmp_path / "heard", chakra={"QUEUES": {"process": own}}) as web:
        web.ask("take", calls=calls(1))
        web.ask("published")
    assert (names(broker.taken()), names(broker.taken(own))) == ([], ["django_chakra.process"])
    broker.delete(own)


@the_other
def test_time_limits_by_setting(broker: Broker, tmp_path: Path) -> None:
    """A task says after how long it is interrupted, and 20 seconds later ended."""
    with Web(broker, tmp_path / "heard", chakra={"TASK_SECONDS": {"process": 15}}) as web:
        web.ask("take", calls=calls(1))
        web.ask("published")
    (message,) = broker.taken()
    assert message.headers["timelimit"] == [35, 15]


def test_forked_processes_publish_for_themselves(broker: Broker, tmp_path: Path) -> None:
    """A child has a connection of its own, and leaves that of its parent as it is."""
    with Line(broker.address) as line, Web(broker.behind(line.port), tmp_path / "heard") as web:
        web.ask("take", calls=calls(1, "before"))
        web.ask("published")
        made = line.made
        for n in range(2):
            assert web.ask("fork", calls=calls(1, f"child {n}")) == {"code": 0}
        assert line.made == 3 * made
        web.ask("take", calls=calls(1, "after"))
        assert web.ask("published") == {"pending": 0, "is_away": False}
        assert line.made == 3 * made
    assert len(broker.taken()) == 4


def test_a_connection_without_work_is_closed(broker: Broker, tmp_path: Path) -> None:
    """An idle web process holds none; with the next call it has a new one."""
    with Line(broker.address) as line, Web(broker.behind(line.port), tmp_path / "heard") as web:
        web.ask("tune", linger=0.1, gap=0.1)
        for n in range(1, 3):
            web.ask("take", calls=calls(1, f"time {n}"))
            web.ask("published")
            until(lambda: line.open == 0)
            assert len(broker.taken()) == 1
        assert not web.ask("published")["is_away"]


def test_no_thread_can_be_started(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever stored or wrote something hears nothing of it; the log does, once."""

    def refuse(thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", refuse)
    own = Wakeups()
    for task in ("process", "send", "process"):
        own.wake(task)
    own.finish(5)
    assert [record.getMessage() for record in caplog.records] == [
        "Celery's workers can't be woken (RuntimeError); a sweep finds what waits"
    ]


@the_other
def test_a_process_that_ends_publishes_first(broker: Broker, tmp_path: Path) -> None:
    """So a command that sends something need not wait for a sweep."""
    script = (
        "import django; django.setup(); import tests.runner.app;"
        f"from django_chakra import send; send.text(to='{ANA}', body='one')"
    )
    env = env_of(broker, tmp_path / "heard", chakra=OUTBOX)
    with start("tests.runner.once", script, env=env, stderr=subprocess.PIPE) as process:
        assert process.communicate()[1] == ""
    assert names(broker.taken()) == ["django_chakra.send"]
