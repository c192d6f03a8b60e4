"""What staff see and do of messages that we send."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.utils import timezone

from django_chakra import send
from django_chakra.models import Campaign, Conversation, Message
from django_chakra.testing.fake import FakeChakra, Misbehaviour
from django_chakra.testing.fake.replies import errors

from .looking import act, details_url, list_url, page_url, see, shown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.fixture
def fake(chakra_fake: FakeChakra, transactional_db: None) -> FakeChakra:
    """Messages wait until the test has them carried."""
    return chakra_fake


@pytest.fixture
def ana(fake: FakeChakra, chakra_post_event: Any) -> Conversation:
    """The conversation with Ana, whose window is open."""
    chakra_post_event("meta/messages__text")
    return Conversation.objects.get()


@pytest.fixture
def actor(reader: Client) -> Client:
    """Who may view everything and act on messages."""
    permission = Permission.objects.get(codename="change_message")
    User.objects.get(username="reader").user_permissions.add(permission)
    return reader


def lost(fake: FakeChakra, ana: Conversation, *, taken: bool = True, body: str = "Hi") -> Message:
    """A message to which no answer came."""
    fake.before.append(lambda request: Misbehaviour.cut(taken=taken))
    message = send.text(to=ana, body=body)
    send.run()
    fake.before.clear()
    message.refresh_from_db()
    assert message.status == "unknown"
    return message


def held(ana: Conversation, status: str, **columns: Any) -> Message:
    """A message of ours in this state."""
    message = send.text(to=ana, body=f"it is {status}")
    Message.objects.filter(pk=message.pk).update(status=status, **columns)
    return message


def fresh(message: Message) -> Message:
    """The row as it is now."""
    return Message.objects.get(pk=message.pk)


def words(page: str) -> str:
    """What is read on a page."""
    page = re.sub(r"(?s)<(script|style).*?</\1>", " ", page)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def history(message: Any) -> list[str]:
    """What the admin wrote down about a row."""
    rows = LogEntry.objects.filter(
        object_id=str(message.pk), content_type__model=message._meta.model_name
    )
    return [f"{row.user.get_username()}: {row.get_change_message()}" for row in rows]


# Pages


def test_a_message_shows_its_attempts(staff: Client, fake: FakeChakra, ana: Conversation) -> None:
    """Each attempt with its time, end, code and words; and how we know what became of it."""
    fake.before.append(lambda request: errors(429, "Slowly, <b>please</b>"))
    message = send.text(to=ana, body="Hi")
    send.run()
    fake.before.clear()
    page = see(staff, page_url(message))
    assert "&lt;b&gt;please" in page
    said = words(page)
    assert re.search(r"waits since \d{4}-.* next attempt at \d{4}-", said)
    assert re.search(r"began took outcome code words .* 0\.\d s again \S+ Slowly", said)
    assert re.search(r"24-hour window: open until \d{4}-", said)

    Message.objects.update(next_attempt_at=None)
    Conversation.objects.update(send_after=None)
    ana.number.__class__.objects.update(send_after=None)
    send.run()
    said = words(see(staff, page_url(message)))
    assert "answer to the request" in said
    assert "again" in said
    assert "accepted" in said
    assert "waits since" not in said


def test_what_was_not_written_here(staff: Client, fake: FakeChakra, ana: Conversation) -> None:
    """Echoes say plainly where they were written, on lists and pages."""
    for source, where in (
        ("echo_phone", "from the phone"),
        ("echo_inbox", "from Chakra&#x27;s inbox"),
    ):
        message = held(ana, "sent", source=source)
        for url in (page_url(message), list_url(Message), page_url(ana)):
            assert where in see(staff, url), url


def test_a_conversation_shows_its_window(
    staff: Client, fake: FakeChakra, ana: Conversation
) -> None:
    """Open until, closed since, never open; and when somebody last answered."""
    at = timezone.now() - timedelta(hours=30)
    assert re.search(r"24-hour window: open until \d{4}", words(see(staff, details_url(ana))))
    Conversation.objects.update(last_inbound_at=at, last_human_reply_at=at)
    said = words(see(staff, details_url(ana)))
    closed = (at + timedelta(hours=24)).strftime("%Y-%m-%d %H:%M:%S")
    assert f"24-hour window: closed since {closed}" in said
    assert f"Last human reply: {at:%Y-%m-%d %H:%M:%S}" in said
    Conversation.objects.update(last_inbound_at=None)
    assert "closed they never wrote" in words(see(staff, details_url(ana)))


def test_messages_of_a_campaign_and_a_state(
    staff: Client, fake: FakeChakra, ana: Conversation
) -> None:
    """The list can be narrowed to a campaign, to each state of ours, and to retries."""
    campaign = Campaign.objects.create(account="default", name="May")
    first, second = held(ana, "paused", campaign=campaign), held(ana, "withheld")
    retry = send.again(second)
    assert shown(staff, Message, f"?campaign={campaign.pk}") == [first.pk]
    assert shown(staff, Message, f"?retry_of={second.pk}") == [retry.pk]
    for status, found in {"paused": [first], "withheld": [second], "queued": [retry]}.items():
        assert shown(staff, Message, f"?status={status}") == [row.pk for row in found]
    assert page_url(campaign) in see(staff, page_url(first))
    assert page_url(retry) in see(staff, page_url(second))
    assert list_url(Message, f"?q={first.pk}") in see(staff, page_url(first))


# Send again


def test_send_again_asks_first(actor: Client, fake: FakeChakra, ana: Conversation) -> None:
    """A page says which and how many, and what may arrive twice; nothing is sent by it."""
    failed, unknown, done = (held(ana, status) for status in ("failed", "unknown", "delivered"))
    Message.objects.filter(pk=failed.pk).update(text="<script>alert(1)</script>")
    posted = {"action": "send_again", "_selected_action": [failed.pk, unknown.pk, done.pk]}
    response = actor.post(list_url(Message), posted)
    page = response.content.decode()
    assert response.status_code == 200
    assert "These 2 messages go to the customers once more" in page
    assert "Of 1 nobody knows whether it arrived: it may arrive twice" in words(page)
    assert "1 more is left as it is" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    keys = re.findall(r'name="_selected_action" value="(\d+)"', page)
    assert keys == [str(failed.pk), str(unknown.pk)]
    assert Message.objects.filter(retry_of__isnull=False).count() == 0
    assert LogEntry.objects.count() == 0


def test_send_again(actor: Client, fake: FakeChakra, ana: Conversation) -> None:
    """Confirmed, each goes once, however often the page is posted; the history says who did it."""
    failed, done = held(ana, "failed"), held(ana, "delivered")
    said = act(actor, Message, "send_again", failed, done, confirmed="yes")
    retry = Message.objects.get(retry_of=failed)
    assert said[0] == "1 message is sent again."
    assert said[1].startswith("1 message: It is delivered")
    assert retry.author == User.objects.get(username="reader")
    assert history(failed) == [f"reader: Sent again as message {retry.pk}."]
    assert history(done) == []
    said = act(actor, Message, "send_again", failed, confirmed="yes")
    assert said == ["1 message: It was sent again before."]
    assert (
        "Nothing of what you ticked"
        in actor.post(
            list_url(Message), {"action": "send_again", "_selected_action": [failed.pk]}
        ).content.decode()
    )
    send.run()
    assert [one.text for one in fake.sent] == ["it is failed"]


def test_send_again_says_what_speaks_against_it(
    actor: Client, fake: FakeChakra, ana: Conversation
) -> None:
    """A closed window is said once for all that it stops."""
    messages = [held(ana, "failed"), held(ana, "cancelled")]
    Conversation.objects.update(last_inbound_at=timezone.now() - timedelta(hours=30))
    (said,) = act(actor, Message, "send_again", *messages, confirmed="yes")
    assert said.startswith("2 messages: The customer's 24-hour window is closed since")


def test_it_is_carried_after_the_history_is_written(
    actor: Client, fake: FakeChakra, ana: Conversation, settings: Any
) -> None:
    """With the inline runner the request to the platform leaves outside of any transaction."""
    failed = held(ana, "failed")
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": "inline"}
    seen: list[tuple[bool, list[str]]] = []

    def look(request: Any) -> None:
        seen.append((connection.in_atomic_block, history(failed)))

    fake.before.append(look)
    act(actor, Message, "send_again", failed, confirmed="yes")
    retry = Message.objects.get(retry_of=failed)
    assert retry.status == "accepted"
    assert seen == [(False, [f"reader: Sent again as message {retry.pk}."])]


# Cancel and check


def test_cancel(actor: Client, fake: FakeChakra, ana: Conversation) -> None:
    """What waits is cancelled, with the name of who did it; the rest is left."""
    queued, paused, done = (held(ana, status) for status in ("queued", "paused", "sent"))
    said = act(actor, Message, "cancel", queued, paused, done)
    assert said == [
        "2 messages were cancelled.",
        "1 message was left as it is: it does not wait any more.",
    ]
    assert [fresh(row).status for row in (queued, paused, done)] == ["cancelled"] * 2 + ["sent"]
    assert history(queued) == ["reader: Cancelled."]
    assert "UTC by reader" in see(actor, page_url(queued))
    send.run()
    assert fake.sent == []


def test_check(actor: Client, fake: FakeChakra, ana: Conversation) -> None:
    """Each finding is said in words, with the number of messages that it is about."""
    found, nothing = lost(fake, ana, body="One"), lost(fake, ana, body="Two", taken=False)
    waiting = held(ana, "queued")
    said = act(actor, Message, "check_with_platform", found, nothing, waiting)
    assert sorted(said) == [
        "1 message: It is queued: the platform can't know it",
        "1 message: The platform has it: it is accepted.",
        "1 message: The platform shows nothing like it (2 messages seen).",
    ]
    assert [fresh(row).status for row in (found, nothing)] == ["accepted", "unknown"]
    assert history(found) == ["reader: Checked: The platform has it: it is accepted."]
    assert history(waiting) == []
    assert "checked with the platform" in see(actor, page_url(found))


def test_check_ends_where_nobody_answers(
    actor: Client, fake: FakeChakra, ana: Conversation
) -> None:
    """An error of the platform's is shown as text, and it is not asked again and again."""
    messages = [lost(fake, ana, body=str(number)) for number in range(3)]
    asked = []

    def refuse(request: Any) -> Any:
        asked.append(request)
        return errors(401, "<b>Who</b> are you?")

    fake.before.append(refuse)
    (said,) = act(actor, Message, "check_with_platform", *messages)
    assert said.startswith("The platform could not be asked, and nothing more was: ")
    assert "<b>Who</b> are you?" in said
    assert fake.token not in said
    assert len(asked) == 1
    posted = {"action": "check_with_platform", "_selected_action": [messages[0].pk]}
    page = actor.post(list_url(Message), posted, follow=True).content.decode()
    assert "&lt;b&gt;Who" in page
    assert "<b>Who" not in page


@pytest.mark.parametrize("action", ["check_with_platform", "send_again", "cancel"])
def test_actions_need_permission(
    reader: Client, fake: FakeChakra, ana: Conversation, action: str
) -> None:
    """Who may only view sees no actions and can run none, also by posting the confirmation."""
    rows = [lost(fake, ana), held(ana, "failed"), held(ana, "queued")]
    before = [fresh(row).status for row in rows]
    assert f'value="{action}"' not in see(reader, list_url(Message))
    act(reader, Message, action, *rows, confirmed="yes")
    assert [fresh(row).status for row in rows] == before
    assert Message.objects.filter(retry_of__isnull=False).count() == 0
    assert LogEntry.objects.count() == 0


def test_a_confirmation_needs_its_token(staff: Client, fake: FakeChakra, ana: Conversation) -> None:
    """Nobody is led to confirm by another site's form."""
    failed = held(ana, "failed")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get())
    posted = {"action": "send_again", "_selected_action": [failed.pk], "confirmed": "yes"}
    assert strict.post(list_url(Message), posted).status_code == 403
    assert failed.retries.count() == 0


# Campaigns


@pytest.fixture
def may(fake: FakeChakra, ana: Conversation) -> Campaign:
    """A campaign with a message that waits and one that has gone."""
    campaign = Campaign.objects.create(account="default", name="May <b>")
    held(ana, "queued", campaign=campaign)
    held(ana, "delivered", campaign=campaign)
    return campaign


def test_a_campaign_shows_its_messages(staff: Client, may: Campaign) -> None:
    """How many there are of each status, with links to them; and why it was stopped."""
    may.stop(132015, "Template <i>paused</i>")
    for url in (list_url(Campaign), page_url(may)):
        page = see(staff, url)
        assert "<b>" not in page.partition('id="content"')[2]
        assert "<i>" not in page
        assert "132015 Template &lt;i&gt;paused" in page
        assert "paused 1 delivered 1" in words(page)
        assert list_url(Message, f"?campaign={may.pk}&amp;status=paused") in page
    assert len(shown(staff, Message, f"?campaign={may.pk}&status=paused")) == 1


def test_campaigns_are_paused_and_resumed(staff: Client, fake: FakeChakra, may: Campaign) -> None:
    """Nothing leaves until it goes on; the history says who did what."""
    assert act(staff, Campaign, "pause", may) == ["May <b> is paused: 1 message waits by that."]
    send.run()
    assert fake.sent == []
    said = ["May <b> is running: 1 message is to be sent."]
    assert act(staff, Campaign, "resume", may) == said
    send.run()
    assert len(fake.sent) == 1
    assert history(may) == [f"root: {said[0]}", "root: May <b> is paused: 1 message waits by that."]


def test_campaigns_need_permission(reader: Client, may: Campaign) -> None:
    """Who may only view can't pause."""
    act(reader, Campaign, "pause", may)
    may.refresh_from_db()
    assert may.state == "running"
