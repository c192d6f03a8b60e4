"""Statuses, echoes and the answer to the request, in any order and any number of times."""

from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from django_chakra import send
from django_chakra.models import ContactIdentity, Conversation, DeliveryStatus, Message, WebhookCall
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra, Misbehaviour, Taken
from django_chakra.testing.site import Poster

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

ANA = "5511988887777"
WORDS = ("sent", "delivered", "read")
#: What differs by the way things came: keys, when we heard of it, what our attempts were.
LEFT_OUT = ("id", "call_id", "received_at", "attempt_log", "conversation_id", "message_id",
            "announced_at", "sort_at", "last_message_id", "changed_at", "version", "key",
            "announcing_version", "payload", "last_at", "last_inbound_at")  # fmt: skip

NAMES = ("external_id", "chakra_id")


def fact(name: str, taken: Taken) -> dict[str, Any]:
    """One of the calls that follow a message, at times that do not depend on when it is posted."""
    message, at = taken.message, int(taken.message.accepted_at)
    kind, _, format = name.partition(" ")
    if kind == "echo":
        item = {"from": calls.DISPLAY_NUMBER, "to": ANA, "id": message.wamid, "type": "text",
                "timestamp": str(at), "text": {"body": "Hi"}}  # fmt: skip
        return calls.echo_call(format, item, by_phone=False)
    data: Any = {"callback_data": message.callback_data} if format == "meta" else {}
    time = at + WORDS.index(kind)
    return calls.status_call(
        format, external_id=message.wamid, status=kind, timestamp=time, recipient=ANA, **data
    )


def tables() -> list[Any]:
    """All that is known of it but the time at which it happened, counted from its beginning."""
    ours = Message.objects.get(direction="out")
    began = ours.occurred_at or ours.sent_at
    found: list[Any] = []
    for model in (Message, DeliveryStatus, Conversation):
        rows: Any = model._default_manager.all()
        if model is Message:
            rows = rows.filter(direction="out")
        for row in rows.order_by("pk"):
            found.append({name: _since(value, began) for name, value in row.__dict__.items()
                          if name not in LEFT_OUT and not name.startswith("_")})  # fmt: skip
    return sorted(found, key=str)


def _since(value: Any, began: Any) -> Any:
    is_time = hasattr(value, "timestamp") and began is not None
    return round((value - began).total_seconds()) if is_time else value


FACTS = [f"{word} {format}" for word in (*WORDS, "echo") for format in ("chakra", "meta")]


@pytest.mark.parametrize("answered", [True, False])
def test_any_order_ends_in_the_same_row(
    answered: bool, queued: FakeChakra, ana: Conversation, chakra_post_event: Poster
) -> None:
    """Also where the answer is lost: then the callback data of Meta's statuses names the row."""

    def play(before: list[str], after: list[str]) -> list[Any]:
        took: list[Taken] = []

        def tell(taken: Taken) -> None:
            took.append(taken)
            for name in before:
                chakra_post_event(fact(name, taken))

        queued.on_taken[:] = [tell]
        if not answered:
            queued.before[:] = [lambda request: Misbehaviour.silent(taken=True)]
        message = send.text(to=ana, body="Hi")
        send.run()
        for name in after:
            chakra_post_event(fact(name, took[0]))
        # Of each turn its own; what matters is that they are there.
        found = [
            {key: bool(value) if key in NAMES else value for key, value in row.items()}
            for row in tables()
        ]
        assert Message.objects.get(direction="out") == message
        DeliveryStatus.objects.all().delete()
        Conversation.objects.update(last_message=None)
        Message.objects.filter(direction="out").delete()
        WebhookCall.objects.all().delete()
        return found

    expected = play([], FACTS)
    assert ContactIdentity.objects.count() == 1
    assert [row["status"] for row in expected if "attempts" in row] == ["read"]

    # To shrink an example would take minutes; the order in which it failed says enough.
    @settings(max_examples=4, phases=[Phase.explicit, Phase.reuse, Phase.generate])
    @given(st.permutations(FACTS), st.lists(st.sampled_from(FACTS), max_size=3), st.integers(0, 8))
    def check(order: list[str], again: list[str], place: int) -> None:
        assert play(order[:place], [*order[place:], *again]) == expected

    check()
