"""A process ended at every step between the call and the last announcement loses nothing."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from django_chakra.models import Contact, DeliveryStatus, Message, WebhookCall
from django_chakra.testing import calls
from tests.posting import START, status, text

from .guarantees import (
    assert_heard,
    assert_linked,
    assert_not_interleaved,
    assert_nothing_left,
    let_time_pass,
)
from .hearing import heard
from .processes import Child

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
]

MOST_STEPS = 200


class Play(NamedTuple):
    """Calls of one round, and in which order receivers must hear of what is in them."""

    calls: list[dict[str, Any]]
    messages: list[str]
    statuses: list[str]
    order: list[str]
    #: Calls that were processed and announced before the process is stopped.
    before: list[dict[str, Any]] = []


def new_contact(n: int) -> Play:
    """A text of somebody who never wrote before."""
    one = f"wamid.new{n}"
    call = text(one, sender=f"55117{n:08}", name=f"New {n}")
    return Play([call], [one], [], [one])


def known_contact(n: int) -> Play:
    """A text of somebody who wrote in the round before too."""
    one = f"wamid.known{n}"
    return Play([text(one, at=n)], [one], [], [one])


def early_status(n: int) -> Play:
    """A delivery status, and then the message that it is about, each in another format."""
    one = f"wamid.early{n}"
    first = status(one, "delivered", format="chakra", at=n * 10 + 5)
    late = text(one, format="meta", at=n * 10)
    return Play([first, late], [one], [one], [one, f"{one} delivered"])


def batch(n: int) -> Play:
    """One delivery with texts and a status, out of order."""
    one, two = f"wamid.batch{n}a", f"wamid.batch{n}b"
    call = calls.batch_call(
        text(two, at=n * 10 + 4), status(one, "read", at=n * 10 + 2), text(one, at=n * 10)
    )
    return Play([call], [one, two], [one], [one, f"{one} read", two])


def both_formats(n: int) -> Play:
    """The same text twice: first in Chakra's format, which does not name the number."""
    one = f"wamid.both{n}"
    sender = f"55118{n:08}"
    twice = [text(one, format=name, sender=sender) for name in ("chakra", "meta")]
    return Play(twice, [one], [], [one])


def joined(n: int) -> Play:
    """Two who turn out to be one person, and an edit of what one of them wrote."""
    phone, own_id = f"55119{n:08}", f"BR.Joined{n}"
    one, two, three = (f"wamid.joined{n}{letter}" for letter in "abc")
    before = f"{one}0"
    both = text(two, sender=phone, at=n * 10 + 2)
    message = both["entry"][0]["changes"][0]["value"]["messages"][0]
    message["from_user_id"] = own_id
    edit = {"original_message_id": one, "message": {"type": "text", "text": {"body": "changed"}}}
    at = str(START + n * 10 + 3)
    changed = {**message, "id": three, "type": "edit", "edit": edit, "timestamp": at}
    call = calls.batch_call(both, calls.item_call(changed))
    apart = [text(before, sender=phone, at=n * 10 - 1), text(one, sender=own_id, at=n * 10)]
    return Play([call], [two, three, one, before], [], [two, three], apart)


class Rounds:
    """One play, stopped one step later in each round."""

    def __init__(self, play: Any, runner: str, folder: Path, facts: bool = False) -> None:
        self.play, self.runner, self.folder, self.facts = play, runner, folder, facts
        self.log, self.answers = folder / "heard", folder / "answers"
        self.told = 0

    def run(self, stride: int = 1) -> int:
        """Stop before and after each step until there are no more; return how many there were.

        ``stride``: at each second one, each third one, …
        """
        options: dict[str, Any] = {"facts": self.facts}
        with Child(self.log, **options) as self.victim, Child(self.log, **options) as self.rescuer:
            # Once in whole, so that no round begins with a look for what others left.
            first = self.play(0)
            self.victim.ask("post", calls=[*first.before, *first.calls], runner="inline")
            self.told = len(heard(self.log))
            for at in range(1, MOST_STEPS, stride):
                result = self._round(2 * at, at, after=False)
                if result["wrote"]:
                    # Only then it is not the same as before this step.
                    self._round(2 * at + 1, at - 1, after=True)
                if not result["stopped"]:
                    return at
        raise AssertionError("the process never came to its end")

    def _round(self, number: int, at: int, *, after: bool) -> dict[str, Any]:
        play = self.play(number)
        if play.before:
            self.rescuer.ask("post", calls=play.before, runner="inline")
            self.told = len(heard(self.log))
        self.answers.write_text("")
        result = self.victim.ask(
            "stop",
            calls=play.calls,
            runner=self.runner,
            at=at,
            after=after,
            answers=str(self.answers),
            log=str(self.log),
        )
        self._recover(self.rescuer, play)
        self._check(play, result["stopped"])
        return result

    def _recover(self, rescuer: Child, play: Play) -> None:
        """The next worker comes; the platform posts what it had not posted yet."""
        let_time_pass()
        rescuer.ask("work")
        answered = self.answers.read_text().split()
        assert set(answered) <= {"200"}
        ids = [*play.messages, *play.statuses]
        stored = sum(bytes(c.body).decode().count(ids[0]) > 0 for c in WebhookCall.objects.all())
        # What was answered is a row; the call in hand may be one too, without an answer.
        assert len(answered) <= stored <= len(answered) + 1
        if stored < len(play.calls):
            rescuer.ask("post", calls=play.calls[stored:], runner="worker")
            rescuer.ask("work")

    def _check(self, play: Play, stopped: bool) -> None:
        messages = Message.objects.filter(external_id__in=play.messages)
        statuses = DeliveryStatus.objects.filter(external_id__in=play.statuses)
        assert messages.count() == len(play.messages)
        assert statuses.count() == len(play.statuses)
        assert_nothing_left()
        assert_linked()
        hearings = heard(self.log)[self.told :]
        self.told += len(hearings)
        rows = [one for one in hearings if one.conversation]
        assert_heard(rows, play.order, at_most=2 if stopped else 1)
        assert_not_interleaved(rows)
        if self.facts:
            facts = [one.about for one in hearings if not one.conversation]
            assert all(2 <= facts.count(about) <= 4 for about in facts)
            assert len(set(facts)) == len(play.messages) + len(play.statuses)
        # One round's calls must not be taken for another's; their rows may stay.
        WebhookCall.objects.all().delete()


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize(
    ("play", "runner", "stride"),
    [
        (new_contact, "inline", 1),
        (known_contact, "inline", 1),
        (early_status, "worker", 1),
        # Long ones: every step of theirs takes a minute or two.
        (both_formats, "inline", 3),
        (joined, "inline", 5),
        pytest.param(both_formats, "inline", 1, marks=pytest.mark.thorough),
        pytest.param(joined, "inline", 1, marks=pytest.mark.thorough),
    ],
)
def test_a_process_stopped_at_any_step_loses_nothing(
    play: Any, runner: str, stride: int, tmp_path: Path
) -> None:
    """Whatever step a process stops at, what it left is taken up, once, in order."""
    assert Rounds(play, runner, tmp_path).run(stride) > 5
    # Nobody is left over: whoever has no name any more says into whom they went.
    nameless = Contact.objects.filter(identities=None)
    assert not nameless.filter(merged_into=None).exists()


@pytest.mark.databases("postgresql")
def test_a_process_stopped_with_a_batch_loses_none_of_its_facts(tmp_path: Path) -> None:
    """Receivers of every fact hear too of a batch that was in hand when the process stopped."""
    assert Rounds(batch, "inline", tmp_path, facts=True).run() > 5


@pytest.mark.databases("sqlite", "mariadb")
def test_it_is_the_same_on_the_other_databases(tmp_path: Path) -> None:
    """A process stopped at any step loses nothing on SQLite and MariaDB either."""
    assert Rounds(new_contact, "inline", tmp_path).run() > 5
