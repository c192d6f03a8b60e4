"""A receiver that ends its process is found out: it is told so often, and holds nobody up."""

import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from django_chakra import process
from django_chakra.models import (
    Conversation,
    FailureState,
    Message,
    ReceiverFailure,
    WebhookCall,
)
from django_chakra.models.fields import DatabaseNow
from django_chakra.testing import calls
from tests.posting import ANA, BRUNO, stored, text

from .guarantees import (
    assert_heard,
    assert_not_interleaved,
    assert_nothing_held,
    assert_nothing_left,
    let_time_pass,
)
from .hearing import NAMES, Heard, count, heard
from .processes import Child, environment, start

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases,
    pytest.mark.processes,
]

ATTEMPTS = 3
LIMIT = ATTEMPTS + 1
"""Told as usual, with care, and so often again as attempts are left."""
IDS = [f"wamid.{n}" for n in range(4)]
OTHERS = ["wamid.b0", "wamid.b1"]
MOST_ROUNDS, MOST_STEPS = 40, 150


def child(log: Path, *, facts: bool = False, **killer: Any) -> Child:
    """A process with three receivers, of which the second one ends it."""
    told = "event_received" if facts else "message_received"
    killer = {"signal": told, "about": IDS[1], **killer}
    return Child(log, facts=facts, killer=killer, chakra={"RECEIVER_MAX_ATTEMPTS": ATTEMPTS})


def rounds(*children: Child) -> int:
    """Let them work side by side, again and again while any of them is ended; how many were."""
    total = 0
    for _ in range(MOST_ROUNDS):
        for one in children:
            one.tell("mortal")
        ended = sum(one.answer()["ended"] for one in children)
        let_time_pass()
        if not ended:
            return total
        total += ended
    raise AssertionError("it never comes to an end")


def store_messages() -> None:
    """Two conversations with messages that are due."""
    for n, external_id in enumerate(IDS):
        stored(text(external_id, sender=ANA, at=n))
    for n, external_id in enumerate(OTHERS):
        stored(text(external_id, sender=BRUNO, at=n))


def assert_given_up() -> None:
    """The failure says what became of the receiver, and is all that is left."""
    failure = ReceiverFailure.objects.get()
    assert (failure.receiver, failure.state) == ("killer", FailureState.GIVEN_UP)
    assert (failure.attempts, failure.next_attempt_at) == (ATTEMPTS, None)
    assert "process ended" in failure.error
    failure.delete()
    assert_nothing_left()
    assert_nothing_held()


def of(hearings: list[Heard], ids: list[str]) -> list[Heard]:
    """What was said of these messages."""
    return [one for one in hearings if one.about in ids]


@pytest.mark.parametrize("workers", [1, 2])
def test_it_is_told_so_often_and_given_up(tmp_path: Path, workers: int) -> None:
    """Others hear all in order, also of other conversations, whoever of several workers tells."""
    log = tmp_path / "heard"
    store_messages()
    with child(log) as one, child(log) as two:
        assert rounds(*[one, two][:workers]) == LIMIT
        stored(text("wamid.late", sender=ANA, at=9))
        assert rounds(one) == 0
    hearings = heard(log)
    assert count(log, "killer", IDS[1]) == LIMIT
    assert_heard(of(hearings, [*IDS, "wamid.late"]), [*IDS, "wamid.late"], at_most=3)
    assert_heard(of(hearings, OTHERS), OTHERS, at_most=2)
    assert_heard(of(hearings, ["wamid.late"]), ["wamid.late"], at_most=1)
    assert_not_interleaved(hearings)
    # It hears of all that does not end it, too.
    assert {one.about for one in hearings if one.receiver == "killer"} == {
        *IDS,
        *OTHERS,
        "wamid.late",
    }
    assert_given_up()


def test_what_follows_is_told_before_it_is_given_up(tmp_path: Path) -> None:
    """After the second time the conversation goes on; only that receiver still has to hear."""
    log = tmp_path / "heard"
    store_messages()
    with child(log) as one:
        for _ in range(2):
            assert one.ask("mortal")["ended"]
            held = Conversation.objects.filter(announcing_until__isnull=False)
            held.update(announcing_until=DatabaseNow() - timedelta(hours=1))
        assert not one.ask("mortal")["ended"], "the retry has still to wait"
    assert_heard(of(heard(log), IDS), IDS, at_most=3)
    failure = ReceiverFailure.objects.get()
    assert (failure.state, failure.attempts) == (FailureState.WAITING, 1)
    assert not Message.objects.filter(announced_at=None).exists()
    assert_nothing_held()


def test_one_that_ends_its_process_on_every_message(tmp_path: Path) -> None:
    """Each message has its own limit, and the others hear of all of them in order."""
    log = tmp_path / "heard"
    store_messages()
    with child(log, about="wamid") as one:
        # The first one once as usual, and each of them with care and again.
        assert rounds(one) == 1 + ATTEMPTS * len(IDS + OTHERS)
    assert_heard(of(heard(log), IDS), IDS, at_most=3)
    given_up = ReceiverFailure.objects.filter(state=FailureState.GIVEN_UP, receiver="killer")
    assert given_up.count() == len(IDS + OTHERS)


@pytest.mark.parametrize("about", ["wamid.1", "wamid"])
def test_the_same_with_facts(tmp_path: Path, about: str) -> None:
    """One that ends its process on a fact, or on all of a call, is given up; others hear all."""
    log = tmp_path / "heard"
    stored(calls.batch_call(*(text(one, at=n) for n, one in enumerate(IDS))))
    with child(log, facts=True, about=about) as one:
        assert rounds(one) <= LIMIT * len(IDS)
    facts = [one for one in heard(log) if not one.conversation]
    wanted = [f"call {WebhookCall.objects.get().pk} message.text {one}" for one in IDS]
    assert_heard(facts, wanted, at_most=3)
    ends = [one for one in wanted if about in one]
    assert max(count(log, "killer", one) for one in ends) <= LIMIT
    failures = ReceiverFailure.objects.filter(state=FailureState.GIVEN_UP, receiver="killer")
    assert failures.count() == len(ends)
    failures.delete()
    assert_nothing_left()


def test_one_that_does_so_when_it_hears_again(tmp_path: Path) -> None:
    """A retry that ends its process counts; nobody else is told again for it."""
    log = tmp_path / "heard"
    store_messages()
    with child(log, raises=1) as one:
        assert not one.ask("mortal")["ended"]
        let_time_pass()
        assert rounds(one) == ATTEMPTS - 1
    assert count(log, "killer", IDS[1]) == ATTEMPTS
    assert_heard(of(heard(log), IDS), IDS, at_most=1)
    assert "not this time" in ReceiverFailure.objects.get().error
    assert_given_up()


def test_one_that_is_renamed_in_between(tmp_path: Path) -> None:
    """Under its new name it hears of the message; the old one is shown as orphaned."""
    log = tmp_path / "heard"
    store_messages()
    with child(log) as one:
        for _ in range(2):
            assert one.ask("mortal")["ended"]
            let_time_pass()
    with child(log, name="mended", about="") as mended:
        assert not mended.ask("mortal")["ended"]
    mended_heard = [one.about for one in of(heard(log), IDS) if one.receiver == "mended"]
    assert mended_heard == IDS[1:], "the first one was stamped before"
    failure = ReceiverFailure.objects.get()
    assert (failure.receiver, failure.state) == ("killer", FailureState.ORPHANED)
    failure.delete()
    assert_nothing_left()


def leave_messages(n: int) -> list[str]:
    """Messages of a conversation whose holder fell silent."""
    ids = [f"wamid.{n}{letter}" for letter in "ab"]
    stored(calls.batch_call(*(text(one, at=n * 10 + place) for place, one in enumerate(ids))))
    process.run()
    past = DatabaseNow() - timedelta(hours=1)
    due = {"announce_at": past, "announced_at": None}
    assert Message.objects.filter(external_id__in=ids).update(**due) == len(ids)
    Conversation.objects.update(announcing_by="the silent", announcing_until=past)
    return ids


def leave_facts(n: int) -> list[str]:
    """Facts of a call whose worker fell silent."""
    ids = [f"wamid.{n}{letter}" for letter in "ab"]
    call = stored(calls.batch_call(*(text(one, at=n * 10) for one in ids)))
    process.run()
    past = DatabaseNow() - timedelta(hours=1)
    claim = {"claimed_by": "the silent", "claimed_until": past}
    WebhookCall.objects.filter(pk=call.pk).update(announce_at=past, announced_at=None, **claim)
    return [f"call {call.pk} message.text {one}" for one in ids]


@pytest.mark.parametrize("how", [[], ["--watch"]])
def test_what_was_left_is_told_before_what_is_new(how: list[str], tmp_path: Path) -> None:
    """Else something new that ends each process could keep it waiting for ever."""
    log = tmp_path / "heard"
    ids = leave_messages(0)
    stored(text("wamid.deadly", sender=BRUNO))
    env = environment(log, killer={"signal": "message_received", "about": "deadly"})
    with start("django", "chakra_process", *how, env=env) as worker:
        try:
            assert worker.wait(60) == -signal.SIGKILL
        finally:
            worker.kill()
    assert_heard(of(heard(log), ids), ids, at_most=1)
    assert count(log, "killer", "wamid.deadly") == 1


@pytest.mark.parametrize(
    ("leave", "stride"),
    [
        (leave_messages, 3),
        pytest.param(leave_facts, 3, marks=pytest.mark.databases("postgresql")),
        pytest.param(leave_messages, 1, marks=pytest.mark.thorough),
        pytest.param(leave_facts, 1, marks=pytest.mark.thorough),
    ],
)
def test_a_process_stopped_at_any_step_of_the_second_round(
    leave: Callable[[int], list[str]], stride: int, tmp_path: Path
) -> None:
    """Whatever step it stops at, everybody hears of everything, and no failure is left."""
    log, answers = tmp_path / "heard", tmp_path / "answers"
    facts = leave is leave_facts

    def stop(at: int, *, after: bool, n: int) -> dict[str, Any]:
        told, ids = len(heard(log)), leave(n)
        stopped = victim.ask(
            "stop",
            calls=[],
            runner="worker",
            at=at,
            after=after,
            answers=str(answers),
            log=str(log),
        )
        for _ in range(2):
            let_time_pass()
            rescuer.ask("work")
        assert_nothing_left()
        hearings = heard(log)[told:]
        for receiver in NAMES:
            for about in ids:
                times = [(one.receiver, one.about) for one in hearings].count((receiver, about))
                assert 1 <= times <= (3 if stopped["stopped"] else 1), (at, receiver, about)
        WebhookCall.objects.all().delete()
        return stopped

    with Child(log, facts=facts) as victim, Child(log, facts=facts) as rescuer:
        for at in range(1, MOST_STEPS, stride):
            result = stop(at, after=False, n=2 * at)
            if result["wrote"]:
                # Only then it is not the same as before this step.
                stop(at - 1, after=True, n=2 * at + 1)
            if not result["stopped"]:
                break
    assert 20 < at < MOST_STEPS - stride
