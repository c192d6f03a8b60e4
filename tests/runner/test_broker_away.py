"""A broker that is away, hangs, or comes back: answers are as fast as ever, and nothing is lost."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import pytest

from django_chakra.models import CallState, Message, WebhookCall
from django_chakra.wakeups import GAP_SECONDS
from tests.commands import until
from tests.paths.guarantees import assert_heard, assert_nothing_left
from tests.paths.hearing import heard
from tests.posting import text

from .brokers import Broker, Line, closing_port, refused_port, silent_port
from .processes import Web, Worker, working

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

#: Seconds by which a broker may hold up an answer.
ALLOWED = 0.05
CALLS = 25
AWAY = "Celery's workers can't be woken"


@pytest.fixture(params=["refused", "silent"])
def away(request: pytest.FixtureRequest, broker: Broker) -> Iterator[Broker]:
    """A broker behind a port that nobody listens on, or whose listener never says anything."""
    with ExitStack() as stack:
        silent = request.param == "silent"
        port = stack.enter_context(silent_port()) if silent else refused_port()
        yield broker.behind(port)


def test_answers_are_as_fast_as_ever(away: Broker, tmp_path: Path) -> None:
    """Beside the same process with a runner that has no broker; and the log says it once."""
    with Web(away, tmp_path / "heard") as web:
        # Each call is to meet the broker: after a silence of 30 seconds only the first one would.
        web.ask("tune", silence=0, gap=0)
        web.ask("take", calls=[text("wamid.first")], runner="worker")
        took: dict[str, list[float]] = {"worker": [], "celery": []}
        # In turns, so that whatever else this machine does slows both.
        for n in range(CALLS):
            for runner, seconds in took.items():
                call = text(f"wamid.{runner} {n}")
                seconds += web.ask("take", calls=[call], runner=runner, rest=0.01)["seconds"]
        assert web.ask("published", seconds=20)["is_away"]
        assert web.said().count(AWAY) == 1
    assert median(took["celery"]) - median(took["worker"]) < ALLOWED / 5
    # One of many may meet whatever else this machine does: the second slowest of each.
    assert sorted(took["celery"])[-2] - sorted(took["worker"])[-2] < ALLOWED
    states = set(WebhookCall.objects.values_list("state", flat=True))
    assert (states, WebhookCall.objects.count()) == ({CallState.RECEIVED}, 2 * CALLS + 1)


def test_no_try_for_a_while(broker: Broker, tmp_path: Path) -> None:
    """After the first failure nobody knocks at the broker's door for half a minute."""
    with closing_port() as (port, knocks), Web(broker.behind(port), tmp_path / "heard") as web:
        web.ask("take", calls=[text("wamid.first")])
        assert web.ask("published", seconds=20)["is_away"]
        before = len(knocks)
        web.ask("take", calls=[text(f"wamid.{n}") for n in range(10)], rest=GAP_SECONDS / 4)
        assert web.ask("published") == {"pending": 0, "is_away": True}
    assert before == len(knocks) == 1


@pytest.mark.parametrize("away", ["silent"], indirect=True)
def test_writing_is_as_fast_as_ever(away: Broker, tmp_path: Path) -> None:
    """Whoever sends a message waits for the commit, and never for the broker."""
    account = {"WEBHOOK_SECRETS": ["test-secret"], "PHONE_NUMBER_ID": "1"}
    chakra = {"ACCOUNTS": {"default": account}, "WINDOW": "allow"}
    with Web(away, tmp_path / "heard", chakra=chakra) as web:
        web.ask("tune", silence=0, gap=0)
        bodies = [str(n) for n in range(20)]
        took = {
            runner: web.ask("write", to="919900000000", bodies=bodies, runner=runner)["seconds"]
            for runner in ("worker", "celery")
        }
    assert sorted(took["celery"])[-2] - sorted(took["worker"])[-2] < ALLOWED
    assert Message.objects.filter(status="queued").count() == 40


def test_a_line_that_goes_dead(broker: Broker, tmp_path: Path) -> None:
    """While nothing passes answers are as fast as ever; after a silence workers are woken again."""
    with Line(broker.address) as line, Web(broker.behind(line.port), tmp_path / "heard") as web:
        web.ask("tune", silence=0.5)
        web.ask("take", calls=[text("wamid.before")])
        assert not web.ask("published")["is_away"]
        took = {}
        for name in ("alone", "held"):
            # For longer than wake-ups are held back anyway.
            posted = [text(f"wamid.{name} {n}") for n in range(20)]
            took[name] = web.ask("take", calls=posted, rest=2 * GAP_SECONDS / 20)["seconds"]
            web.ask("published", seconds=0.1)
            line.hold()
        assert sorted(took["held"])[-2] - sorted(took["alone"])[-2] < ALLOWED
        assert web.ask("published", seconds=20)["is_away"]
        line.go_on()
        time.sleep(0.5)
        broker.taken()
        web.ask("take", calls=[text("wamid.after")])
        assert not web.ask("published")["is_away"]
        assert web.said().count(AWAY) == 1
    assert len(broker.taken()) == 1


def test_a_broker_that_is_started_again(broker: Broker, tmp_path: Path) -> None:
    """A connection that was ended meanwhile costs no wake-up: there is a new one at once."""
    with Line(broker.address) as line, Web(broker.behind(line.port), tmp_path / "heard") as web:
        web.ask("take", calls=[text("wamid.A")])
        web.ask("published")
        line.cut()
        web.ask("take", calls=[text("wamid.B")])
        assert not web.ask("published")["is_away"]
    assert len(broker.taken()) == 2


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("kind", ["rabbitmq"])
def test_nothing_is_lost(broker: Broker, tmp_path: Path) -> None:
    """What nobody could be woken for is found by beat, and told once."""
    expected = [f"wamid.{n}" for n in range(20)]
    with Web(broker.behind(refused_port()), tmp_path / "heard") as web:
        answers = web.ask("take", calls=[text(one, at=n) for n, one in enumerate(expected)])
        assert answers["answered"] == ["200 OK"] * 20
    worker = Worker(broker, tmp_path, "-B", "-s", str(tmp_path / "beat"))
    with working(worker):
        until(lambda: Message.objects.exclude(announced_at=None).count() == 20)
    assert_heard(heard(tmp_path / "heard"), expected, at_most=1)
    assert_nothing_left()
