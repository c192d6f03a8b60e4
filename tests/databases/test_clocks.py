"""Hosts whose clocks are ten minutes behind and ahead: nothing is early, late, twice or lost."""

import random
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from django_chakra import process
from django_chakra.models import CallState, Conversation, DeliveryStatus, Message, WebhookCall
from django_chakra.models.clock import clock
from django_chakra.models.fields import DatabaseNow
from django_chakra.testing import calls
from django_chakra.testing.fake import Habits, serve
from django_chakra.testing.fake.misbehaviour import misbehave
from tests.paths.guarantees import assert_not_interleaved, assert_nothing_held, assert_nothing_left
from tests.paths.hearing import NAMES, heard
from tests.paths.test_workers import all_announced, by_person, wait_until, workers
from tests.posting import SECRETS
from tests.send.platform import Platform, Sender
from tests.served.gunicorn import request, serving

from .skewed import skewed

pytestmark = [
    # SQLite has no clock but its process's, and no processes on other machines.
    pytest.mark.databases("postgresql", "mariadb"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
]

BEHIND, AHEAD = -600, 600
HOUR, MINUTES = timedelta(hours=1), timedelta(minutes=5)
PEOPLE, EACH = 3, 8


def test_a_skewed_process(tmp_path: Path) -> None:
    """What these tests start does believe another time, and measures time as before."""
    script = "import time; print(time.time(), time.monotonic())"
    with skewed(tmp_path, AHEAD):
        said = subprocess.check_output([sys.executable, "-c", script], text=True)
    wall, monotonic = map(float, said.split())
    assert 590 < wall - time.time() < 610
    assert abs(monotonic - time.monotonic()) < 30


@pytest.mark.parametrize(
    "database",
    [
        pytest.param("postgresql", marks=pytest.mark.databases("postgresql")),
        pytest.param("mariadb", marks=[pytest.mark.databases("mariadb"), pytest.mark.thorough]),
    ],
)
def test_calls_on_hosts_with_different_clocks(database: str, tmp_path: Path) -> None:
    """Calls that two hosts take and two others work through are told once, in order, at once."""
    now, log = int(time.time()), tmp_path / "heard"
    bodies = [
        calls.body(
            calls.text_call(
                "meta",
                external_id=f"wamid.{person} {n}",
                sender=f"55118{person:08}",
                text="hi",
                timestamp=now - EACH + n,
            )
        )
        for n in range(EACH)
        for person in range(PEOPLE)
    ]
    first, rest = bodies[:PEOPLE], bodies[PEOPLE:]
    random.Random(2).shuffle(rest)
    with ExitStack() as started:
        ports = []
        for by in (BEHIND, AHEAD):
            (folder := tmp_path / str(by)).mkdir()
            with skewed(tmp_path, by):
                ports.append(started.enter_context(serving(folder)))
                started.enter_context(workers(log, 1))
        take(first, ports)
        wait_until(all_announced)
        # Held, so that all the rest is due before anybody takes it up.
        held = {"announcing_by": "the test", "announcing_until": DatabaseNow() + HOUR}
        assert Conversation.objects.update(**held) == PEOPLE
        take(rest, ports)
        wait_until(lambda: not WebhookCall.objects.exclude(state=CallState.PROCESSED).exists())
        Conversation.objects.update(announcing_until=DatabaseNow())
        wait_until(all_announced)
    hearings = heard(log)
    assert len(hearings) == len(NAMES) * len(bodies)
    assert_not_interleaved(hearings)
    for person, one in by_person(hearings).items():
        assert [each.about for each in one] == [f"{person} {n}" for n in range(EACH)]
    for message in Message.objects.all():
        assert message.sort_at == message.occurred_at
        assert timedelta(0) < message.received_at - message.occurred_at < MINUTES
    assert_nothing_left()
    assert_nothing_held()


def take(bodies: list[bytes], ports: list[int]) -> None:
    """Post these, to each host in turn."""
    for n, body in enumerate(bodies):
        headers = calls.headers(body, SECRETS["default"])
        assert request(ports[n % len(ports)], body, headers) == (200, "OK")


@pytest.mark.parametrize("by", [BEHIND, AHEAD])
def test_messages_of_hosts_with_different_clocks(by: int, tmp_path: Path, settings: Any) -> None:
    """What is refused is told at once; what became of a lost answer is found by its time."""
    platform = Platform("chakra", Habits(sent_after=0.05, delivered_after=0.1, reads=0))
    refused, lost = [[f"{area}{n:08}" for n in range(4)] for area in (55118, 55217)]
    with serve(platform.fake) as url:
        settings.CHAKRA = platform.settings(url)
        platform.meet([*refused, *lost])
        env = {"chakra": platform.settings(url, RUNNER="inline", READ_TIMEOUT=5)}
        with skewed(tmp_path, by), Sender(tmp_path / "heard", **env) as sender:
            for rule, people in (("errors:1", refused), ("cut-after:1", lost)):
                misbehave(platform.fake, rule)
                messages = [{"kind": "text", "to": one, "body": "hi"} for one in people]
                sender.ask("send_all", messages=messages, threads=1, seed=1)
                platform.fake.before.clear()
    failed = Message.objects.filter(status="failed")
    assert failed.count() == len(refused)
    assert {one.about.split()[-1] for one in heard(tmp_path / "heard")} == {"failed"}
    assert not DeliveryStatus.objects.filter(announce_at__isnull=False).exists()
    ours = Message.objects.filter(source="send", status="unknown")
    assert ours.count() == len(lost)
    platform.fake.clock.move(60)
    platform.deliver()
    process.sweep()
    assert not ours.exists()
    now = clock("default").now()
    assert not Message.objects.exclude(sort_at__range=(now - MINUTES, now + MINUTES)).exists()
