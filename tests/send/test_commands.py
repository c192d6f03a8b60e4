"""``chakra_send`` and the sending half of ``chakra_process``, in this process and as real ones."""

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import OperationalError, connection

from django_chakra import send
from django_chakra.models import Conversation, Message, WebhookCall
from django_chakra.models.fields import DatabaseNow
from django_chakra.send import carriers
from django_chakra.testing.fake import FakeChakra, Misbehaviour, Request
from django_chakra.testing.fake.server import serve
from tests.commands import run, until, working
from tests.posting import stored
from tests.posting import text as posted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def write(
    fake: FakeChakra, count: int, *, campaign: str = "spring", account: str = "default"
) -> Any:
    """Write down a template for so many people; each campaign has its own people."""
    one = next(one for one in fake.state.templates.values() if one.status == "APPROVED")
    people = (f"91{sum(map(ord, campaign + account)):04}{n:06}" for n in range(count))
    given: Any = {"name": one.name, "language": one.language, "body": ["Asha"]}
    return send.template_many(people, campaign=campaign, account=account, **given)


def states(**where: Any) -> dict[str, int]:
    """How many messages of ours stand where."""
    found: dict[str, int] = {}
    rows = Message.objects.filter(direction="out", **where)
    for status in rows.values_list("status", flat=True):
        found[status] = found.get(status, 0) + 1
    return found


def is_message(request: Request) -> bool:
    """Whether this sends one."""
    return request.method == "POST" and request.path.endswith("/messages")


def test_what_was_left_behind_is_sent(queued: FakeChakra) -> None:
    """By several threads, with a summary that says what still waits."""
    write(queued, 12)
    write(queued, 2, campaign="autumn")
    send.pause("autumn")
    assert run("chakra_send", "--threads", "3") == "12 messages left the queue. 2 paused.\n"
    assert len(queued.sent) == 12
    send.resume("autumn")
    assert run("chakra_send") == "2 messages left the queue. Nothing waits.\n"


def test_two_conversations_are_sent_to_at_once(queued: FakeChakra) -> None:
    """While one request waits for its answer, another leaves; one conversation keeps its order."""
    write(queued, 4)
    met = threading.Barrier(2)

    def wait_for_another(request: Request) -> Misbehaviour | None:
        if is_message(request):
            met.wait(10)
        return None

    queued.before.append(wait_for_another)
    run("chakra_send", "--threads", "2")
    assert states() == {"accepted": 4}


def test_many_messages_of_one_conversation_leave_in_order(
    queued: FakeChakra, ana: Conversation
) -> None:
    """Four threads, one at a time."""
    said = [f"Line {n}" for n in range(8)]
    for body in said:
        send.text(to=ana, body=body)
    assert run("chakra_send").startswith("8 messages")
    assert [one.text for one in queued.sent] == said


def test_what_has_to_wait_is_not_waited_for(queued: FakeChakra) -> None:
    """Once: a message that is to be tried again later stays, and is said."""
    write(queued, 1)
    queued.before.append(lambda request: Misbehaviour.unreachable())
    assert run("chakra_send") == "0 messages left the queue. 1 queued.\n"


def test_one_account_is_sent_for(queued: FakeChakra) -> None:
    """The others' messages stay where they are."""
    write(queued, 2)
    write(queued, 3, account="other")
    assert run("chakra_send", "--account", "other").startswith("3 messages")
    assert states(account="default") == {"queued": 2}


def test_a_campaign_is_paused_shown_and_resumed(queued: FakeChakra) -> None:
    """By its name."""
    write(queued, 2)
    assert run("chakra_send", "--campaign", "spring", "--pause") == "2 messages are paused.\n"
    assert run("chakra_send", "--campaign", "spring", "--status") == "paused. 2 paused.\n"
    said = run("chakra_send", "--campaign", "spring", "--resume")
    assert said == "2 messages wait to be sent.\n"
    queued.token = "revoked"
    run("chakra_send", "--threads", "1")
    said = run("chakra_send", "--campaign", "spring", "--status")
    assert re.fullmatch(r"stopped by the platform \(.+\)\. 1 paused, 1 failed\.\n", said), said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--threads", "0"], "at least 1"),
        (["--account", "nobody"], "no account named"),
        (["--campaign", "spring"], "needs --pause"),
        (["--pause"], "needs --pause"),
        (["--campaign", "autumn", "--status"], "no campaign"),
    ],
)
def test_what_makes_no_sense_is_said(queued: FakeChakra, arguments: list[str], said: str) -> None:
    """With nothing done."""
    with pytest.raises(CommandError, match=said):
        run("chakra_send", *arguments)


def test_the_signals_are_given_back(queued: FakeChakra) -> None:
    """A host that calls the command keeps its own way to stop, and may call it from a thread."""
    before = signal.getsignal(signal.SIGTERM)
    write(queued, 1)
    run("chakra_send")
    assert signal.getsignal(signal.SIGTERM) is before
    said: list[str] = []
    thread = threading.Thread(target=in_thread, args=(said,))
    thread.start()
    thread.join()
    assert said == ["0 messages left the queue. Nothing waits.\n"]


def in_thread(said: list[str]) -> None:
    """Run the command, and close what it opened."""
    try:
        said.append(run("chakra_send"))
    finally:
        connection.close()


def test_processing_once_sends_at_the_end(queued: FakeChakra) -> None:
    """What waits, unless it is told not to."""
    write(queued, 2)
    assert "message" not in run("chakra_process", "--no-send")
    assert states() == {"queued": 2}
    assert "2 messages left the queue." in run("chakra_process")
    assert states() == {"accepted": 2}


def test_a_database_that_was_away_is_asked_again(
    queued: FakeChakra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stays says so and goes on; who does not, fails."""
    monkeypatch.setattr(carriers, "AWAY_SECONDS", 0.01)
    write(queued, 1)
    stop, said = threading.Event(), list[str]()

    def away(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "django_chakra_message" in sql and not said:
            raise OperationalError("gone")
        return execute(sql, params, many, context)

    worker = carriers.Carriers(
        2,
        stop=stop,
        poll=0.05,
        progress=lambda left: stop.set() if left else None,
        away=lambda error: said.append(type(error).__name__),
    )
    with connection.execute_wrapper(away), pytest.raises(OperationalError):
        worker.run(stay=False)
    with connection.execute_wrapper(away):
        assert worker.run(stay=True) == 1
    assert (said, states()) == (["OperationalError"], {"accepted": 1})


# As real processes, which talk with the fake over HTTP.


@contextmanager
def at_work(fake: FakeChakra, log: Path, *arguments: str) -> Iterator[None]:
    """The command as a process that sends to this platform."""
    with serve(fake) as url, working(log, *arguments, BASE_URL=url, READ_TIMEOUT=30):
        yield


@pytest.mark.processes
def test_a_slow_platform_never_delays_what_comes_in(queued: FakeChakra, tmp_path: Path) -> None:
    """The worker sends, and takes a call while a request waits for its answer."""
    let = threading.Event()

    def hold(request: Request) -> Misbehaviour | None:
        if is_message(request):
            let.wait(20)
        return None

    queued.before.append(hold)
    with at_work(queued, tmp_path / "heard", "chakra_process", "--watch"):
        write(queued, 1)
        until(lambda: states() == {"sending": 1})
        call = stored(posted("wamid.A"), secret=queued.secret)
        took = until(lambda: WebhookCall.objects.get(pk=call.pk).state == "processed")
        assert states() == {"sending": 1}
        assert took < 5
        let.set()
        until(lambda: states() == {"accepted": 1})


@pytest.mark.processes
def test_sigterm_lets_a_sender_finish_what_is_in_hand(queued: FakeChakra, tmp_path: Path) -> None:
    """The message on its way gets its end; no other is begun."""
    write(queued, 6)
    asked = threading.Event()

    def slowly(request: Request) -> Misbehaviour | None:
        if not is_message(request):
            return None
        asked.set()
        return Misbehaviour.slow(1.0)

    queued.before.append(slowly)
    arguments = ("chakra_send", "--watch", "--threads", "2")
    with at_work(queued, tmp_path / "heard", *arguments):
        assert asked.wait(20)
    found = states()
    assert found.keys() == {"accepted", "queued"}
    assert found["accepted"] == len(queued.sent) < 6


@pytest.mark.processes
def test_who_processes_without_sending_leaves_messages(queued: FakeChakra, tmp_path: Path) -> None:
    """``--no-send``: calls are processed, and messages are for chakra_send."""
    write(queued, 1)
    arguments = ("chakra_process", "--watch", "--no-send")
    with at_work(queued, tmp_path / "heard", *arguments):
        call = stored(posted("wamid.A"), secret=queued.secret)
        until(lambda: WebhookCall.objects.get(pk=call.pk).state == "processed")
    assert states() == {"queued": 1}


def test_what_a_stopped_sender_left_is_marked(queued: FakeChakra) -> None:
    """A message whose sender was killed has an unknown end, and is not sent again."""
    write(queued, 1)
    message = Message.objects.get()
    assert send.claim(message.conversation_id) is not None
    Message.objects.update(claimed_until=DatabaseNow())
    assert run("chakra_send") == "0 messages left the queue. 1 unknown.\n"
    assert queued.sent == []
