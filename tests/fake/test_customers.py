"""What customers, staff, reviewers of templates and Meta do by themselves, and how it is told."""

from collections.abc import Callable

import pytest

from django_chakra.testing.fake import FakeChakra, Habits
from django_chakra.testing.fake import customers as people
from django_chakra.testing.fake.facts import Fact
from django_chakra.testing.fake.reviews import named, quality, reinstate, restrict

from .site import ANA, Site, client_of, made, pass_time, say

Told = Callable[[FakeChakra], Fact]

TOLD: dict[str, Told] = {
    "message.text": lambda fake: people.text(fake, ANA, "Hi", name="Ana"),
    "message.image": lambda fake: people.media(fake, ANA, caption="look"),
    "message.document": lambda fake: people.media(fake, ANA, "document"),
    "message.audio": lambda fake: people.media(fake, ANA, "audio"),
    "message.location": lambda fake: people.wrote(
        fake, ANA, "location", {"latitude": 1.5, "longitude": 2.5}
    ),
    "message.reaction": lambda fake: people.react(fake, ANA, "👍"),
    "message.edit": lambda fake: people.edit(fake, ANA, "hello there"),
    "message.revoke": lambda fake: people.revoke(fake, ANA),
    "message.interactive": lambda fake: people.click(fake, ANA, "Yes"),
    "message_echo.phone": lambda fake: people.echo(fake, ANA, "by phone"),
    "message_echo.inbox": lambda fake: people.echo(fake, ANA, "inbox", by_phone=False),
    "number.quality": lambda fake: quality(fake.events, "DOWNGRADE"),
    "number.name": lambda fake: named(fake.events, "REJECTED", "Best Shop Ever"),
    "account.update": lambda fake: restrict(fake.events),
}
#: What is told in Meta's format only, and is no message.
MANAGED = {"number.quality", "number.name", "account.update"}
BUTTONS = {
    "type": "button",
    "body": {"text": "Well?"},
    "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]},
}


@pytest.mark.parametrize("kind", TOLD)
def test_each_kind_is_read_as_what_it_is(kind: str) -> None:
    """Each is signed, and in both formats the event of its name, with the same id."""
    fake, site = made(), Site()
    fake.state.plugin_configuration["enableMessageEchoesForPassThroughWebhook"] = True
    with client_of(fake) as client:
        client.session_messages.send(to=ANA, type="interactive", interactive=BUTTONS)
    fact = TOLD[kind](fake)
    assert fact.name == kind
    fake.events.tell(fact)
    fake.post_due(site)
    formats = ["meta"] if kind in MANAGED else ["chakra", "meta"]
    assert [(one.kind, one.format) for one in site.read()] == [(kind, one) for one in formats]
    if kind not in MANAGED:
        assert {one.external_id for one in site.read()} == {fact.id}


def test_what_was_written_is_in_the_chat_and_its_file_is_there() -> None:
    """A customer's message opens the window, and its file can be fetched by its id."""
    fake, stranger = made(), "5511900001111"
    people.media(fake, stranger, "document", content=b"%PDF", filename="a.pdf")
    with client_of(fake) as client:
        say(client, to=stranger)
    body = people.last(fake, stranger, "INBOUND").body
    assert fake.state.media[body["id"]].content == b"%PDF"
    assert body["filename"] == "a.pdf"


def test_a_click_answers_the_message_it_is_on() -> None:
    """Buttons, rows and quick replies of templates; by place or by words."""
    fake = made()
    rows = [{"id": "r1", "title": "Monday"}, {"id": "r2", "title": "Tuesday", "description": "9h"}]
    action = {"button": "Days", "sections": [{"title": "Days", "rows": rows}]}
    body = {"type": "list", "body": {"text": "When?"}, "action": action}
    next(iter(fake.state.templates.values())).components.append(
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Confirm"}]}
    )
    with client_of(fake) as client:
        client.session_messages.send(to=ANA, type="interactive", interactive=body)
        site = Site()
        fake.events.tell(people.click(fake, ANA, 2))
        fake.post_due(site)
        told = site.posts[0][2]
        assert b'"list_reply":{"id":"r2","title":"Tuesday","description":"9h"}' in told
        assert people.last(fake, ANA, "OUTBOUND").wamid.encode() in told
    with pytest.raises(LookupError, match="Sunday"):
        people.click(fake, ANA, "Sunday")
    with pytest.raises(LookupError, match="5511900009999"):
        people.react(fake, "5511900009999", "👍")


@pytest.mark.parametrize(("name", "result"), [("news", "APPROVED"), ("spring_sale", "REJECTED")])
def test_a_template_is_reviewed(name: str, result: str) -> None:
    """A template that was made is approved or rejected, and the site hears of it."""
    fake, site = made(Habits(rejects=("*_sale",))), Site()
    with client_of(fake) as client:
        client.message_templates.create(
            name=name,
            language="en",
            category="MARKETING",
            components=[{"type": "BODY", "text": "Hello"}],
        )
    pass_time(fake, site)
    (told,) = site.read()
    assert (told.kind, told.format, told.status) == ("template.status", "meta", result)
    assert fake.state.template(name)[0].status == result
    assert [one["word"] for one in fake.ledger.entries("event")] == [result]


def test_quality_of_a_number() -> None:
    """A flag and a lower limit show where the API tells of the number."""
    fake = made()
    quality(fake.events, "FLAGGED")
    quality(fake.events, "DOWNGRADE")
    with client_of(fake) as client:
        number = client.phone_numbers.get()
    assert number["qualityScore"] == {"score": "RED"}
    assert number["messagingLimitTier"] == "TIER_250"


def test_what_events_say_of_a_number_is_what_the_api_says() -> None:
    """Name, restriction and reinstatement are in the answers from when their events are made; an
    event about a second number names that one.
    """
    fake = made()
    first = fake.state.numbers[fake.phone_number_id]
    fake.state.numbers["300000000000002"] = {
        **first, "id": "300000000000002", "displayPhoneNumber": "+55 11 90000-0002",
    }  # fmt: skip
    second = quality(fake.events, "FLAGGED", "300000000000002").documents["meta"]
    named(fake.events, "REJECTED", "Best Shop Ever")
    restrict(fake.events)
    with client_of(fake) as client:
        limited = client.phone_numbers.get()
        reinstate(fake.events)
        free = client.phone_numbers.get()
    assert "5511900000002" in str(second)
    assert first["qualityScore"] == {"score": "GREEN"}
    assert (limited["nameStatus"], limited["verifiedName"]) == ("DECLINED", "Shop")
    assert [
        [entity["can_send_message"] for entity in answer["healthStatus"]["entities"]]
        for answer in (limited, free)
    ] == [["AVAILABLE", "LIMITED"], ["AVAILABLE", "AVAILABLE"]]
