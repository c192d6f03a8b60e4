"""Who wants no marketing gets none: by their words, by WhatsApp's own switch, by a refusal."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from django.test import override_settings

from django_chakra import send
from django_chakra.exceptions import MarketingStopped
from django_chakra.models import Contact, Conversation, Message
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.replies import meta_error
from tests.posting import ANA, START, process_all, record, status, stored, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

TEMPLATE: dict[str, Any] = {"name": "order_ready", "language": "pt_BR", "body": ["Asha"]}


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(START + seconds, tz=UTC)


def stopped() -> datetime | None:
    return Contact.objects.get(merged_into=None).marketing_stopped_at


@pytest.mark.parametrize("format", ["meta", "chakra"])
@pytest.mark.parametrize(
    "words",
    [
        "stop",
        "STOP",
        "Stop.",
        "  stop \n",
        "¡Stop!",
        "“stop”",
        "unsubscribe",
        "ｓｔｏｐ",
        "🛑 STOP ✋️",
    ],
)
def test_a_word_alone_stops(words: str, format: str) -> None:
    """In any case, with punctuation, blanks and pictures around it; as of the platform's time."""
    record(text("wamid.A", text=words, at=7, format=format))
    assert stopped() == at(7)


@pytest.mark.parametrize(
    "words",
    ["stop it", "nonstop", "stop stop", "don't stop", "st op", "s.t.o.p", "", "🛑", "stop " * 40],
)
def test_a_word_among_others_does_not(words: str) -> None:
    """A sentence is for people to read."""
    record(text("wamid.A", text=words))
    assert stopped() is None


def test_only_their_own_words_count() -> None:
    """Not what we wrote, no reaction, no caption, and not what is said to a group."""
    ours: dict[str, Any] = {
        "from": calls.DISPLAY_NUMBER,
        "to": ANA,
        "id": "wamid.A",
        "type": "text",
    }
    ours |= {"timestamp": str(START), "text": {"body": "stop"}}
    picture: dict[str, Any] = {
        "from": ANA,
        "id": "wamid.B",
        "timestamp": str(START),
        "type": "image",
    }
    picture |= {"image": {"id": "1", "caption": "stop"}}
    group: dict[str, Any] = {"from": ANA, "id": "wamid.C", "timestamp": str(START), "type": "text"}
    group |= {"text": {"body": "stop"}, "group_id": "group-1"}
    record(
        calls.echo_call("meta", ours, by_phone=True),
        *(calls.item_call(item) for item in (picture, group)),
    )
    assert Message.objects.count() == 3
    assert stopped() is None


@override_settings(
    CHAKRA={
        "ACCOUNTS": {"default": {"WEBHOOK_SECRETS": ["test-secret"]}},
        "RUNNER": "worker",
        "STOP_WORDS": ["arrêt", "रोकें"],
        "START_WORDS": [],
    }
)
def test_the_words_are_the_hosts() -> None:
    """In any language and composition; those that are not named mean nothing."""
    for place, (words, expected) in enumerate(
        [("stop", None), ("ARRE\u0302T!", 1), ("start", 1), ("रोकें।", 3), ("रोक", 3)]
    ):
        record(text(f"wamid.{place}", text=words, at=place))
        assert stopped() == (None if expected is None else at(expected)), words


@pytest.mark.parametrize("words", [None, 7, "stop", ["!", 7]])
def test_a_wrong_setting_loses_no_message(words: Any) -> None:
    """What is no list of words stops nobody, and nothing else: a check tells of it."""
    accounts = {"default": {"WEBHOOK_SECRETS": ["test-secret"]}}
    with override_settings(
        CHAKRA={"ACCOUNTS": accounts, "RUNNER": "worker", "STOP_WORDS": words, "START_WORDS": words}
    ):
        record(text("wamid.A", text="s"), text("wamid.B", text="🛑", at=1))
    assert Message.objects.count() == 2
    assert stopped() is None


def test_start_takes_it_back() -> None:
    """The newest word counts by the platform's time, also when it is recorded first."""
    record(text("wamid.B", text="START", at=9), text("wamid.A", text="stop", at=8))
    assert stopped() is None
    record(text("wamid.C", text="stop", at=10))
    assert stopped() == at(10)


def test_whatsapps_own_switch() -> None:
    """A preference is a word like the others."""
    record(calls.body("meta/user_preferences__stop"))
    assert stopped() is not None
    record(calls.body("meta/user_preferences__resume"))
    assert stopped() is None


FACTS: dict[str, Any] = {
    "stop": lambda: text("wamid.A", text="stop", at=10),
    "start": lambda: text("wamid.B", text="start", at=30),
    "ours": lambda: calls.echo_call(
        "meta",
        {
            "from": calls.DISPLAY_NUMBER, "to": ANA, "id": "wamid.O", "type": "text",
            "timestamp": str(START + 20), "text": {"body": "Sale!"},
        },
        by_phone=False,
    ),
    "refused": lambda: status("wamid.O", "failed", at=22, error_code=131050),
    "refused again": lambda: status(
        "wamid.O", "failed", at=21, error_code=131050, format="chakra"
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (["stop", "start", "ours", "refused"], None),
        (["stop", "ours", "refused", "refused again"], 20),
    ],
)
def test_any_order_ends_the_same(facts: list[str], expected: int | None) -> None:
    """A word, its opposite, a message that the platform refused, and its status, as they come.

    A refusal counts as of the message's own time: both copies of its status have others.
    """
    orders = list(permutations(facts))[::6]
    accounts = {f"order-{n}": {"WEBHOOK_SECRETS": ["secret"]} for n in range(len(orders))}
    with override_settings(CHAKRA={"ACCOUNTS": accounts, "RUNNER": "worker"}):
        for account, order in zip(accounts, orders, strict=True):
            for name in order:
                stored(FACTS[name](), account=account)
                process_all()
            contact = Contact.objects.get(account=account)
            wanted = None if expected is None else at(expected)
            assert (order, contact.marketing_stopped_at) == (order, wanted)
            assert contact.marketing_at == at(30 if expected is None else expected)


def test_words_follow_who_is_joined() -> None:
    """Two contacts that turn out to be one: the newest word of both."""
    user_id = "BR.AnaExample1"
    record(text("wamid.A", text="stop", at=5), text("wamid.B", text="start", at=3, sender=user_id))
    both: dict[str, Any] = {"from": ANA, "from_user_id": user_id, "id": "wamid.C", "type": "text"}
    both |= {"timestamp": str(START + 9), "text": {"body": "Me again"}}
    record(calls.item_call(both))
    assert stopped() == at(5)


@pytest.fixture
def ana_stopped(fake: FakeChakra, ana: Conversation) -> Conversation:
    """Ana wrote "stop"."""
    Contact.objects.update(marketing_stopped_at=at(0), marketing_at=at(0))
    return ana


@pytest.mark.parametrize("to", ["conversation", "contact", "message", "number"])
@pytest.mark.parametrize("function", [send.template, send.mapped_template])
def test_marketing_is_refused(
    fake: FakeChakra, ana_stopped: Conversation, function: Any, to: str
) -> None:
    """However they are named, by either endpoint; marketing is what is not said to be other."""
    named = {
        "conversation": ana_stopped,
        "contact": ana_stopped.contact,
        "message": Message.objects.get(),
        "number": "+55 11 98888-7777",
    }[to]
    with pytest.raises(MarketingStopped, match="2023-11-14"):
        function(to=named, **TEMPLATE)
    assert not Message.objects.filter(direction="out").exists()
    for more in {"category": "utility"}, {"category": "authentication"}, {"force": True}:
        message = function(to=named, **TEMPLATE, **more)
        message.refresh_from_db()
        assert message.status == "accepted", message.attempt_log
    assert len(fake.sent) == 3


def test_a_contact_without_conversation_is_asked_too(fake: FakeChakra, chakra_contact: Any) -> None:
    """Nobody has written there yet, and the wish is known."""
    contact = chakra_contact(marketing_stopped_at=at(0), marketing_at=at(0))
    for to in contact, contact.identities.get().value:
        with pytest.raises(MarketingStopped):
            send.template(to=to, **TEMPLATE)
    assert not Conversation.objects.exists()


def test_a_refusal_is_kept(fake: FakeChakra, ana: Conversation) -> None:
    """Answered with 131050, the next marketing is refused here."""
    fake.before.append(lambda request: meta_error(131050, "Opted out", "…"))
    message = send.template(to=ana, **TEMPLATE)
    message.refresh_from_db()
    assert (message.status, message.error_code) == ("failed", 131050)
    assert stopped() == message.sort_at
    with pytest.raises(MarketingStopped):
        send.template(to=ana, **TEMPLATE)


def test_a_status_that_came_before_the_answer_is_kept(
    queued: FakeChakra, ana: Conversation, chakra_post_event: Any
) -> None:
    """Whichever way it finds its message."""
    message = send.template(to=ana, **TEMPLATE)

    def fail_first(taken: Any) -> None:
        chakra_post_event(status(taken.message.wamid, "failed", error_code=131050))

    queued.on_taken.append(fail_first)
    send.run()
    message.refresh_from_db()
    assert (message.status, message.error_code) == ("failed", 131050)
    assert stopped() == message.sort_at


def test_another_failure_says_nothing_of_marketing(
    queued: FakeChakra, ana: Conversation, chakra_post_event: Any
) -> None:
    """Only the platform's code for it does."""
    send.template(to=ana, **TEMPLATE)
    send.run()
    chakra_post_event(status(queued.sent[0].wamid, "failed", error_code=131049))
    assert stopped() is None
