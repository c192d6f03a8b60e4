"""One person is one contact, by whatever names the platform calls them and in whatever order."""

from itertools import permutations
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from django_chakra.models import Contact, ContactIdentity, Conversation, Message
from django_chakra.record.joining import Announcer, join
from django_chakra.signals import message_received
from django_chakra.testing import calls
from tests.posting import ANA, START, process_all, record, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

ANA_ID = "BR.AnaExample1"
ANA_PARENT = "BR.ENT.AnaExample1"
ANA_NEW_PHONE = "5511966665555"
OTHER_NUMBER = "300000000000009"


def written(
    external_id: str, who: dict[str, str], *, at: int = 0, number: str = calls.PHONE_NUMBER_ID
) -> dict[str, Any]:
    """A text from whoever these keys name."""
    body = {"id": external_id, "type": "text", "text": {"body": external_id}}
    body |= {"timestamp": str(START + at), **who}
    return calls.item_call(body, phone_number_id=number)


BY_PHONE = written("wamid.phone", {"from": ANA})
BY_ID = written("wamid.id", {"from_user_id": ANA_ID}, at=10)
BY_BOTH = written("wamid.both", {"from": ANA, "from_user_id": ANA_ID}, at=20)


def identities(contact: Contact) -> set[tuple[str, str]]:
    """What a contact is known by."""
    return set(contact.identities.values_list("kind", "value"))


@pytest.mark.parametrize("order", list(permutations((BY_PHONE, BY_ID, BY_BOTH))))
def test_phone_and_user_id_are_one_person(order: tuple[dict[str, Any], ...]) -> None:
    """Once a fact names both, all messages stand in one conversation with one contact."""
    record(*order)

    contact = Contact.objects.get(merged_into=None)
    assert identities(contact) == {("phone", ANA), ("user_id", ANA_ID)}
    conversation = Conversation.objects.get()
    assert conversation.contact == contact
    assert conversation.messages.count() == conversation.unread_count == 3
    assert {message.contact for message in Message.objects.all()} == {contact}
    assert conversation.last_message is not None
    assert conversation.last_message.external_id == "wamid.both"


def test_the_older_contact_keeps_both() -> None:
    """Host rows that point at the younger contact find the older one through ``merged_into``."""
    record(BY_PHONE, BY_ID)
    older, younger = Contact.objects.order_by("pk")
    record(BY_BOTH)

    younger.refresh_from_db()
    assert younger.merged_into == older
    assert not younger.identities.exists()
    assert not younger.conversations.exists()


def test_a_third_contact_joins_too() -> None:
    """Whoever was merged before points straight at the contact that is left."""
    record(BY_PHONE, BY_ID, written("wamid.parent", {"from_parent_user_id": ANA_PARENT}))
    first, second, third = Contact.objects.order_by("pk")
    record(written("wamid.1", {"from_user_id": ANA_ID, "from_parent_user_id": ANA_PARENT}))
    third.refresh_from_db()
    assert third.merged_into == second

    record(BY_BOTH)

    for contact in (second, third):
        contact.refresh_from_db()
        assert contact.merged_into == first
    assert Conversation.objects.get().messages.count() == 5


def test_conversations_of_two_numbers_stay_apart() -> None:
    """Joining contacts joins their conversations number by number."""
    record(
        BY_PHONE,
        BY_ID,
        written("wamid.elsewhere", {"from_user_id": ANA_ID}, number=OTHER_NUMBER),
        BY_BOTH,
    )
    found = {row.number.key: row.messages.count() for row in Conversation.objects.all()}
    assert found == {calls.PHONE_NUMBER_ID: 3, OTHER_NUMBER: 1}


@pytest.mark.parametrize("first", ["phone", "id"])
def test_a_conversation_without_number_follows(first: str) -> None:
    """What named only the WABA goes to the joined contact's only number."""
    vague = text("wamid.vague", format="chakra", sender=ANA)
    order = [vague, BY_ID] if first == "phone" else [BY_ID, vague]
    record(*order)
    assert Conversation.objects.count() == 2
    record(BY_BOTH)
    assert Conversation.objects.get().messages.count() == 3


def test_nothing_is_told_twice() -> None:
    """Messages that move to another conversation were announced, and stay so."""
    heard: list[str] = []

    def receiver(message: Message, **rest: Any) -> None:
        heard.append(str(message.external_id))

    message_received.connect(receiver)
    try:
        record(BY_PHONE, BY_ID, BY_BOTH)
    finally:
        message_received.disconnect(receiver)
    assert heard == ["wamid.phone", "wamid.id", "wamid.both"]


def test_copies_that_name_different_identities() -> None:
    """One message from a phone number in one format and a user id in the other is one person's."""
    chakra = text("wamid.one", format="chakra", sender=ANA_ID)
    record(chakra, written("wamid.one", {"from": ANA}))

    message = Message.objects.get()
    contact = Contact.objects.get(merged_into=None)
    assert identities(contact) == {("phone", ANA), ("user_id", ANA_ID)}
    assert message.contact == contact
    assert message.conversation == Conversation.objects.get()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5511988887777", "551188887777"),
        ("5215512345678", "525512345678"),
        ("5491123456789", "541123456789"),
    ],
    ids=["Brazil", "Mexico", "Argentina"],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_spellings_of_one_number(one: str, other: str, swapped: bool) -> None:
    """A number with the digit that its country added is the same person's without it."""
    order = [other, one] if swapped else [one, other]
    record(*(written(f"wamid.{phone}", {"from": phone}) for phone in order))

    contact = Contact.objects.get()
    assert identities(contact) == {("phone", one), ("phone", other)}
    assert Conversation.objects.get().messages.count() == 2


def test_a_landline_is_nobodys_mobile() -> None:
    """Brazil's ninth digit is left out only before digits that mobile numbers began with."""
    record(*(written(f"wamid.{n}", {"from": n}) for n in ("5511933334444", "551133334444")))
    assert Contact.objects.count() == 2


def test_a_new_user_id_is_the_same_person() -> None:
    """``user_id_update`` teaches the new id: what comes from it stands in the old conversation."""
    update = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": calls.DISPLAY_NUMBER,
            "phone_number_id": calls.PHONE_NUMBER_ID,
        },
        "user_id_update": [
            {
                "detail": "changed",
                "user_id": {"previous": ANA_ID, "current": "BR.AnaExample2"},
                "timestamp": str(START + 5),
            }
        ],
    }
    record(
        BY_ID,
        calls.change_call("user_id_update", update),
        written("wamid.new", {"from_user_id": "BR.AnaExample2"}),
    )
    assert Conversation.objects.get().messages.count() == 2


@pytest.mark.parametrize("early", [False, True])
def test_a_new_phone_is_the_same_person(early: bool) -> None:
    """A notice of a changed number teaches it, also when a message from it came first."""
    notice = calls.item_call(
        {
            "id": "wamid.notice",
            "from": ANA,
            "timestamp": str(START + 5),
            "type": "system",
            "system": {
                "body": "Ana changed",
                "type": "user_changed_number",
                "wa_id": ANA_NEW_PHONE,
            },
        }
    )
    new = written("wamid.new", {"from": ANA_NEW_PHONE}, at=9)
    record(BY_PHONE, *((new, notice) if early else (notice, new)))

    conversation = Conversation.objects.get()
    assert {m.role for m in conversation.messages.all()} == {"bubble", "notice"}
    assert conversation.unread_count == 2  # a notice is nothing to read


def preference(value: str, at: int) -> dict[str, Any]:
    """What Ana wants of marketing."""
    item = {"wa_id": ANA, "category": "marketing_messages", "value": value, "detail": ""}
    return calls.item_call(
        {**item, "timestamp": START + at}, field="user_preferences", key="user_preferences"
    )


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_last_word_about_marketing_counts(order: tuple[int, ...]) -> None:
    """Stopped, resumed and stopped again is stopped since the last time, in any order."""
    words = [preference("stop", 10), preference("resume", 20), preference("stop", 30)]
    record(*(words[place] for place in order))

    contact = Contact.objects.get()
    assert contact.marketing_stopped_at == contact.marketing_at
    assert contact.marketing_at is not None
    assert contact.marketing_at.timestamp() == START + 30


def test_who_resumed_is_not_stopped() -> None:
    """After the word to resume nothing is stopped, whatever comes late."""
    record(preference("resume", 20), preference("stop", 10))
    assert Contact.objects.get().marketing_stopped_at is None


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_usernames_are_shown_and_identify_nobody(order: tuple[int, ...]) -> None:
    """The newest username stays; two people who had one after the other stay two."""
    bodies = []
    for n, (who, username, at) in enumerate(
        [(ANA_ID, "@ana", 0), (ANA_ID, "ana.s", 10), ("BR.Bruno", "ana", 20)]
    ):
        item = {
            "id": f"wamid.{n}",
            "from_user_id": who,
            "timestamp": str(START + at),
            "type": "text",
            "text": {"body": "hi"},
        }
        contact = {"profile": {"name": "Ana", "username": username}, "user_id": who}
        bodies.append(calls.item_call(item, contacts=[contact]))
    record(*(bodies[place] for place in order))

    ana = ContactIdentity.objects.get(value=ANA_ID).contact
    bruno = ContactIdentity.objects.get(value="BR.Bruno").contact
    assert (ana.username, bruno.username) == ("ana.s", "ana")
    assert ana != bruno


def test_a_message_recorded_while_its_contact_was_joined() -> None:
    """What another worker put under a contact that was joined meanwhile is brought home."""
    record(BY_PHONE, BY_ID, BY_BOTH)
    kept = Contact.objects.get(merged_into=None)
    gone = Contact.objects.get(merged_into=kept)
    number = Conversation.objects.get().number
    # As a worker leaves it that looked the contact up before, and wrote after.
    astray = Conversation.objects.create(account="default", number=number, contact=gone)
    message = Message.objects.get(external_id="wamid.id")
    now = message.received_at
    Message.objects.filter(pk=message.pk).update(
        conversation=astray, contact=gone, announce_at=now, announced_at=None
    )
    process_all()

    message.refresh_from_db()
    assert message.contact == kept
    assert message.conversation == Conversation.objects.get()
    assert message.announced_at is not None


def test_who_was_joined_meanwhile_is_the_older_one() -> None:
    """Joining with a contact that another worker has just joined ends at the one that is left."""
    record(
        BY_PHONE,
        written("wamid.1", {"from": ANA_NEW_PHONE}),
        written("wamid.2", {"from": "5511955554444"}),
    )
    first, second, third = Contact.objects.order_by("pk")
    by = Announcer(timezone.now(), "test")
    with transaction.atomic():
        join({first.pk, second.pk}, by)
        kept, _ = join({second.pk, third.pk}, by)

    assert kept == first.pk
    assert first.identities.count() == 3
    assert Contact.objects.filter(merged_into=first).count() == 2
    assert Conversation.objects.get().messages.count() == 3
