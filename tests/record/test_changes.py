"""Reactions, edits and revokes find the message they are about, and the original stays."""

from itertools import permutations
from typing import Any

import pytest

from django_chakra.models import Conversation, Message
from django_chakra.signals import message_received
from django_chakra.testing import calls
from tests.posting import ANA, START, record, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

TARGET = "wamid.target"


def item(external_id: str, kind: str, part: Any, *, at: int) -> dict[str, Any]:
    """A message of any type of Ana's."""
    return {
        "id": external_id,
        "from": ANA,
        "timestamp": str(START + at),
        "type": kind,
        kind: part,
    }


def edit(n: int, words: str, *, at: int) -> dict[str, Any]:
    """Ana changes her text."""
    inner = {"context": {"id": "M0"}, "type": "text", "text": {"body": words}}
    part = {"original_message_id": TARGET, "message": inner}
    return calls.item_call(item(f"wamid.edit{n}", "edit", part, at=at))


def revoke(*, at: int) -> dict[str, Any]:
    """Ana deletes her text."""
    return calls.item_call(item("wamid.revoke", "revoke", {"original_message_id": TARGET}, at=at))


def reaction(n: int, emoji: str | None, *, at: int) -> dict[str, Any]:
    """Ana reacts, or takes it back."""
    part = {"message_id": TARGET} | ({} if emoji is None else {"emoji": emoji})
    return calls.item_call(item(f"wamid.reaction{n}", "reaction", part, at=at))


def target() -> Message:
    """The message that all changes are about."""
    return Message.objects.get(external_id=TARGET)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_latest_edit_is_read(order: tuple[int, ...], together: bool) -> None:
    """The text is that of the latest edit, in any order, and what was posted first stays."""
    bodies = [text(TARGET, text="frist"), edit(1, "fist", at=10), edit(2, "first", at=20)]
    record(*(bodies[place] for place in order), together=together)

    message = target()
    assert message.text == "first"
    assert message.payload["text"] == {"body": "frist"}
    assert message.edited_at is not None
    assert message.edited_at.timestamp() == START + 20
    assert {change.role for change in message.changes.all()} == {"edit"}
    assert Conversation.objects.get().unread_count == 1


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_fuller_copy_does_not_undo_an_edit(order: tuple[int, ...]) -> None:
    """A copy with more in it replaces the content, and the edit is still what is read."""
    fuller = text(TARGET, text="frist of all")
    fuller["entry"][0]["changes"][0]["value"]["messages"][0]["referral"] = {"source_id": "1"}
    bodies = [text(TARGET, text="frist"), fuller, edit(1, "first", at=10)]
    record(*(bodies[place] for place in order))

    assert target().text == "first"
    assert target().payload["text"]["body"] == "frist of all"


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_what_was_revoked_is_kept_and_marked(order: tuple[int, ...]) -> None:
    """A deleted message keeps its text and says when it was deleted."""
    bodies = [text(TARGET, text="oops"), revoke(at=10)]
    record(*(bodies[place] for place in order))

    assert target().text == "oops"
    revoked_at = target().revoked_at
    assert revoked_at is not None
    assert revoked_at.timestamp() == START + 10


def test_nobody_edits_what_another_one_wrote() -> None:
    """A customer's edit of a message of ours is kept and changes nothing."""
    echo = {
        "id": TARGET,
        "from": calls.DISPLAY_NUMBER,
        "to": ANA,
        "timestamp": str(START),
        "type": "text",
        "text": {"body": "ours"},
    }
    record(
        calls.item_call(echo, field="smb_message_echoes", key="message_echoes"),
        edit(1, "not ours", at=10),
        revoke(at=20),
    )
    message = target()
    assert (message.text, message.edited_at, message.revoked_at) == ("ours", None, None)
    assert message.changes.count() == 2


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_reactions_are_no_bubbles(order: tuple[int, ...]) -> None:
    """Added, changed and removed: each is a row of its own at the message that it is about."""
    bodies = [
        text(TARGET),
        reaction(1, "👍", at=10),
        reaction(2, "🙏", at=20),
        reaction(3, None, at=30),
    ]
    record(*(bodies[place] for place in order))

    changes = target().changes.order_by("sort_at")
    assert [change.text for change in changes] == ["👍", "🙏", ""]
    conversation = Conversation.objects.get()
    assert conversation.last_message == target()
    assert conversation.unread_count == 1


def test_receivers_hear_of_changes_too() -> None:
    """A reaction and an edit are messages: receivers look at the role."""
    heard: list[tuple[str, Any]] = []

    def receiver(message: Message, **rest: Any) -> None:
        heard.append((message.role, message.target and message.target.external_id))

    message_received.connect(receiver)
    try:
        record(reaction(1, "👍", at=10), text(TARGET), edit(1, "x", at=20))
    finally:
        message_received.disconnect(receiver)
    assert heard == [("reaction", None), ("bubble", None), ("edit", TARGET)]
