"""Workers of a site whose receiver hangs."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.paths.hearing import heard
from tests.paths.processes import environment, start
from tests.posting import BRUNO, stored, text

from .receivers import BAD

Worker = subprocess.Popen[str]
#: The receiver is interrupted after this, and named before.
SECONDS, NAMED_AFTER = 1.0, 0.3


class Site:
    """Workers of a site whose receiver hangs, one after the other, and what they wrote."""

    def __init__(self, folder: Path, way: str, *, slow: float = 0, **chakra: Any) -> None:
        limits = {"RECEIVER_SECONDS": SECONDS, "RECEIVER_WARN_SECONDS": NAMED_AFTER}
        self.folder = folder
        self.hung = folder / "log.hung"
        self.hung.touch()
        self.env = environment(folder / "heard", chakra={**limits, **chakra}, seconds=slow) | {
            "DJANGO_SETTINGS_MODULE": "tests.hanging.site",
            "TEST_LOG": str(folder / "log"),
            "TEST_HANGING": way,
        }

    @contextmanager
    def worker(self, *options: str) -> Iterator[Worker]:
        """A process of chakra_process; it is stopped hard if it still runs in the end."""
        with start("django", "chakra_process", *options, env=self.env) as worker:
            try:
                yield worker
            finally:
                worker.kill()

    def log(self) -> str:
        """What the workers logged."""
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""

    def told(self) -> set[str]:
        """What a neighbour of the receiver has heard."""
        return {one.about for one in heard(self.folder / "heard") if one.receiver == "first"}

    def until(self, *words: str) -> None:
        """Wait until the log has all of these."""
        until(lambda: all(one in self.log() for one in words))


def until(true: Callable[[], object]) -> None:
    """Look again and again until it is true."""
    end = time.monotonic() + 40
    while not true():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.05)


def post() -> set[str]:
    """The bad message, one after it in its conversation, and one in another; their ids."""
    bad, after, elsewhere = text(BAD), text("wamid.after", at=1), text("wamid.other", sender=BRUNO)
    for one in (bad, after, elsewhere):
        stored(one)
    return {BAD, "wamid.after", "wamid.other"}


def stop(worker: Worker) -> int:
    """Ask it to stop; with what it ends."""
    worker.send_signal(signal.SIGTERM)
    return worker.wait(30)
