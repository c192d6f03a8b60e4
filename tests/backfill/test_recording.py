"""What is found in the lists, how it is told, and what it never does."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_chakra import process, send
from django_chakra.backfill import Scope
from django_chakra.exceptions import NumberNeeded
from django_chakra.models import (
    Backfill,
    BusinessNumber,
    Contact,
    Conversation,
    DeliveryStatus,
    MediaFile,
    Message,
)
from django_chakra.testing import calls
from django_chakra.testing.fake import Clock, FakeChakra, Misbehaviour, Reply, Taken
from tests.posting import process_all
from tests.tables import tables

from .asking import ANA, BRUNO, DEFAULT, ask, listening, posted, said, texts, wrote

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

DAY = 24 * 3600


def test_young_ones_are_told_as_received_and_old_ones_as_imported(chakra_fake: FakeChakra) -> None:
    """By LATE_AFTER, ours as echoes; each once, and flagged."""
    wrote(chakra_fake, ANA, "old", ago=DAY + 60)
    wrote(chakra_fake, ANA, "young", ago=DAY - 60)
    said(chakra_fake, ANA, "our old", ago=DAY + 50)
    said(chakra_fake, ANA, "our young", ago=50, status="READ")
    with listening() as heard:
        row = ask()
        ask()
        process.sweep()
    assert heard == [
        ("message_imported", "old"),
        ("message_imported", "our old"),
        ("message_received", "young"),
        ("message_echoed", "our young"),
        ("message_read", "our young"),
    ]
    assert (row.missed, row.missed_statuses, row.seen, row.chats) == (4, 1, 4, 1)
    assert not Message.objects.exclude(source="backfill", call=None).exists()
    assert not Message.objects.filter(announced_at=None).exists()


def test_conversations_show_them(chakra_fake: FakeChakra) -> None:
    """Unread, in their order, and the window is open: as if the webhook had brought them."""
    wrote(chakra_fake, ANA, "one", ago=3000)
    said(chakra_fake, ANA, "two", ago=2000)
    wrote(chakra_fake, ANA, "three", ago=1000)
    ask()
    conversation = Conversation.objects.get()
    assert (conversation.unread_count, conversation.window_open) == (2, True)
    assert conversation.last_message == Message.objects.get(text="three")
    assert conversation.last_human_reply_at == Message.objects.get(text="two").sort_at
    assert texts() == ["one", "two", "three"]


def test_what_is_older_is_left_out(chakra_fake: FakeChakra) -> None:
    """By --since; but the tick of one that we have is news all the same."""
    known = wrote(chakra_fake, ANA, "before", ago=3 * DAY)
    wrote(chakra_fake, ANA, "after", ago=DAY)
    row = ask()
    assert (texts(), row.missed) == (["after"], 1)
    ask(since=timezone.now() - timedelta(days=9))
    assert Message.objects.filter(external_id=known).exists()


def test_kinds_of_messages(chakra_fake: FakeChakra) -> None:
    """Media with the file that is to be had, quotes, reactions, and what nobody knows."""
    first = wrote(chakra_fake, ANA, "Which?", ago=900)
    image = {"id": "900000000000001", "mime_type": "image/jpeg", "caption": "this one"}
    wrote(chakra_fake, ANA, image, kind="image", ago=800, text="this one")
    said(chakra_fake, ANA, "That one", ago=700, reply_to=first)
    emoji = {"message_id": first, "emoji": "👍"}
    said(chakra_fake, ANA, emoji, kind="reaction", ago=600)
    wrote(chakra_fake, ANA, {"deep": [1]}, kind="hologram", ago=500, text="a hologram")
    ask()
    kinds = Message.objects.order_by("sort_at").values_list("kind", "role", "text", "direction")
    assert list(kinds) == [
        ("text", "bubble", "Which?", "in"),
        ("image", "bubble", "this one", "in"),
        ("text", "bubble", "That one", "out"),
        ("reaction", "reaction", "👍", "out"),
        ("hologram", "bubble", "a hologram", "in"),
    ]
    target = Message.objects.get(external_id=first)
    assert Message.objects.get(text="That one").reply_to == target
    assert Message.objects.get(kind="reaction").target == target
    assert MediaFile.objects.get().media_id == "900000000000001"


def test_dry_run_writes_nothing(chakra_fake: FakeChakra) -> None:
    """It counts, and nobody is told."""
    wrote(chakra_fake, ANA, "hello")
    said(chakra_fake, BRUNO, "hi", status="READ")
    with listening() as heard:
        row = ask(dry=True)
    assert (row.missed, row.missed_statuses, row.chats) == (2, 1, 2)
    assert heard == []
    assert not any(tables("default").values())
    assert not Backfill.objects.exists()


def text_of(fake: FakeChakra, wamid: str, format: str = "meta") -> dict[str, Any]:
    message = fake.state.messages[wamid]
    return calls.text_call(
        format, external_id=wamid, sender=message.to, text=str(message.text), name="Ana",
        timestamp=int(message.accepted_at), chakra_id=message.chakra_id,
    )  # fmt: skip


def tick_of(fake: FakeChakra, wamid: str, word: str, format: str = "meta") -> dict[str, Any]:
    message = fake.state.messages[wamid]
    return calls.status_call(
        format, external_id=wamid, status=word, timestamp=int(message.accepted_at) + 9,
        recipient=message.to, chakra_id=message.chakra_id,
    )  # fmt: skip


@pytest.mark.parametrize("format", ["meta", "chakra"])
def test_webhooks_that_come_late_or_meanwhile(
    chakra_fake: FakeChakra, chakra_clock: Clock, format: str
) -> None:
    """Whoever brings them first: the rows are the same, the webhook's copy stays, each is told
    once."""
    heard: dict[str, list[tuple[str, str]]] = {}
    chakra_clock.set(chakra_clock.now())
    for account in ("default", "other"):
        fake = FakeChakra(seed=3, clock=chakra_fake.clock)
        fake.lists_numbers = format == "meta"
        chakra_fake.state, chakra_fake.lists_numbers = fake.state, fake.lists_numbers
        name = wrote(fake, ANA, "hello", ago=120.5)
        ours = said(fake, ANA, "there", ago=100, status="DELIVERED", updated_at=fake.clock.now())
        posts = [text_of(fake, name, format), tick_of(fake, ours, "delivered", format)]
        with listening() as told:
            if account == "default":
                ask(Scope(account=account))
            for post in posts:
                posted(post, account)
            if account == "other":
                ask(Scope(account=account))
            process_all()
        heard[account] = sorted(told)
    assert heard["default"] == heard["other"]
    assert len(heard["default"]) == len(set(heard["default"])) == 3
    one, other = tables("default"), tables("other")
    assert len(one["Message"]) == 2
    assert one == other
    assert "listed" not in Message.objects.get(account="default", direction="in").payload
    assert "listed" not in DeliveryStatus.objects.get(account="default").payload


def test_a_copy_that_said_nothing_is_improved(chakra_fake: FakeChakra) -> None:
    """Where a webhook could not say what it is, the list may; a webhook that can says it last."""
    name = wrote(chakra_fake, ANA, "hello", ago=100)
    item = {"from": ANA, "id": name, "timestamp": str(int(chakra_fake.clock.now()) - 100)}
    gap = {**item, "type": "unsupported", "errors": [{"code": 131051, "title": "Unsupported"}]}
    posted(calls.message_call("meta", gap))
    row = ask()
    assert (texts(), row.missed) == (["hello"], 0)
    whole = {**item, "type": "text", "text": {"body": "hello, whole"}}
    posted(calls.message_call("meta", whole))
    ask()
    assert texts() == ["hello, whole"]


def test_a_list_never_worsens_a_row(chakra_fake: FakeChakra) -> None:
    """Nothing changes where webhooks brought all of it, however little the list says."""
    name = wrote(chakra_fake, ANA, "hello", ago=100)
    posted(text_of(chakra_fake, name, "chakra"))
    ours = said(chakra_fake, ANA, "there", ago=100, status="SENT")
    posted(tick_of(chakra_fake, ours, "read"))
    chakra_fake.state.messages[name].body = None
    chakra_fake.state.messages[name].text = "something longer than what it was"
    before = tables("default")["Message"], DeliveryStatus.objects.count()
    row = ask()
    assert (row.missed, row.missed_statuses) == (1, 1)  # ours, and that it was sent
    assert [one for one in tables("default")["Message"] if one["direction"] == "in"] == before[0]
    assert Message.objects.get(direction="out").status == "read"


def test_statuses_of_what_we_sent(chakra_fake: FakeChakra) -> None:
    """The list's word counts as heard, a lower or known one does not."""
    name = wrote(chakra_fake, ANA, "hello")
    posted(text_of(chakra_fake, name))
    message = send.text(to=Conversation.objects.get(), body="Hi")
    send.run()
    [taken] = chakra_fake.sent
    words = {}
    for word in ("ACCEPTED", "SENT", "READ", "DELIVERED", "GLORIOUS"):
        taken.status = word
        with listening() as heard:
            row = ask()
        message.refresh_from_db()
        words[word] = (message.status, row.missed_statuses, [name for name, _ in heard])
    assert words == {
        "ACCEPTED": ("accepted", 0, []),
        "SENT": ("sent", 1, ["message_sent"]),
        "READ": ("read", 1, ["message_read"]),
        "DELIVERED": ("read", 0, []),
        "GLORIOUS": ("read", 0, []),
    }


def test_the_time_of_a_tick(chakra_fake: FakeChakra) -> None:
    """When the entry last changed; where it never did, none until a webhook names it."""
    now = int(chakra_fake.clock.now())
    changed = said(chakra_fake, ANA, "one", status="READ", updated_at=now - 5, ago=60)
    unchanged = said(chakra_fake, ANA, "two", status="DELIVERED", ago=60)
    ask()
    one, two = (Message.objects.get(external_id=name) for name in (changed, unchanged))
    assert one.read_at is not None
    assert (int(one.read_at.timestamp()), two.delivered_at) == (now - 5, None)
    posted(tick_of(chakra_fake, unchanged, "delivered"))
    two.refresh_from_db()
    assert two.delivered_at is not None


def lost(fake: FakeChakra, body: str) -> Message:
    """A message whose answer was lost."""
    fake.before.append(lambda request: Misbehaviour.cut(taken=True))
    message = send.text(to=Conversation.objects.get(), body=body)
    send.run()
    fake.before.clear()
    message.refresh_from_db()
    assert message.status == "unknown"
    return message


def test_unknown_ends_are_found(chakra_fake: FakeChakra) -> None:
    """Ours get their names and are nobody's echo; what does not fit stays unknown."""
    posted(text_of(chakra_fake, wrote(chakra_fake, ANA, "hello")))
    found, also = lost(chakra_fake, "First"), lost(chakra_fake, "Second")
    chakra_fake.sent[0].status = "DELIVERED"
    never = lost(chakra_fake, "Third")
    del chakra_fake.state.messages[chakra_fake.sent[2].wamid]
    with listening() as heard:
        row = ask()
    for message in (found, also, never):
        message.refresh_from_db()
    assert (found.status, also.status, never.status) == ("delivered", "accepted", "unknown")
    assert (found.resolution, row.resolved, row.missed) == ("check", 2, 0)
    assert heard == [("message_delivered", "First")]


def test_two_that_would_fit_stay_unknown(chakra_fake: FakeChakra) -> None:
    """As everywhere: it says so, and the other one is told as an echo."""
    posted(text_of(chakra_fake, wrote(chakra_fake, ANA, "hello")))
    message = lost(chakra_fake, "Hi")
    said(chakra_fake, ANA, "Hi", ago=0)
    row = ask()
    message.refresh_from_db()
    assert (message.status, message.resolution, row.resolved) == ("unknown", "ambiguous", 0)
    assert row.missed == 2


def test_one_on_its_way(chakra_fake: FakeChakra) -> None:
    """What the list shows before our request is answered is told once it is known whose it is."""
    posted(text_of(chakra_fake, wrote(chakra_fake, ANA, "hello")))

    def meanwhile(taken: Taken) -> None:
        ask()

    chakra_fake.on_taken.append(meanwhile)
    with listening() as heard:
        message = send.text(to=Conversation.objects.get(), body="Hi")
        send.run()
        ask()
        process.sweep()
    message.refresh_from_db()
    [row] = Message.objects.filter(direction="out")
    assert (row, message.status, message.resolution) == (message, "accepted", "answer")
    assert heard == []


def test_known_by_chakras_id_alone(chakra_fake: FakeChakra) -> None:
    """A message of ours that WhatsApp had not named is not doubled: it learns its name."""
    posted(text_of(chakra_fake, wrote(chakra_fake, ANA, "hello")))
    message = send.text(to=Conversation.objects.get(), body="Hi")
    send.run()
    [taken] = chakra_fake.sent
    nameless = Message.objects.filter(pk=message.pk)
    nameless.update(external_id=None, chakra_id=taken.chakra_id)
    row = ask()
    message.refresh_from_db()
    assert (message.external_id, row.missed) == (taken.wamid, 0)
    assert Message.objects.filter(direction="out").count() == 1


def test_one_conversation(chakra_fake: FakeChakra) -> None:
    """Only the lists of its customer are asked for, by number."""
    posted(text_of(chakra_fake, wrote(chakra_fake, ANA, "hello")))
    wrote(chakra_fake, ANA, "anybody?")
    wrote(chakra_fake, BRUNO, "me too")
    asked: list[str] = []
    chakra_fake.before.append(lambda request: asked.append(request.path))
    conversation = Conversation.objects.get()
    row = ask(Scope(account="default", conversation=conversation.pk))
    assert (row.missed, row.scope) == (1, {"conversation": conversation.pk})
    assert asked == ["/v1/ext/plugin/whatsapp/list-chat-messages-for-phone-number"]
    assert "anybody?" in texts()
    assert "me too" not in texts()


def test_a_conversation_without_a_number(chakra_fake: FakeChakra, chakra_post_event: Any) -> None:
    """The list is asked for by phone number: of groups, user ids and strangers there is none."""
    chakra_post_event("chakra/message__text")
    conversation = Conversation.objects.get()
    conversation.contact.identities.update(kind="user_id", value="IN.1A2B")  # type: ignore[union-attr]
    group = Conversation.objects.create(
        account="default", number=conversation.number, group_id="G.1"
    )
    for pk in (conversation.pk, group.pk, 0):
        with pytest.raises(NumberNeeded):
            ask(Scope(account="default", conversation=pk))
    assert not Backfill.objects.exists()


def test_one_number(chakra_fake: FakeChakra) -> None:
    """What the list says to be another number's is left out; each goes to its own conversation."""
    chakra_fake.lists_numbers = True
    wrote(chakra_fake, ANA, "to one")
    wrote(chakra_fake, ANA, "to two", phone_number_id="300000000000002")
    assert ask(Scope(account="default", number="300000000000002")).missed == 1
    assert texts() == ["to two"]
    ask()
    keys = BusinessNumber.objects.filter(conversations__isnull=False).values_list("key", flat=True)
    assert sorted(keys) == ["300000000000001", "300000000000002"]


def test_where_the_list_names_no_number(chakra_fake: FakeChakra, chakra_post_event: Any) -> None:
    """It is the one that webhooks have named alone; with two it is their WABA's, until one is
    named."""
    wrote(chakra_fake, ANA, "to whom?")
    ask()
    assert Conversation.objects.get().number.key == f"waba:{chakra_fake.waba_id}"
    posted(text_of(chakra_fake, wrote(chakra_fake, ANA, "to one")))
    assert Conversation.objects.get().number.key == chakra_fake.phone_number_id
    wrote(chakra_fake, BRUNO, "me too")
    ask()
    assert Conversation.objects.filter(number__key=chakra_fake.phone_number_id).count() == 2
    chakra_post_event(
        "meta/messages__text", entry__0__changes__0__value__metadata__phone_number_id="2"
    )
    wrote(chakra_fake, "5511955554444", "and I")
    ask()
    message = Message.objects.get(text="and I")
    assert message.conversation.number.key == f"waba:{chakra_fake.waba_id}"


def test_a_group(chakra_fake: FakeChakra) -> None:
    """Ours to it are recorded; who spoke in it the list does not say."""
    said(chakra_fake, "120363000000000001", "to all", ago=50)
    wrote(chakra_fake, "120363000000000001", "from one", ago=40)
    row = ask()
    assert row.error == "1 × it does not say whom it is from or to"
    assert Conversation.objects.get().group_id == "120363000000000001"
    assert texts() == ["to all"]
    assert not Contact.objects.exists()


HOSTILE: list[Any] = [
    None,
    7,
    [],
    {},
    {"direction": 3, "timestamp": "soon"},
    {"direction": "INBOUND", "timestamp": 10**40, "externalId": "wamid.H0"},
    {"direction": "INBOUND", "timestamp": True, "externalId": "wamid.H1"},
    {"direction": "SIDEWAYS", "timestamp": 1_795_000_000_000, "externalId": "wamid.H2"},
]


def entry(**changes: Any) -> dict[str, Any]:
    now = int(timezone.now().timestamp() * 1000)
    return {
        "id": "6a1d0f3c-0000-4000-8000-00000000000f",
        "externalId": "wamid.H",
        "dataType": "text",
        "body": {"body": "hello"},
        "text": "hello",
        "direction": "INBOUND",
        "timestamp": now - 5000,
        "context": {"contactIdentifier": ANA},
        **changes,
    }


def test_hostile_entries(chakra_fake: FakeChakra) -> None:
    """What can't be read is counted in words and costs no neighbour; the rest is stored as it
    is."""
    odd: list[dict[str, Any]] = [
        entry(externalId=None, id=None),
        entry(externalId="", id="x"),
        entry(externalId="wamid.\x00", text="a\x00b", body={"body": "a\x00b"}),
        entry(externalId="w" * 5000, body={"body": "half"}),
        entry(externalId="wamid.1", dataType="id", body={"body": "x"}),
        entry(externalId="wamid.2", dataType="l" * 5000, body=["x"]),
        entry(externalId="wamid.3", dataType={"a": 1}, body=None, text=None),
        entry(externalId="wamid.4", body="plain words", text="other words"),
        entry(externalId="wamid.5", timestamp=str(int(timezone.now().timestamp()))),
        entry(externalId="wamid.6", timestamp=None, createdAt=entry()["timestamp"]),
        entry(externalId="wamid.7", text="x" * 200_000, body={"body": "x" * 200_000}),
        entry(externalId="wamid.8", inReplyTo={"externalId": "wamid.1"}),
        entry(externalId="wamid.9", dataType="reaction", body={"emoji": "x"}),
        entry(externalId="wamid.10", direction="OUTBOUND", deliveryStatus="x" * 500),
        entry(externalId="wamid.11", direction=" outbound ", deliveryStatus=" Read "),
        entry(externalId="wamid.12", body={"body": 1e400, "n": 10**30}),
        entry(externalId="wamid.13", context={"contactIdentifier": "9" * 400}),
        entry(externalId="wamid.14", context={"contactIdentifier": int(ANA)}),
    ]
    answers = {
        "/v1/ext/chat": [{"id": "c-1"}, {"id": None}, 7, {"id": {"a": 1}}],
        "/v1/ext/chat/c-1/message": [*HOSTILE, *odd],
    }

    def answer(request: Any) -> Reply:
        # With half of a pair of surrogates, as JSON can spell it.
        answer = Reply.of({"_data": answers[request.path], "_meta": {"total": "many"}})
        return replace(answer, body=answer.body.replace(b"half", b"\\ud83d"))

    chakra_fake.before.append(answer)
    row = ask()
    assert (row.state, row.chats) == ("done", 1)
    names = set(Message.objects.values_list("external_id", flat=True))
    assert {f"wamid.{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 14)} <= names
    assert not names & {"wamid.9", "wamid.13", "wamid.H0", "wamid.H1", "wamid.H2"}
    assert row.missed == Message.objects.count() == 14
    assert "4 × an entry is no object" in row.error or "3 × an entry is no object" in row.error
    assert "2 × WhatsApp has not named it" in row.error
    assert Message.objects.get(external_id="wamid.11").status == "read"
    assert Message.objects.get(external_id="wamid.8").reply_to_external_id == "wamid.1"
    assert Contact.objects.count() == 1
    again = ask()
    assert again.missed == 0


def test_a_bad_entry_that_the_database_refuses(chakra_fake: FakeChakra, monkeypatch: Any) -> None:
    """It costs no neighbour, and is counted."""
    from django.db import DataError

    from django_chakra import record

    for n in range(3):
        wrote(chakra_fake, ANA, f"text {n}", ago=100 - n)
    write = record.write

    def picky(account: str, facts: Any, **options: Any) -> Any:
        if any(getattr(fact.event, "text", "") == "text 1" for fact in facts):
            raise DataError("it is too odd")
        return write(account, facts, **options)

    monkeypatch.setattr(record, "write", picky)
    row = ask()
    assert (texts(), row.missed) == (["text 0", "text 2"], 2)
    assert row.error == "1 × the database refuses it"


def test_a_refused_one_that_was_not_missing(chakra_fake: FakeChakra, monkeypatch: Any) -> None:
    """What was here already counts neither as missed nor, refused by the database, against it."""
    from django.db import DataError

    from django_chakra import record

    name = wrote(chakra_fake, ANA, "hello", ago=100)
    item = {"from": ANA, "id": name, "timestamp": str(int(chakra_fake.clock.now()) - 100)}
    gap = {**item, "type": "unsupported", "errors": [{"code": 131051, "title": "Unsupported"}]}
    posted(calls.message_call("meta", gap))
    ours = said(chakra_fake, BRUNO, "there", ago=100, status="READ")
    posted(tick_of(chakra_fake, ours, "read"))
    write = record.write

    def picky(account: str, facts: Any, **options: Any) -> Any:
        kinds = {type(fact.event).__name__ for fact in facts}
        if kinds & {"MessageReceived", "DeliveryStatusReported"}:
            raise DataError("it is too odd")
        return write(account, facts, **options)

    monkeypatch.setattr(record, "write", picky)
    row = ask()
    assert (row.state, row.missed, row.missed_statuses) == ("done", 1, 0)
    assert row.error == "2 × the database refuses it"


def test_a_file_that_an_attachment_names(chakra_fake: FakeChakra) -> None:
    """By Meta's id; a URL is left in the payload, and so is what is no such id."""
    url = "https://files.example/x.jpg"
    given: list[Any] = [[{"id": "900000000000001", "url": url}], [{"id": "c-1", "url": url}]]
    entries = [
        entry(externalId=f"wamid.{n}", dataType="image", body=None, text=None, attachments=some)
        for n, some in enumerate(given)
    ]
    answers = {"/v1/ext/chat": [{"id": "c-1"}], "/v1/ext/chat/c-1/message": entries}
    chakra_fake.before.append(
        lambda request: Reply.of({"_data": answers[request.path], "_meta": {"total": 1}})
    )
    assert ask().missed == 2
    files = MediaFile.objects.exclude(media_id="").values_list("message__external_id", "media_id")
    assert list(files) == [("wamid.0", "900000000000001")]
    assert not MediaFile.objects.exclude(url="").exists()
    listed = Message.objects.get(external_id="wamid.1").payload["listed"]
    assert listed["attachments"] == given[1]


def test_default_scope() -> None:
    """The key of a scope tells it from others, and accounts apart."""
    others = [Scope(account="other"), Scope(account="default", number="1")]
    assert len({DEFAULT.key, *(one.key for one in others)}) == 3
    assert Scope(account="default").key == DEFAULT.key
