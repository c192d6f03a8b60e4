"""The short form of ``make crash``: a minute of killing, on PostgreSQL and Redis."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clusters import missing

ROOT = Path(__file__).resolve().parent.parent.parent
#: What a run takes at most on a busy machine: to start, to be killed in, to come to rest.
SECONDS = 480


@pytest.mark.databases("postgresql")
@pytest.mark.processes
@pytest.mark.timeout(SECONDS + 30)
def test_nothing_is_lost_while_everything_is_killed() -> None:
    """Server, workers, broker and database are killed in every step of the work, five times in each
    at least: nothing is lost, doubled, missed or out of order."""
    if reason := missing("postgresql", "redis"):
        pytest.skip(reason)
    command = [sys.executable, "-m", "tests.crash", "--database=postgresql", "--broker=redis"]
    options = ["--calls=900", "--seconds=40", "--rest=0.3", "--at-most=120"]
    with subprocess.Popen(
        [*command, *options], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as play:
        try:
            said = play.communicate(timeout=SECONDS)[0]
        finally:
            # So that it ends what it started.
            if play.poll() is None:
                play.send_signal(signal.SIGINT)
    assert play.returncode == 0, said
