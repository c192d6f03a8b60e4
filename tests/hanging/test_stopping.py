"""A worker that ends under load, with a receiver that hangs: nobody is cut in the middle."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.test import override_settings

from django_chakra import send
from django_chakra.models import MediaFile, Message, ReceiverFailure
from django_chakra.testing.fake import FakeChakra, Misbehaviour, Request, customers, serve
from django_chakra.watchdog import EXIT_CODE
from tests.paths.guarantees import assert_nothing_held, let_time_pass
from tests.posting import ANA, process_all, stored, text

from .receivers import BAD
from .working import Site, stop, until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
    pytest.mark.databases("postgresql"),
]

CALLS, MESSAGES, FILES = 80, 200, 8
#: Long enough for messages and files to be begun meanwhile.
SECONDS = 5.0


class Load:
    """A platform that is slow, and much that waits for it and for receivers."""

    def __init__(self, fake: FakeChakra, chakra: dict[str, Any]) -> None:
        self.fake, self.chakra = fake, chakra
        #: A message, and a file, are on their way.
        self.sends, self.downloads = Event(), Event()
        fake.before.append(self.slowly)

    def slowly(self, request: Request) -> Misbehaviour | None:
        """Answer after a second."""
        sends = request.method == "POST" and request.path.endswith("/messages")
        if not sends and request.endpoint != "media.show":
            return None
        (self.sends if sends else self.downloads).set()
        return Misbehaviour.slow(1.0)

    def post(self) -> None:
        """Files, messages to send, and calls, the first of which has the bad message."""
        secret = self.fake.secret
        template = next(
            one for one in self.fake.state.templates.values() if one.status == "APPROVED"
        )
        people = (f"91{n:010}" for n in range(MESSAGES))
        named: Any = {"name": template.name, "language": template.language, "body": ["Asha"]}
        with override_settings(CHAKRA=self.chakra):
            for _ in range(FILES):
                stored(customers.media(self.fake, ANA).documents["meta"], secret=secret)
            process_all()
            send.template_many(people, campaign="spring", **named)
            for n, id in enumerate((BAD, *(f"wamid.{n}" for n in range(CALLS)))):
                stored(text(id, sender=f"55118{n:08}", at=n), secret=secret)

    def wait(self, site: Site) -> None:
        """Until the receiver hangs, a message is on its way, and so is a file."""
        until(lambda: site.hung.read_text() and self.sends.is_set() and self.downloads.is_set())


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """What everything talks with over HTTP."""
    from django_chakra.testing.site import settings_for

    fake = FakeChakra()
    with serve(fake) as url:
        media = str(tmp_path / "media")
        chakra = {**settings_for(fake), "RUNNER": "worker", "BASE_URL": url, "MEDIA_DIR": media}
        yield Load(fake, chakra)


def states() -> set[str]:
    """Where messages of ours stand."""
    return set(Message.objects.filter(direction="out").values_list("status", flat=True))


@pytest.mark.thorough
def test_sigterm_cuts_nobody(load: Load, tmp_path: Path) -> None:
    """Messages and files in hand get their end, the receiver is interrupted in its time, and what
    could not be told soon is told by the next worker."""
    site = Site(tmp_path, "sleeps", slow=0.1, RECEIVER_SECONDS=SECONDS, **load.chakra)
    load.post()
    with site.worker("--watch") as worker:
        load.wait(site)
        assert stop(worker) == 0
    assert states() == {"accepted", "queued"}
    assert Message.objects.filter(status="accepted").count() == len(load.fake.sent) < MESSAGES
    assert set(MediaFile.objects.values_list("state", flat=True)) <= {"waiting", "kept"}
    assert_nothing_held()
    untold = Message.objects.filter(direction="in", announced_at=None)
    assert 0 < untold.count() <= CALLS
    site.hung.unlink()
    let_time_pass()
    with site.worker("--watch") as worker:
        until(lambda: len(site.told()) == 1 + CALLS)
        until(lambda: not ReceiverFailure.objects.exists())
        assert stop(worker) == 0
    assert not untold.exists()


def test_a_process_that_is_ended_lets_others_finish(load: Load, tmp_path: Path) -> None:
    """A receiver that can't be interrupted costs no message its end."""
    site = Site(tmp_path, "swallows", RECEIVER_SECONDS=SECONDS, **load.chakra)
    load.post()
    with site.worker("--watch") as worker:
        load.wait(site)
        assert worker.wait(40) == EXIT_CODE
    assert states() <= {"accepted", "queued"}
    assert Message.objects.filter(status="accepted").count() == len(load.fake.sent)
