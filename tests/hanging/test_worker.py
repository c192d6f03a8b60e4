"""``chakra_process`` with a receiver that hangs: it goes on, or ends for others to go on."""

from pathlib import Path

import pytest
from django.db import connection

from django_chakra.models import Contact, Message, ReceiverFailure
from django_chakra.watchdog import EXIT_CODE
from tests.paths.guarantees import assert_nothing_left, let_time_pass

from .receivers import BAD, HALF_DONE
from .working import Site, post, stop, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


@pytest.mark.databases
@pytest.mark.parametrize("way", ["sleeps", "writes"])
def test_it_is_named_interrupted_and_hears_again(tmp_path: Path, way: str) -> None:
    """The worker goes on with all the others; what the receiver had begun to write is undone."""
    site, everything = Site(tmp_path, way), post()
    with site.worker("--watch") as worker:
        until(lambda: not Message.objects.filter(announced_at=None).exists() and site.told())
        until(ReceiverFailure.objects.exists)
        assert site.told() == everything
        failure = ReceiverFailure.objects.get()
        assert (failure.receiver, failure.attempts, failure.state) == ("hangs", 1, "waiting")
        assert "ReceiverTimeout" in failure.error
        message = Message.objects.get(external_id=BAD)
        named = f"Receiver hangs of message_received is still at message {message.pk} after "
        site.until(named, "receivers.py:", f" {way}\n", "has ended", "raised ReceiverTimeout")
        assert not Contact.objects.filter(name=HALF_DONE).exists()
        site.hung.unlink()
        let_time_pass()
        until(lambda: not ReceiverFailure.objects.exists())
        assert stop(worker) == 0
    assert_nothing_left()


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("way", ["waits", "asks"])
def test_a_coroutine_and_a_statement_are_interrupted_too(tmp_path: Path, way: str) -> None:
    """The worker goes on, over a connection that works."""
    site, everything = Site(tmp_path, way), post()
    with site.worker("--watch") as worker:
        until(ReceiverFailure.objects.exists)
        until(lambda: site.told() == everything)
        until(lambda: not Message.objects.filter(announced_at=None).exists())
        assert stop(worker) == 0
    assert "ReceiverTimeout" in ReceiverFailure.objects.get().error
    with connection.cursor() as cursor:  # what it asked would keep the database of the test
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE '%pg_sleep(%' "
            "AND pid <> pg_backend_pid()"
        )


@pytest.mark.databases
@pytest.mark.parametrize(
    "options", [("--watch",), pytest.param((), marks=pytest.mark.thorough)], ids=["watch", "once"]
)
def test_one_that_goes_on_ends_its_process(tmp_path: Path, options: tuple[str, ...]) -> None:
    """With a code of its own, and a log that names it; the next worker tells all the others."""
    site, everything = Site(tmp_path, "swallows"), post()
    with site.worker(*options) as worker:
        assert worker.wait(40) == EXIT_CODE
    assert "Receiver hangs of message_received does not end with message" in site.log()
    assert "receivers.py:" in site.log()
    site.hung.unlink()
    let_time_pass()
    with site.worker() as worker:
        assert worker.wait(40) == 0
    assert site.told() == everything
    assert_nothing_left()


def test_a_log_that_hangs_with_it_keeps_nobody(tmp_path: Path) -> None:
    """Its process ends though nothing can be logged, and the next worker tells all the others."""
    site, everything = Site(tmp_path, "holds_the_log"), post()
    with site.worker("--watch") as worker:
        until(lambda: site.hung.read_text())
        before = site.log()
        assert worker.wait(40) == EXIT_CODE
    assert site.log() == before
    site.hung.unlink()
    let_time_pass()
    with site.worker() as worker:
        assert worker.wait(40) == 0
    assert site.told() == everything
    assert_nothing_left()


@pytest.mark.databases("mariadb")
def test_one_that_hangs_in_c_ends_its_process(tmp_path: Path) -> None:
    """MariaDB's client lets no exception through while it waits."""
    site = Site(tmp_path, "asks")
    post()
    with site.worker("--watch") as worker:
        assert worker.wait(40) == EXIT_CODE
    assert "cursors.py:" in site.log() or "connections.py:" in site.log()


def test_a_worker_that_is_to_stop_waits_no_longer_than_the_limit(tmp_path: Path) -> None:
    """SIGTERM while the receiver hangs: it is interrupted in its time, and the worker ends well."""
    site = Site(tmp_path, "sleeps")
    post()
    with site.worker("--watch") as worker:
        until(lambda: site.hung.read_text())
        assert stop(worker) == 0
    assert ReceiverFailure.objects.count() == 1
