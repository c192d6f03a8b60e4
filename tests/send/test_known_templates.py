"""A template is compared with what the platform said of it, before anything is written down."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_chakra import send, sync
from django_chakra.exceptions import (
    MarketingStopped,
    PermissionMissing,
    TemplateRefused,
    UnreadableAnswer,
    ValidationFailed,
)
from django_chakra.models import Campaign, Contact, Conversation, Message, MessageTemplate
from django_chakra.testing.fake import FakeChakra, Reply, Request
from django_chakra.testing.fake.replies import errors
from django_chakra.testing.fake.state import Template

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

BODY = {"type": "BODY", "text": "Hello {{1}}, your order {{2}} is waiting"}
LINK = {"type": "URL", "text": "Follow", "url": "https://x.example/{{1}}"}
OTHER = "5511977776666"


@pytest.fixture
def fake(queued: FakeChakra) -> FakeChakra:
    """A platform with one template, in two languages, of which we know nothing yet."""
    queued.state.templates.clear()
    put(queued, [BODY])
    put(queued, [BODY], language="pt_BR")
    return queued


def put(
    fake: FakeChakra, components: list[dict[str, Any]], *, sync_it: bool = False, **columns: Any
) -> Template:
    """A template that can be sent."""
    named = {"name": "order", "language": "en", "category": "UTILITY", "status": "APPROVED"}
    columns = {**named, **columns}
    id = f"79{len(fake.state.templates):013}"
    same = (columns["name"], columns["language"])
    kept = {
        key: one
        for key, one in fake.state.templates.items()
        if (one.name, one.language) != same or columns.get("waba_id", "") != one.waba_id
    }
    template = Template(id=id, components=components, **columns)
    fake.state.templates = {**kept, id: template}
    if sync_it:
        sync.templates()
    return template


def say(**arguments: Any) -> Message:
    """The template to somebody, filled well unless it is said otherwise."""
    usual = {"to": OTHER, "name": "order", "language": "en", "body": ["Ana", "A7"]}
    return send.template(**{**usual, **arguments})


def age(**since: float) -> None:
    """All that a sync or an event told was told so long ago, by default 90 days."""
    for row in MessageTemplate.objects.all():
        back = timedelta(**(since or {"days": 90}))
        told = {key: datetime.fromisoformat(at) - back for key, at in row.told_at.items()}
        row.told_at = {key: at.isoformat(timespec="microseconds") for key, at in told.items()}
        row.synced_at = row.synced_at and row.synced_at - back
        row.save()


def refused(kind: type[Exception], words: str, **arguments: Any) -> Any:
    """The exception, and nothing is written down."""
    before = Message.objects.count()
    with pytest.raises(kind, match=words) as caught:
        say(**arguments)
    assert Message.objects.count() == before
    return caught.value


def test_where_nothing_is_known_nothing_is_compared(fake: FakeChakra) -> None:
    """Without a sync any name, language and number of values is the platform's to judge."""
    assert say().status == "queued"
    assert say(name="no_such", language="fr", body=["one"]).status == "queued"


def test_what_fits_is_sent(fake: FakeChakra) -> None:
    """What our comparison lets through the strict platform takes."""
    sync.templates()
    message = say()
    send.run()
    message.refresh_from_db()
    assert message.status == "accepted"
    assert fake.sent[0].text == "Hello Ana, your order A7 is waiting"


def test_a_name_that_is_not_there(fake: FakeChakra) -> None:
    """After a sync of the last day it is refused; an older one does not know what is new."""
    sync.templates()
    error = refused(TemplateRefused, "no template 'oder' at the last sync", name="oder")
    assert (error.status, error.reason) == ("", "")
    age(hours=23)
    refused(TemplateRefused, "no template 'oder' at the last sync", name="oder")
    age(hours=2)
    assert say(name="oder").status == "queued"


def test_a_language_that_is_not_there(fake: FakeChakra) -> None:
    """Those that are there are named; a sync that is older than a day does not know what is new."""
    sync.templates()
    refused(TemplateRefused, "is not in 'fr': it is in en, pt_BR", language="fr")
    MessageTemplate.objects.update(deleted_at=timezone.now())
    refused(TemplateRefused, "is not in 'fr': it was deleted", language="fr")
    age()
    assert say(language="fr").status == "queued"


def test_a_sync_that_did_not_end(fake: FakeChakra) -> None:
    """A first one that runs, or that failed, says nothing of names and languages to come."""
    for n in range(150):
        put(fake, [BODY], name=f"notice_{n}")
    put(fake, [BODY], name="order", language="fr")
    put(fake, [BODY], name="last_of_all")
    asked: list[Any] = []
    statuses: list[str] = []

    def on_page(request: Request) -> Any:
        if request.endpoint != "message_templates.list":
            return None
        asked.append(request)
        if len(asked) == 2:
            statuses.append(say(name="last_of_all").status)
            statuses.append(say(language="fr").status)
            return errors(403, "The role may not do this")
        return None

    fake.before.append(on_page)
    with pytest.raises(PermissionMissing):
        sync.templates()
    assert MessageTemplate.objects.count() == 100
    assert statuses == ["queued", "queued"]
    assert say(name="last_of_all").status == "queued"
    assert say(language="fr").status == "queued"
    sync.templates()
    refused(TemplateRefused, "no template 'oder'", name="oder")
    refused(TemplateRefused, "is not in 'de'", language="de")


def test_a_later_sync_that_fails(fake: FakeChakra) -> None:
    """The last one that was read to its end counts on, and grows old."""
    sync.templates()
    age()
    fake.before.append(
        lambda request: Reply.of(
            {"data": [{"id": "1", "name": "one"}], "paging": {"next": "https://x.example/"}}
        )
    )
    with pytest.raises(UnreadableAnswer):
        sync.templates()
    assert say(name="oder").status == "queued"
    assert say(language="fr").status == "queued"


def test_events_alone_do_not_tell_all_languages(fake: FakeChakra, chakra_post_event: Any) -> None:
    """A row that no sync listed says nothing of other languages."""
    chakra_post_event("meta/message_template_status_update__approved")
    assert MessageTemplate.objects.get().name == "order_shipped"
    assert say(name="order_shipped", language="fr").status == "queued"


@pytest.mark.parametrize(
    "status", ["PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL", "PENDING_DELETION"]
)
def test_a_status_that_is_not_sent(fake: FakeChakra, status: str) -> None:
    """Is refused, with the platform's word and its reason."""
    put(fake, [BODY], status=status, rejected_reason="INVALID_FORMAT", sync_it=True)
    error = refused(TemplateRefused, rf"'order' \(en\) is {status}: INVALID_FORMAT")
    assert (error.status, error.reason) == (status, "INVALID_FORMAT")
    assert say(language="pt_BR").status == "queued"


@pytest.mark.parametrize("status", ["APPROVED", "FLAGGED", "REINSTATED", "UNARCHIVED", "SOMETHING"])
def test_a_status_that_is_sent(fake: FakeChakra, status: str) -> None:
    """A word that we do not know holds nobody up."""
    put(fake, [BODY], status=status, sync_it=True)
    assert say().status == "queued"


@pytest.mark.parametrize("status", ["PENDING", "PAUSED", "LIMIT_EXCEEDED", "REJECTED", "DISABLED"])
def test_a_status_of_long_ago(fake: FakeChakra, status: str) -> None:
    """It may have changed without a word to us: after a day the platform judges."""
    put(fake, [BODY], status=status, sync_it=True)
    refused(TemplateRefused, status)
    age()
    assert say().status == "queued"
    assert to_all([{"to": OTHER, "body": ["Ana", "A7"]}]).written == 1
    # What it says is compared all the same.
    refused(ValidationFailed, "2 variables", body=["Ana"])
    sync.templates()
    refused(TemplateRefused, status)


def test_an_event_pauses_it(fake: FakeChakra, chakra_post_event: Any) -> None:
    """From then on it is refused, with what the event said of it."""
    now = int(timezone.now().timestamp())
    chakra_post_event("meta/message_template_status_update__paused", entry__0__time=now)
    error = refused(TemplateRefused, "is PAUSED: FIRST_PAUSE The template is paused for 3 hours",
                    name="spring_sale", language="pt_BR")  # fmt: skip
    assert error.status == "PAUSED"
    age(hours=25)
    assert say(name="spring_sale", language="pt_BR").status == "queued"


def test_a_deleted_one(fake: FakeChakra) -> None:
    """Is refused; one that was made anew under its name is sent."""
    old = put(fake, [BODY], sync_it=True)
    del fake.state.templates[old.id]
    sync.templates()
    error = refused(TemplateRefused, "is deleted")
    assert error.status == "deleted"
    put(fake, [BODY], sync_it=True)
    assert MessageTemplate.objects.filter(name="order", language="en").count() >= 2
    assert say().status == "queued"


def test_one_that_was_deleted_long_ago(fake: FakeChakra) -> None:
    """Refused as long as syncs go on without it; else it may have been made anew, otherwise."""
    old = put(fake, [BODY], sync_it=True)
    del fake.state.templates[old.id]
    sync.templates()
    MessageTemplate.objects.filter(external_id=old.id).update(
        told_at={"status": (timezone.now() - timedelta(days=90)).isoformat()}
    )
    refused(TemplateRefused, "is deleted")
    age()
    assert say(body=["one"]).status == "queued"
    # Beside one that is there it says nothing.
    put(fake, [BODY], sync_it=True)
    refused(ValidationFailed, "2 variables", body=["one"])


HEADER = "template.components"
MISFITS: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str, str]] = {
    "too few": ([BODY], {"body": ["Ana"]}, f"{HEADER}[0].parameters",
                r"the body has 2 variables \(\{\{1\}\}, \{\{2\}\}\), 1 given"),
    "none": ([BODY], {"body": None}, HEADER, "2 variables .*, 0 given"),
    "too many": ([{"type": "BODY", "text": "Hello"}], {"body": ["Ana"]}, f"{HEADER}[0].parameters",
                 "the body has no variables, 1 given"),
    "no picture": ([{"type": "HEADER", "format": "IMAGE"}, BODY], {}, HEADER,
                   "the header is a image|the header is an image"),
    "another header": (
        [{"type": "HEADER", "format": "DOCUMENT"}, BODY],
        {"header_image": "https://x.example/a.png"},
        f"{HEADER}[0].parameters", "needs header_document, image given"),
    "a header that is not there": ([BODY], {"header_text": "May"}, f"{HEADER}[0].parameters",
                                   "the template has no header"),
    "a header without variable": (
        [{"type": "HEADER", "format": "TEXT", "text": "News"}, BODY], {"header_text": "May"},
        f"{HEADER}[0].parameters", "the header has no variables, 1 given"),
    "no end of the address": ([BODY, {"type": "BUTTONS", "buttons": [LINK]}], {}, HEADER,
                              "button 1 needs the end of its address"),
    "no code": ([BODY, {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE"}]}], {}, HEADER,
                "button 1 needs the code to copy"),
    "another kind of button": (
        [BODY, {"type": "BUTTONS", "buttons": [LINK]}], {"buttons": [{"quick_reply": "yes"}]},
        f"{HEADER}[1].sub_type", "button 1 is URL: it takes url"),
    "a button that takes nothing": (
        [BODY, {"type": "BUTTONS", "buttons": [{**LINK, "url": "https://x.example/"}]}],
        {"buttons": [{"url": "A7"}]}, f"{HEADER}[1]", r"button 1 \(URL\) takes no value"),
    "a button that is not there": ([BODY], {"buttons": [{"url": "A7"}]}, f"{HEADER}[1].index",
                                   "the template has no buttons"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISFITS)
def test_what_does_not_fit(fake: FakeChakra, case: str) -> None:
    """Too few, too many, another kind of header or of button: ``field`` and words name the place.

    What the strict platform checks too it refuses likewise.
    """
    components, arguments, field, words = MISFITS[case]
    put(fake, components, sync_it=True)
    error = refused(ValidationFailed, words, **arguments)
    assert error.field == field
    assert error.status is None


NAMED = [{"type": "BODY", "text": "Hello {{name}}, your order {{order}} is waiting"}]


def test_variables_with_names(fake: FakeChakra) -> None:
    """They go by their names; those that lack, and how many are strange, is said."""
    put(fake, NAMED, parameter_format="NAMED", sync_it=True)
    message = say(body={"order": "A7", "name": "Ana"})
    send.run()
    message.refresh_from_db()
    assert message.status == "accepted"
    assert fake.sent[0].text == "Hello Ana, your order A7 is waiting"
    refused(ValidationFailed, "names its variables: give name, order by name")
    refused(ValidationFailed, "the body lacks order", body={"name": "Ana"})
    found = refused(ValidationFailed, "no such 1 variable|no such", body={"name": "A", "ordre": 1})
    assert "the body lacks order" in str(found)
    assert "ordre" not in str(found)


def test_all_that_does_not_fit_is_said_at_once(fake: FakeChakra) -> None:
    """The message names each place, ``field`` the first."""
    put(fake, [{"type": "HEADER", "format": "VIDEO"}, BODY], sync_it=True)
    error = refused(ValidationFailed, "header_video", body=["Ana"])
    assert "2 variables" in str(error)


ANY: dict[str, Any] = {"header_text": "May", "buttons": [{"quick_reply": "yes"}]}


@pytest.mark.parametrize(
    ("components", "given"),
    [
        ([], ANY),
        ([{"type": "SONG", "verses": 3}], ANY),
        ([{"type": "BODY"}, {"type": "FOOTER"}], {}),
        ([{"type": "HEADER", "format": "HOLOGRAM"}, {"type": "BODY"}], {"header_text": "May"}),
        ([{"type": "BODY"}, {"type": "BUTTONS", "buttons": [{"type": "DANCE"}]}],
         {"buttons": ANY["buttons"]}),
    ],
)  # fmt: skip
def test_an_unknown_shape_is_not_judged(
    fake: FakeChakra, components: list[dict[str, Any]], given: dict[str, Any]
) -> None:
    """Where the shape can't be known, values of any kind are the platform's to judge."""
    put(fake, components, sync_it=True)
    assert say(**given).status == "queued"


def test_after_an_event_about_its_texts(fake: FakeChakra, chakra_post_event: Any) -> None:
    """The new body is compared; what such an event does not tell is not."""
    chakra_post_event("meta/message_template_components_update__body_only")
    words = "the body has no variables, 2 given"
    refused(ValidationFailed, words, name="invoice_ready")
    picture = "https://x.example/a.png"
    row = say(name="invoice_ready", body=None, header_image=picture, buttons=[{"url": "A7"}])
    assert row.status == "queued"


def test_each_waba_for_itself(fake: FakeChakra, settings: Any) -> None:
    """A template of another WhatsApp Business Account is none for our number."""
    fake.state.business_accounts["200000000000009"] = {"id": "200000000000009"}
    put(fake, [BODY], name="theirs", waba_id="200000000000009")
    sync.templates()
    sync.templates(waba_id="200000000000009")
    refused(TemplateRefused, "no template 'theirs'", name="theirs")
    # Of a number whose account nobody has named all of them may be meant.
    assert say(name="theirs", phone_number_id="300000000000009").status == "queued"


THEIRS = "200000000000009"
NUMBER = "300000000000009"


def other_waba(fake: FakeChakra, **columns: Any) -> Conversation:
    """A conversation with a number of another WhatsApp Business Account, which has a template."""
    fake.state.business_accounts[THEIRS] = {"id": THEIRS}
    put(fake, [BODY], waba_id=THEIRS, **columns)
    message = say(phone_number_id=NUMBER, name="first_of_all")
    conversation = message.conversation
    assert conversation is not None
    conversation.number.waba_id = THEIRS
    conversation.number.save()
    return conversation


def test_a_number_whose_waba_is_unknown(fake: FakeChakra) -> None:
    """A template that another WABA may have is not refused, by its name nor by its language."""
    put(fake, [BODY], name="theirs", waba_id=THEIRS)
    put(fake, [BODY], language="fr", waba_id=THEIRS)
    sync.templates()
    assert say(name="theirs", phone_number_id=NUMBER).status == "queued"
    assert say(language="fr", phone_number_id=NUMBER).status == "queued"
    assert to_all([{"to": OTHER, "body": ["Ana", "A7"]}], name="theirs",
                  phone_number_id=NUMBER).written == 1  # fmt: skip


def test_a_waba_that_was_never_synced(fake: FakeChakra) -> None:
    """The sync of one says nothing of what another has, for a message nor in a list."""
    theirs = other_waba(fake)
    sync.templates()
    assert say(to=theirs).status == "queued"
    assert to_all([{"to": theirs, "body": ["Ana", "A7"]}]).written == 1
    put(fake, [BODY], waba_id=THEIRS, name="only_theirs")
    ours = {"to": "5511966665555", "body": ["Ana", "A7"]}
    sent = to_all(
        [{"to": theirs, "body": ["Ana", "A7"]}, ours], name="only_theirs", campaign="June"
    )
    assert (sent.written, [one.index for one in sent.refused]) == (1, [1])
    # Once it was synced itself, what it lacks is refused.
    sync.templates(waba_id=THEIRS)
    refused(TemplateRefused, "no template 'oder'", to=theirs, name="oder")
    refused(TemplateRefused, "'pt_BR': it is in en", to=theirs, language="pt_BR")


def test_the_comparison_can_be_turned_off(fake: FakeChakra, settings: Any) -> None:
    """With ``CHECK_TEMPLATES = False`` the platform judges; the category is still known."""
    put(fake, [BODY], status="PAUSED", sync_it=True)
    settings.CHAKRA = {**settings.CHAKRA, "CHECK_TEMPLATES": False}
    assert say(body=["one"], name="oder").status == "queued"
    stop()
    assert say(body=["one"]).status == "queued"


def stop() -> None:
    """Everybody whom we know wants no marketing."""
    Contact.objects.update(marketing_stopped_at=timezone.now())


@pytest.mark.parametrize(
    ("category", "goes"),
    [
        ("UTILITY", True),
        ("AUTHENTICATION", True),
        ("MARKETING", False),
        ("NEW", False),
        ("", False),
    ],
)
def test_the_category_is_the_platforms(
    fake: FakeChakra, ana: Conversation, category: str, goes: bool
) -> None:
    """Where it is not given it is that of the row, else marketing; given, it counts."""
    put(fake, [BODY], category=category, sync_it=True)
    stop()
    mapped: dict[str, Any] = {"to": ana, "name": "order", "language": "en", "body": ["Ana", "A7"]}
    if goes:
        assert say(to=ana).status == "queued"
        assert send.mapped_template(**mapped).status == "queued"
        with pytest.raises(MarketingStopped):
            say(to=ana, category="marketing")
    else:
        with pytest.raises(MarketingStopped):
            say(to=ana)
        with pytest.raises(MarketingStopped):
            send.mapped_template(**mapped)
        assert say(to=ana, category="utility").status == "queued"


def test_by_chakras_own_endpoint(fake: FakeChakra) -> None:
    """Name, language and status are compared; its values are Chakra's to map."""
    put(fake, [BODY], status="PAUSED", sync_it=True)
    arguments: dict[str, Any] = {"to": OTHER, "name": "order", "body": ["one"]}
    with pytest.raises(TemplateRefused, match="PAUSED"):
        send.mapped_template(**arguments, language="en")
    with pytest.raises(TemplateRefused, match="not in 'fr'"):
        send.mapped_template(**arguments, language="fr")
    # Without a language one that can be sent is enough.
    assert send.mapped_template(**arguments).status == "queued"


def test_sent_again(fake: FakeChakra, ana: Conversation) -> None:
    """A retry is compared with what is known now, and knows its category."""
    put(fake, [BODY], sync_it=True)
    rows = [say(to=ana) for _ in range(2)]
    Message.objects.filter(source="send").update(status="failed")
    stop()
    assert send.again(rows[0]).status == "queued"
    MessageTemplate.objects.update(status="DISABLED")
    with pytest.raises(TemplateRefused, match="DISABLED"):
        send.again(rows[1])
    # What was written down before is not compared once more.
    assert send.again(rows[0]).retry_of_id == rows[0].pk


def test_a_key_gives_the_first_message_back(fake: FakeChakra) -> None:
    """Whatever became of the template since."""
    sync.templates()
    first = say(idempotency_key="one")
    MessageTemplate.objects.update(status="DISABLED")
    assert say(idempotency_key="one") == first


def to_all(people: list[Any], **arguments: Any) -> send.Sent:
    """The template to many."""
    usual: dict[str, Any] = {"name": "order", "language": "en", "campaign": "May"}
    return send.template_many(people, **{**usual, **arguments})


def test_a_list_that_can_not_be_sent(fake: FakeChakra) -> None:
    """Name, language and status end it before there is a campaign."""
    put(fake, [BODY], status="PAUSED", sync_it=True)
    for changes, words in (
        ({}, "PAUSED"),
        ({"language": "fr"}, "not in 'fr'"),
        ({"name": "oder"}, "no template 'oder'"),
    ):
        with pytest.raises(TemplateRefused, match=words):
            to_all([OTHER], **changes)
    assert not Campaign.objects.exists()


def test_each_recipient_of_a_list(fake: FakeChakra) -> None:
    """Whose values do not fit is refused alone, with the place and without the value."""
    sync.templates()
    people = [
        {"to": OTHER, "body": ["Ana", "A7"]},
        {"to": "5511966665555", "body": ["Bruno"]},
        {"to": "5511955554444", "body": ["Caio", "C9"], "header_text": "secret"},
    ]
    sent = to_all(people)
    assert (sent.written, [one.index for one in sent.refused]) == (1, [1, 2])
    assert [type(one.error) for one in sent.refused] == [ValidationFailed] * 2
    assert "secret" not in str(sent.refused[1].error)


@pytest.mark.parametrize(("category", "written"), [("UTILITY", 1), ("MARKETING", 0)])
def test_the_category_of_a_list(
    fake: FakeChakra, ana: Conversation, category: str, written: int
) -> None:
    """Is the row's where it is not given."""
    put(fake, [BODY], category=category, sync_it=True)
    stop()
    assert to_all([{"to": ana, "body": ["Ana", "A7"]}]).written == written


CARDS: list[dict[str, Any]] = [
    {"type": "BODY", "text": "News"},
    {"type": "CAROUSEL", "cards": [
        {"components": [
            {"type": "HEADER", "format": "IMAGE"},
            {"type": "BODY", "text": "Buy {{1}}"},
            {"type": "BUTTONS", "buttons": [LINK]},
        ]},
    ] * 2},
]  # fmt: skip


def card(index: int, *, name: str = "tea", **more: Any) -> dict[str, Any]:
    """A card as Meta writes it."""
    picture = {"type": "image", "image": {"link": "https://x.example/a.png"}}
    return {"card_index": index, "components": [
        {"type": "header", "parameters": [picture]},
        {"type": "body", "parameters": [{"type": "text", "text": name}]},
        {"type": "button", "sub_type": "url", "index": "0",
         "parameters": [{"type": "text", "text": "A7"}]},
    ], **more}  # fmt: skip


def test_cards(fake: FakeChakra) -> None:
    """Each card of a carousel is compared like a template."""
    put(fake, CARDS, sync_it=True)

    def given(*cards: Any) -> dict[str, Any]:
        return {"body": None, "components": [{"type": "carousel", "cards": list(cards)}]}

    assert say(**given(card(0), card(1))).status == "queued"
    refused(ValidationFailed, "2 cards to be given", body=None)
    refused(ValidationFailed, "2 cards, 1 given", **given(card(0)))
    bare = {"card_index": 1, "components": []}
    error = refused(ValidationFailed, "the header is an? image", **given(card(0), bare))
    assert error.field == "template.components[0].cards[1].components"
    assert "button 1 needs the end of its address" in str(error)


def test_codes(fake: FakeChakra) -> None:
    """A one-time password wants its code in the body and on the button."""
    body: dict[str, Any] = {"type": "BODY", "text": "*{{1}}* is your code"}
    buttons: list[dict[str, Any]] = [
        {"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy"},
        {"type": "URL", "text": "Copy", "url": "https://www.whatsapp.com/otp/code/?code=otp{{1}}"},
    ]
    for button in buttons:
        shape = [body, {"type": "BUTTONS", "buttons": [button]}]
        put(fake, shape, category="AUTHENTICATION", sync_it=True)
        assert say(body=["123456"], buttons=[{"otp": "123456"}]).status == "queued"
        refused(ValidationFailed, "button 1 needs the", body=["123456"])
