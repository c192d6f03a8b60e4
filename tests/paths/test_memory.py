"""How much memory a worker takes for calls that are as long as they may be."""

import hashlib
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from django_chakra import spool
from django_chakra.models import CallState, Message, WebhookCall
from django_chakra.process import BATCH_BYTES
from django_chakra.testing import calls
from tests.posting import text

from .processes import environment, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

MIB = 1024 * 1024
#: In MiB. A worker that takes 24 calls at once has far more, one with 40 over 1,000.
MOST = 450
#: Each call has so many bytes at least, and four times as many at most; or one alone that is larger
#: than a batch.
LEAST = MIB - 2000
SEVERAL = pytest.mark.parametrize(
    "count", [24, pytest.param(300, marks=[pytest.mark.thorough, pytest.mark.timeout(900)])]
)


def bodies(count: int) -> Iterator[bytes]:
    """Of so many long calls: one long text each, many unknown facts, and what nobody can read."""
    yield long_text(-1, BATCH_BYTES + MIB)
    yield b'{"event":' + b"[" * BATCH_BYTES
    for n in range(count - 2):
        size = (1 + n % 4) * LEAST
        yield long_text(n, size) if n % 2 else many_values(n, size)


def long_text(n: int, size: int) -> bytes:
    """A call with one text of so many letters."""
    return calls.body(text(f"wamid.{n}", sender=f"55118{n + 1:08}", text="a" * size))


def many_values(n: int, size: int) -> bytes:
    """A call with an unknown fact that becomes far larger when it is read."""
    values = [{"a": 1, "b": "cd"}] * (size // len('{"a":1,"b":"cd"},'))
    return calls.body({"event": "invented", "payload": {"n": n, "values": values}})


def call(n: int, body: bytes) -> WebhookCall:
    """The n-th call, as the webhook would keep it."""
    now = timezone.now() - timedelta(minutes=1)
    return WebhookCall(
        account="default",
        body=body,
        digest=hashlib.sha256(body).hexdigest(),
        received_at=now,
        next_attempt_at=now + timedelta(milliseconds=n),
    )


def is_done(count: int) -> bool:
    """Whether so many calls are processed, and everything told."""
    processed = WebhookCall.objects.filter(state=CallState.PROCESSED).count()
    return processed == count and not Message.objects.filter(announced_at=None).exists()


def peak(worker: subprocess.Popen[str]) -> int:
    """The most memory that this process has had so far, in MiB.

    Not by ``getrusage``, which counts in what its parent had before.
    """
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{worker.pid}/status").read_text())
    assert found
    return int(found[1]) // 1024


def peak_of_a_worker(count: int, log: Path, **chakra: str) -> int:
    """Have a worker process so many calls that wait; the most memory that it had."""
    env = environment(log, chakra=chakra)
    with start("django", "chakra_process", "--watch", env=env, stdout=subprocess.PIPE) as worker:
        try:
            end = time.monotonic() + 100 + 2 * count
            while not is_done(count):
                assert time.monotonic() < end, "it never became true"
                time.sleep(0.2)
            found = peak(worker)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(30) == 0
        finally:
            worker.kill()
    return found


@pytest.mark.databases("postgresql", "mariadb")
@SEVERAL
def test_long_calls_are_taken_few_at_a_time(count: int, tmp_path: Path) -> None:
    """However many wait: no more than fit, and one that is larger than that alone."""
    for n, body in enumerate(bodies(count)):
        call(n, body).save()
    assert peak_of_a_worker(count, tmp_path / "heard") < MOST
    assert Message.objects.filter(external_id="wamid.-1").exists()
    assert WebhookCall.objects.get(unreadable__gt=0).kind == "unreadable"


@pytest.mark.thorough
@pytest.mark.databases("postgresql")
@SEVERAL
def test_files_of_the_spool_are_taken_in_one_by_one(count: int, tmp_path: Path) -> None:
    """However many wait there, and however long they are."""
    folder = tmp_path / "spool"
    folder.mkdir()
    with override_settings(CHAKRA={**settings.CHAKRA, "SPOOL_DIR": folder}):
        for n, body in enumerate(bodies(count)):
            spool.write(call(n, body))
    assert peak_of_a_worker(count, tmp_path / "heard", SPOOL_DIR=str(folder)) < MOST
