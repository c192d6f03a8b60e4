"""A disk that takes no more: a clear 503, and nothing half-written is ever taken in."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from django_chakra import spool
from django_chakra.models import WebhookCall
from django_chakra.testing import calls
from tests.posting import post, text

from .away import away, bodies, names
from .test_stopped import Spooling

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

CALL = text("wamid.A", text="hello " * 2000)


@pytest.mark.processes
def test_a_file_that_may_not_grow(folder: Path, tmp_path: Path) -> None:
    """Where the system ends a write in the middle, the call gets 503 and its file is gone."""
    with Spooling(tmp_path / "heard", chakra=dict(settings.CHAKRA)) as child:
        for size, answer in ((0, "503"), (1, "503"), (5000, "503"), (20_000, "200")):
            (said,) = child.ask("post_to_a_small_disk", call=CALL, size=size)["answered"]
            assert said[:3] == answer
            assert len(names(folder)) == (answer == "200")
    assert spool.take_in() == 1
    assert bodies() == [calls.body(CALL)]


def mount(folder: Path) -> bool:
    """Have a disk of 64 KiB in this folder; whether this user may."""
    command = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    """The folder of the spool, on a disk of its own where this user may mount one.

    Elsewhere the test above is all that there is.
    """
    if os.geteuid() != 0 or not mount(folder):
        pytest.xfail("only root may mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_full(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    """On a full disk a call gets 503 with the reason; what was written before is taken in, and
    with room again calls are written again."""
    call = text("wamid.first")
    with away():
        assert post(call).status_code == 200
        (small_disk / "filler").write_bytes(b"x" * 50_000)
        response = post(CALL)
        assert (response.status_code, response.content) == (
            503, b"can't be stored: the disk of the spool is full",
        )  # fmt: skip
        assert len(names(small_disk)) == 2
    assert "OperationalError, and the disk of the spool is full" in caplog.text
    assert "hello" not in caplog.text
    assert spool.take_in() == 1
    assert bodies() == [calls.body(call)]
    (small_disk / "filler").unlink()
    with away():
        assert post(CALL).status_code == 200
    assert spool.take_in() == 1
    assert WebhookCall.objects.count() == 2
