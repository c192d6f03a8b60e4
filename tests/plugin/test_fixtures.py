"""The fixtures, used here as a host project uses them."""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from django_chakra import connect, download, process
from django_chakra.connect import chakra
from django_chakra.exceptions import ApiError
from django_chakra.models import (
    BusinessNumber,
    Contact,
    Conversation,
    MediaFile,
    Message,
    ReceiverFailure,
    WebhookCall,
)
from django_chakra.signals import message_received
from django_chakra.testing import calls, plugin, samples
from django_chakra.testing.fake import Clock, FakeChakra, customers
from django_chakra.testing.site import Poster

Factory = Callable[..., Any]
TEXT = "meta/messages__text"

pytestmark = pytest.mark.databases


def say(to: str, **account: str) -> Any:
    """Send a text."""
    return chakra(**account).session_messages.send(to=to, type="text", text={"body": "Hi"})


@contextlib.contextmanager
def listening(receiver: Callable[..., None]) -> Iterator[None]:
    """The receiver hears of messages until the block ends."""
    message_received.connect(receiver, sender=Message, dispatch_uid="tests.plugin")
    try:
        yield
    finally:
        message_received.disconnect(sender=Message, dispatch_uid="tests.plugin")


@pytest.fixture
def answering() -> Iterator[None]:
    """A receiver that answers whoever writes."""
    with listening(lambda message, **kwargs: say(message.payload["from"])):
        yield


@pytest.fixture
def failing() -> Iterator[None]:
    """A receiver that raises."""

    def fail(**kwargs: Any) -> None:
        raise ValueError("out of stock")

    with listening(fail):
        yield


# --- chakra_fake


@pytest.mark.parametrize("account", ["default", "other"])
def test_every_account_leads_to_the_fake(chakra_fake: FakeChakra, account: str) -> None:
    """A client that somebody imported by name talks to the fake, and has the fake's ids."""
    client = chakra(account)
    client.health.check()
    assert (client.plugin_id, client.phone_number_id) == (
        chakra_fake.plugin_id,
        chakra_fake.phone_number_id,
    )


@pytest.fixture
def _nowhere(settings: Any) -> None:
    """A project that does not say where files are kept."""
    settings.CHAKRA = {k: value for k, value in settings.CHAKRA.items() if k != "MEDIA_DIR"}


@pytest.mark.django_db
@pytest.mark.usefixtures("_nowhere")
def test_files_of_messages_stay_out_of_the_project(
    chakra_fake: FakeChakra, chakra_post_event: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What a customer of the fake sends can be kept, in a temporary folder of pytest's."""
    chakra_post_event(customers.media(chakra_fake, "5511988887777").documents["chakra"])
    media = download.keep(MediaFile.objects.get())
    assert media.state == "kept"
    assert Path(media.file.path).is_relative_to(tmp_path_factory.getbasetemp())


def test_settings_that_the_test_changes_lie_above(chakra_fake: FakeChakra, settings: Any) -> None:
    """A client that is made anew, since the settings have changed, talks to the fake as well."""
    settings.CHAKRA = {**settings.CHAKRA, "READ_TIMEOUT": 3}
    assert chakra().http.timeout[1] == 3
    chakra().health.check()


def test_a_revoked_token_is_one(chakra_fake: FakeChakra) -> None:
    """The fake takes no other token than its own."""
    chakra_fake.token = "revoked"
    with pytest.raises(ApiError):
        chakra().users.list()


@pytest.mark.parametrize("has_django", [True, False])
@pytest.mark.parametrize("accounts", [{}, {"a": {"URL_TOKEN": "t"}}])
def test_all_is_as_before_afterwards(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    has_django: bool,
    accounts: dict[str, Any],
) -> None:
    """With pytest-django or without, settings and clients are given back; without accounts there
    is one while the fake is there."""
    monkeypatch.setattr(plugin, "_has_django", lambda config: has_django)
    settings.CHAKRA = {"ACCOUNTS": accounts}
    before, kept, made = django_settings.CHAKRA, connect._kept, vars(connect)["Chakra"]
    fixture = contextlib.contextmanager(vars(plugin)["chakra_fake"].__wrapped__)
    with fixture(request, Clock()) as fake:
        now: dict[str, Any] = django_settings.CHAKRA
        [(alias, account)] = now["ACCOUNTS"].items()
        assert (alias, account.get("URL_TOKEN")) in [("default", None), ("a", "t")]
        assert account["ACCESS_TOKEN"] == fake.token
        assert vars(connect)["Chakra"] is not made
    # Else they are given back with what else the test changed by that fixture: see the host's.
    assert has_django or django_settings.CHAKRA is before
    assert connect._kept is kept
    assert vars(connect)["Chakra"] is made


# --- chakra_post_event


def test_a_sample_comes_with_times_of_the_clock(
    chakra_post_event: Poster, chakra_clock: Clock
) -> None:
    """The newest time in a sample is the clock's."""
    chakra_clock.set(1_800_000_000)
    call = chakra_post_event(TEXT)
    assert call.state == "processed"
    [message] = Message.objects.all()
    assert message.occurred_at is not None
    assert message.occurred_at.timestamp() == 1_800_000_000


def test_values_are_changed_by_their_path(chakra_post_event: Poster) -> None:
    """Two underscores stand for a dot; the rest of the sample stays."""
    chakra_post_event(TEXT, text__body="Are you open?", messages__id="wamid.2")
    [message] = Message.objects.all()
    assert (message.text, message.external_id) == ("Are you open?", "wamid.2")
    with pytest.raises(KeyError, match=r"words\.body"):
        chakra_post_event(TEXT, words__body="?")


def test_a_body_is_posted_as_it_is(chakra_post_event: Poster) -> None:
    """Neither the times of an object nor any byte of bytes are changed."""
    document = samples.load(TEXT)
    body = calls.body(TEXT) + b" "
    assert bytes(chakra_post_event(document).body) == calls.body(document)
    assert bytes(chakra_post_event(body).body) == body
    with pytest.raises(TypeError):
        chakra_post_event(body, text__body="Hi")


@pytest.mark.parametrize("runner", ["inline", "worker"])
@pytest.mark.usefixtures("answering")
def test_who_writes_may_be_answered(
    chakra_post_event: Poster, chakra_fake: FakeChakra, settings: Any, runner: str
) -> None:
    """A receiver answers while the event is posted, whatever the runner, in both formats once."""
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": runner}
    for name in (TEXT, "chakra/message__text"):
        chakra_post_event(name)
    [sent] = chakra_fake.sent
    assert (sent.to, sent.text) == ("5511988887777", "Hi")


def test_each_account_has_its_url_and_secret(chakra_post_event: Poster, settings: Any) -> None:
    """The token of an account's URL is in it."""
    accounts = settings.CHAKRA["ACCOUNTS"]
    accounts = {**accounts, "other": {"WEBHOOK_SECRETS": ["s"], "URL_TOKEN": "t"}}
    settings.CHAKRA = {**settings.CHAKRA, "ACCOUNTS": accounts}
    assert chakra_post_event(TEXT, account="other").account == "other"


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_what_the_site_refuses_fails_the_test(chakra_post_event: Poster, secret: str) -> None:
    """Without a signature, or with another secret's, the site's answer is the reason."""
    with pytest.raises(AssertionError, match="The site answered 401: "):
        chakra_post_event(TEXT, secret=secret)


@pytest.mark.urls("tests.plugin")
def test_a_site_without_a_webhook_is_told_what_to_add(chakra_post_event: Poster) -> None:
    """The sentence has the line that is missing."""
    with pytest.raises(LookupError, match="include"):
        chakra_post_event(TEXT)


@pytest.mark.usefixtures("failing")
def test_a_receiver_that_raises_fails_the_test(chakra_post_event: Poster) -> None:
    """With its name and its error, unless the test wants to look at the failure itself."""
    with pytest.raises(AssertionError, match=r"(?s)tests\.plugin raised:.*out of stock"):
        chakra_post_event(TEXT)
    chakra_post_event(TEXT, messages__id="wamid.2", check=False)
    assert ReceiverFailure.objects.count() == 2


def test_every_sample_of_a_message_can_be_posted(chakra_post_event: Poster) -> None:
    """None of them is refused, or too much for the fake."""
    for name in [one for one in samples.names() if re.search("/messages?__", one)]:
        assert chakra_post_event(name).state == "processed"


# --- the factories


def test_a_contact_is_met_again(chakra_contact: Factory, chakra_post_event: Poster) -> None:
    """Whoever writes from a contact's number is that contact."""
    ana = chakra_contact(phone="5511988887777", user_id="BR.1", username="ana")
    assert isinstance(ana, Contact)
    chakra_post_event(TEXT)
    assert Message.objects.get().contact == ana
    assert chakra_contact().identities.get().value != chakra_contact().identities.get().value
    assert chakra_contact(phone="", account="other").identities.count() == 0


def test_a_conversation_is_there_once(
    chakra_conversation: Factory, chakra_contact: Factory, chakra_post_event: Poster
) -> None:
    """It is the one in which a message of that contact comes."""
    ana = chakra_contact(phone="5511988887777")
    chat = chakra_conversation(contact=ana)
    assert chat == chakra_conversation(contact=ana)
    chakra_post_event(TEXT)
    assert Message.objects.get().conversation == chat
    assert BusinessNumber.objects.count() == Conversation.objects.count() == 1
    assert chakra_conversation(account="other").account == "other"


@pytest.mark.usefixtures("failing")
def test_nobody_is_told_of_a_message_that_was_made(chakra_message: Factory) -> None:
    """Its conversation shows it, and nothing is left to be announced."""
    message = chakra_message("Hello", at=1_800_000_000)
    assert (message.text, message.direction, message.contact.name) == ("Hello", "in", "Ana")
    chat = message.conversation
    assert (chat.last_message, chat.unread_count, chat.announcing_by) == (message, 1, "")
    assert process.run() == process.sweep() == 0
    assert not ReceiverFailure.objects.exists()


def test_messages_of_a_conversation(
    chakra_message: Factory, chakra_conversation: Factory, chakra_contact: Factory
) -> None:
    """Ours, theirs, of other types, as answers, and from people without a phone."""
    chat = chakra_conversation(contact=chakra_contact(phone="", user_id="BR.1", name="Bo"))
    theirs = chakra_message("Hi", conversation=chat)
    ours = chakra_message(
        {"id": "9199000", "mime_type": "image/jpeg"}, type="image", direction="out",
        conversation=chat, reply_to=theirs.external_id, external_id="wamid.ours",
    )  # fmt: skip
    assert list(chat.messages.order_by("pk")) == [theirs, ours]
    assert (ours.direction, ours.kind, ours.reply_to) == ("out", "image", theirs)
    assert WebhookCall.objects.filter(state="processed").count() == 2
    with pytest.raises(ValueError, match="identity"):
        chakra_message(conversation=chakra_conversation(contact=chakra_contact(phone="")))


def test_the_window_closes_by_the_clock(chakra_message: Factory, chakra_clock: Clock) -> None:
    """Who wrote may be answered for a day of the fake's time."""
    phone = chakra_message("Hello").contact.identities.get().value
    say(phone)
    chakra_clock.move(25 * 3600)
    with pytest.raises(ApiError):
        say(phone)
