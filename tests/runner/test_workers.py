"""Celery's workers as real processes: in time, beside others, stopped, killed, and held up."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from django_chakra.models import (
    Backfill,
    CallState,
    MediaFile,
    Message,
    ReceiverFailure,
    WebhookCall,
)
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra, customers, serve
from django_chakra.testing.site import settings_for
from tests.backfill.asking import texts, wrote
from tests.commands import until
from tests.paths.guarantees import (
    assert_heard,
    assert_not_interleaved,
    assert_nothing_held,
    assert_nothing_left,
    let_time_pass,
)
from tests.paths.hearing import NAMES, heard
from tests.paths.processes import start
from tests.posting import ANA, BRUNO, SECRETS, stored, text
from tests.served.gunicorn import port, request

from .brokers import Broker
from .processes import Web, Worker, env_of, working

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

two_databases = pytest.mark.databases("sqlite", "postgresql")
one_of_them = pytest.mark.parametrize("kind", ["redis"])
the_other = pytest.mark.parametrize("kind", ["rabbitmq"])


def all_announced() -> bool:
    """Whether every call is processed and every message told."""
    if WebhookCall.objects.exclude(state=CallState.PROCESSED).exists():
        return False
    return not Message.objects.filter(announced_at=None).exists()


def waits() -> list[float]:
    """Seconds from stored to announced, the longest last."""
    spent = Message.objects.annotate(spent=F("announced_at") - F("call__received_at"))
    return sorted(one / timedelta(seconds=1) for one in spent.values_list("spent", flat=True))


def beat(directory: Path) -> list[str]:
    """Options of a worker that is beat too."""
    return ["-B", "-s", str(directory / "beat")]


@contextmanager
def serving(broker: Broker, directory: Path) -> Iterator[int]:
    """The site behind gunicorn, which imports it and then forks; gives the port."""
    command = [sys.executable, "-m", "gunicorn", "--bind=127.0.0.1:0", "--workers=2", "--preload"]
    env = {**env_of(broker, directory / "heard"), "HOME": str(directory)}
    log = directory / "gunicorn.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "tests.runner.wsgi"], env=env, cwd=settings.ROOT, stdout=out, stderr=out
        )
    try:
        yield port(process, log)
    finally:
        process.terminate()
        process.wait(20)


@two_databases
def test_from_post_to_announced(broker: Broker, tmp_path: Path) -> None:
    """Each of a trickle of calls is told, once and soon, by a worker that nothing but they woke."""
    expected = [f"wamid.{n}" for n in range(6)]
    with serving(broker, tmp_path) as site, working(Worker(broker, tmp_path)):
        for n, one in enumerate(expected):
            body = calls.body(text(one, at=n))
            assert request(site, body, calls.headers(body, SECRETS["default"])) == (200, "OK")
            until(all_announced, 5)
    assert_heard(heard(tmp_path / "heard"), expected, at_most=1)
    # One of them pays for the first connections of two web processes and a worker.
    assert waits()[-2] < 2


@the_other
@pytest.mark.thorough
def test_waits_under_load(broker: Broker, tmp_path: Path) -> None:
    """Of 1,500 calls within half a minute, from two web processes, 99 % are told within 1 s."""
    per_process = 750
    with working(Worker(broker, tmp_path, *beat(tmp_path))):
        webs = [Web(broker, tmp_path / "heard") for _ in range(2)]
        for place, web in enumerate(webs):
            posted = [
                text(f"wamid.{place}.{n}", sender=f"55118{n % 200:08}") for n in range(per_process)
            ]
            web.tell("take", calls=posted, rest=0.03)
        for web in webs:
            with web:
                web.answer()
        until(all_announced, 20)
    found = waits()
    assert len(found) == 2 * per_process
    assert found[int(len(found) * 0.99)] <= 1


@two_databases
@one_of_them
def test_everybody_at_once(broker: Broker, tmp_path: Path) -> None:
    """Two workers, one of them beat, and ``chakra_process --watch`` tell each thing once."""
    log = tmp_path / "heard"
    workers = [
        Worker(broker, tmp_path, *beat(tmp_path), name="one"),
        Worker(broker, tmp_path, name="two"),
    ]
    env = env_of(broker, log)
    command = ["django", "chakra_process", "--watch"]
    with start(*command, env=env, stdout=subprocess.PIPE) as watch, working(*workers):
        try:
            assert watch.stdout is not None
            assert watch.stdout.readline().startswith("Waiting for calls")
            with Web(broker, log) as web:
                posted = [text(f"wamid.{n}", sender=f"55118{n % 9:08}", at=n) for n in range(120)]
                web.ask("take_at_once", calls=posted, threads=3)
                until(all_announced)
            for worker in workers:
                worker.stop()
            watch.send_signal(signal.SIGTERM)
            assert watch.wait(30) == 0
        finally:
            watch.kill()
    hearings = heard(log)
    assert len({(one.receiver, one.about) for one in hearings}) == len(hearings) == 2 * 120
    assert_not_interleaved(hearings)
    assert_nothing_left()
    assert_nothing_held()


@two_databases
@the_other
def test_a_killed_worker_loses_nothing(broker: Broker, tmp_path: Path) -> None:
    """After SIGKILL in the middle of a task another worker's beat finds what was left."""
    log = tmp_path / "heard"
    expected = [f"wamid.{n}" for n in range(20)]
    with Web(broker, log) as web, working(Worker(broker, tmp_path, seconds=0.05)) as (first,):
        web.ask("take", calls=[text(one, at=n) for n, one in enumerate(expected)])
        until(lambda: len(heard(log)) > 6)
        first.kill()
    assert not all_announced()
    let_time_pass()
    with working(Worker(broker, tmp_path, *beat(tmp_path), name="second")):
        until(all_announced)
    # What was told and not stamped within the last second is told again. The order is not of here:
    # what the killed one had not recorded is taken up call by call, by two at once.
    for name in NAMES:
        told = Counter(one.about for one in heard(log) if one.receiver == name)
        assert sorted(told) == sorted(expected)
        assert max(told.values()) <= 2
    assert_nothing_left()


@the_other
def test_a_warm_shutdown_finishes_what_is_in_hand(broker: Broker, tmp_path: Path) -> None:
    """A worker that is asked to stop tells all that its tasks took, and ends well."""
    log = tmp_path / "heard"
    for n in range(10):
        stored(text(f"wamid.{n}", sender=f"55118{n:08}", at=n))
    worker = Worker(broker, tmp_path, seconds=0.05, concurrency=1)
    with Web(broker, log) as web, working(worker):
        web.ask("take", calls=[text("wamid.10", at=10)])
        until(lambda: len(heard(log)) > 2)
        worker.stop()
    assert_heard(heard(log), [f"wamid.{n}" for n in range(11)], at_most=1)
    assert_nothing_left()
    assert_nothing_held()


@one_of_them
def test_a_task_leaves_the_rest_to_the_next(broker: Broker, tmp_path: Path) -> None:
    """With slow receivers a task ends after a quarter of its time, and all are told in the end."""
    log = tmp_path / "heard"
    limits = {"process": 2, "sweep": 2}
    expected = [f"wamid.{n}" for n in range(25)]
    options: dict[str, Any] = {"chakra": {"TASK_SECONDS": limits}, "seconds": 0.06}
    worker = Worker(broker, tmp_path, concurrency=1, **options)
    with Web(broker, log, **options) as web, working(worker):
        web.ask("take", calls=[calls.batch_call(*(text(one) for one in expected))])
        until(all_announced, 30)
        assert "time limit" not in worker.said()
        # What is announced is so before its task has ended, and said so.
        until(lambda: worker.said().count("succeeded") > 2, 30)
    assert sorted(one.about for one in heard(log)) == sorted(2 * expected)
    assert not ReceiverFailure.objects.exists()


HANGING = ["hangs"] + (["waits for the database"] if settings.TEST_DATABASE != "sqlite" else [])


@two_databases
@one_of_them
@pytest.mark.parametrize("words", HANGING)
def test_a_receiver_that_hangs(broker: Broker, tmp_path: Path, words: str) -> None:
    """It is interrupted, named in log and row, told again, and the worker goes on meanwhile."""
    log, hangs = tmp_path / "heard", tmp_path / "hangs"
    hangs.touch()
    options: dict[str, Any] = {
        "chakra": {"TASK_SECONDS": {"process": 1, "sweep": 1}},
        "env": {"TEST_HANGS": str(hangs)},
    }
    worker = Worker(broker, tmp_path, *beat(tmp_path), concurrency=1, **options)
    with Web(broker, log, **options) as web, working(worker):
        web.ask("take", calls=[text("wamid.A", text=words)])
        until(ReceiverFailure.objects.exists)
        web.ask("take", calls=[text("wamid.B")])
        until(all_announced)
        failure = ReceiverFailure.objects.get()
        message = Message.objects.get(external_id="wamid.A")
        assert (failure.receiver, failure.message) == ("odd", message)
        assert "SoftTimeLimitExceeded" in failure.error
        named = "Receiver odd of message_received raised SoftTimeLimitExceeded on message"
        assert f"{named} {message.pk}" in worker.said()
        hangs.unlink()
        let_time_pass()
        until(lambda: not ReceiverFailure.objects.exists())
    assert_heard(heard(log), ["wamid.A", "wamid.B"], at_most=1)
    assert_nothing_left()


@one_of_them
def test_a_receiver_that_ends_its_process(broker: Broker, tmp_path: Path) -> None:
    """Celery starts another one; what others wrote is told."""
    log, hangs = tmp_path / "heard", tmp_path / "hangs"
    hangs.touch()
    worker = Worker(broker, tmp_path, *beat(tmp_path), env={"TEST_HANGS": str(hangs)})
    with Web(broker, log) as web, working(worker):
        web.ask("take", calls=[text("wamid.A", text="ends the process")])
        until(lambda: "WorkerLostError" in worker.said())
        web.ask("take", calls=[text("wamid.B", sender=BRUNO)])
        until(lambda: {"wamid.B"} <= {one.about for one in heard(log)})
        hangs.unlink()
        let_time_pass()
        until(all_announced)
    assert_nothing_left()


@two_databases
@the_other
def test_there_and_back(broker: Broker, tmp_path: Path) -> None:
    """A picture is downloaded, answers are sent, each in a task of its own, woken for or not."""
    fake, answers = FakeChakra(), Message.objects.filter(direction="out")
    with serve(fake) as url:
        chakra = {**settings_for(fake), "BASE_URL": url, "MEDIA_DIR": str(tmp_path / "media")}
        worker = Worker(broker, tmp_path, *beat(tmp_path), chakra=chakra)
        with Web(broker, tmp_path / "heard", chakra=chakra) as web, working(worker):
            fact = customers.media(fake, ANA)
            web.ask("take", calls=[fact.documents["meta"]], secret=fake.secret)
            until(lambda: MediaFile.objects.filter(state="kept").exists())
            web.ask("write", to=ANA, bodies=["thanks"])
            until(lambda: answers.filter(status="accepted").count() == 1)
            # As a campaign does, of which nobody is told.
            web.ask("write", to=ANA, bodies=["again"], runner="worker")
            until(lambda: answers.filter(status="accepted").count() == 2)
    done = {task for task in ("process", "send", "download") if f"{task}[" in worker.said()}
    assert done == {"process", "send", "download"}


@one_of_them
def test_gaps_are_filled(broker: Broker, tmp_path: Path) -> None:
    """After a silence beat has the platform asked what was missed, and it is told."""
    stored(text("wamid.A"))
    WebhookCall.objects.update(received_at=timezone.now() - timedelta(hours=3))
    fake = FakeChakra()
    for customer in (ANA, BRUNO):
        wrote(fake, customer, "anybody there?", ago=3600)
    with serve(fake) as url:
        chakra = {**settings_for(fake), "BASE_URL": url, "BACKFILL_AFTER": 60}
        worker = Worker(broker, tmp_path, *beat(tmp_path), chakra=chakra)
        with working(worker):
            until(lambda: texts(announced_at=None) == [] and len(texts()) == 3)
            until(Backfill.objects.filter(account="default", state="done").exists)
    assert set(Backfill.objects.values_list("reason", flat=True)) == {"gap"}
    assert sorted(texts()) == ["anybody there?", "anybody there?", "hello"]
