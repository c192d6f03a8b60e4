"""What the fake's lists of messages have, and the webhook that is cut."""

from typing import Any

import pytest

from django_chakra.testing.fake import FakeChakra, Habits, customers

from .site import ANA, Site, client_of, made, pass_time, say

AT_ONCE = Habits(sent_after=1, delivered_after=2, read_after=3)


def entries(fake: FakeChakra) -> list[dict[str, Any]]:
    return list(client_of(fake).chats.previous_messages_all(phone_number=ANA))


def test_an_entry_says_what_became_of_it() -> None:
    """Its status, and when it last changed; it quotes by wamid."""
    fake, site = made(AT_ONCE), Site()
    wamid = say(client_of(fake))
    assert entries(fake)[0]["updatedAt"] == entries(fake)[0]["timestamp"]
    pass_time(fake, site, 10)
    quoting = customers.text(fake, ANA, "Yes?", reply_to=wamid)
    newest, ours, *_ = entries(fake)
    assert (newest["externalId"], newest["inReplyTo"]) == (quoting.id, wamid)
    assert (ours["deliveryStatus"], ours["updatedAt"] - ours["timestamp"]) == ("READ", 3000)
    assert newest["attachments"] is None


def test_reactions_are_listed_and_edits_and_revokes_are_not() -> None:
    """A reaction by its kind; of an edit only the new words."""
    fake = made()
    wamid = say(client_of(fake))
    customers.react(fake, ANA, "👍")
    customers.edit(fake, ANA, "better")
    customers.revoke(fake, ANA)
    found = entries(fake)
    assert [one["dataType"] for one in found] == ["reaction", "text", "text"]
    assert found[0]["body"] == {"message_id": wamid, "emoji": "👍"}
    assert found[2]["text"] == "better"
    assert customers.last(fake, ANA, "INBOUND").kind == "text"


def test_media_are_listed_with_their_id() -> None:
    """As Meta's message has them, under body."""
    fake = made()
    customers.media(fake, ANA, caption="look")
    [newest, *_] = entries(fake)
    assert (newest["dataType"], newest["text"]) == ("image", "look")
    assert newest["body"]["id"] in fake.state.media


@pytest.mark.parametrize("names", [True, False])
def test_the_number_is_named_where_the_test_wants_it(names: bool) -> None:
    """Nobody knows whether the platform names it."""
    fake = made()
    fake.lists_numbers = names
    context = entries(fake)[0]["context"]
    assert context.get("whatsappPhoneNumberId") == (fake.phone_number_id if names else None)


def test_a_cut_webhook() -> None:
    """Things happen and are in the ledger; nothing is posted, and nothing is made up for later."""
    fake, site = made(AT_ONCE), Site()
    fake.events.is_cut = True
    wamid = say(client_of(fake))
    fake.events.tell(customers.text(fake, ANA, "anybody?"))
    pass_time(fake, site, 10)
    assert site.posts == []
    cut = fake.ledger.entries("cut")
    assert [one["event"] for one in cut] == [
        "message.text", "status.sent", "status.delivered", "status.read",
    ]  # fmt: skip
    assert cut[-1]["wamid"] == wamid
    assert fake.state.messages[wamid].status == "READ"
    fake.events.is_cut = False
    pass_time(fake, site, 10)
    assert site.posts == []
    fake.events.tell(customers.text(fake, ANA, "now?"))
    pass_time(fake, site, 10)
    assert site.kinds() == ["message.text", "message.text"]  # in both formats
