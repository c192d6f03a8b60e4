"""One template to many: in constant statements, each at most once, held and let go by its name."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from django_chakra import send
from django_chakra.exceptions import MarketingStopped, SendRefused, ValidationFailed
from django_chakra.models import (
    Campaign,
    Contact,
    ContactIdentity,
    Conversation,
    Message,
    MessageStatus,
)
from django_chakra.send.carry import claim
from django_chakra.testing.fake import FakeChakra, Misbehaviour, Request
from django_chakra.testing.fake.replies import meta_error

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def to_all(
    fake: FakeChakra, recipients: Any, campaign: Any = "spring", **options: Any
) -> send.Sent:
    """Write the fake's approved template to all of these, with "Asha" in its place."""
    one = next(one for one in fake.state.templates.values() if one.status == "APPROVED")
    given = {"name": one.name, "language": one.language, "body": ["Asha"], **options}
    return send.template_many(recipients, campaign=campaign, **given)


def numbers(count: int, start: int = 0) -> Iterator[str]:
    """Phone numbers that nobody has."""
    return (f"9199{n:08}" for n in range(start, start + count))


def states() -> dict[str, int]:
    """How many messages of ours stand where."""
    found: dict[str, int] = {}
    for status in Message.objects.filter(direction="out").values_list("status", flat=True):
        found[status] = found.get(status, 0) + 1
    return found


def failing(fake: FakeChakra, nth: int, code: int = 131042) -> None:
    """Let the fake refuse the n-th message."""
    seen: list[Request] = []

    def refuse(request: Request) -> Misbehaviour | None:
        if not request.path.endswith("/messages"):
            return None
        seen.append(request)
        reply = meta_error(code, "Business eligibility payment issue", "No payment method")
        return Misbehaviour.instead(reply) if len(seen) == nth else None

    fake.before.append(refuse)


def test_each_recipient_has_a_message_of_the_campaign(queued: FakeChakra) -> None:
    """Rows with their own places and the shared ones; nothing leaves until it is carried."""
    rows = [
        "+91 99 0000-0001",
        {"to": "919900000002", "body": ["Ravi"], "idempotency_key": "order 2"},
        {"to": "IN.ENT.1234567890"},
    ]
    done: list[int] = []
    sent = to_all(queued, iter(rows), progress=done.append)
    assert (sent.written, sent.repeated, sent.refused, done) == (3, 0, (), [3])
    assert queued.sent == []
    assert sent.campaign.messages.filter(status="queued").count() == 3
    assert send.run() == 3
    assert {one.to for one in queued.sent} == {"919900000001", "919900000002", "IN.ENT.1234567890"}
    assert states() == {"accepted": 3}
    texts = {one.body["components"][0]["parameters"][0]["text"] for one in queued.sent}
    assert texts == {"Asha", "Ravi"}


def test_nothing_of_a_list_is_carried_after_the_commit(fake: FakeChakra) -> None:
    """With the inline runner neither: the list waits."""
    to_all(fake, numbers(3))
    assert fake.sent == []
    assert states() == {"queued": 3}


@pytest.mark.databases("postgresql", "mariadb")
@pytest.mark.parametrize("are_known", [False, True])
def test_ten_recipients_cost_as_many_statements_as_five_hundred(
    queued: FakeChakra, are_known: bool
) -> None:
    """For people whom we have never met, and for those with a conversation."""
    to_all(queued, numbers(510) if are_known else ["919900999999"], campaign="before")
    counted = []
    for count, start in ((10, 0), (500, 10)):
        Campaign.objects.create(account="default", name=f"{count}")
        with CaptureQueriesContext(connection) as captured:
            sent = to_all(queued, numbers(count, start), campaign=f"{count}")
        assert sent.written == count
        counted.append(len(captured))
    assert counted[0] == counted[1] <= (16 if are_known else 26)


def test_the_same_campaign_again_goes_on(queued: FakeChakra) -> None:
    """Whoever has its message is passed over; another campaign is another message."""
    assert to_all(queued, numbers(3)).written == 3
    again = to_all(queued, numbers(5))
    assert (again.written, again.repeated) == (2, 3)
    assert to_all(queued, numbers(5), campaign="summer").written == 5
    assert Message.objects.count() == 10


def test_one_person_by_several_names_gets_it_once(queued: FakeChakra, ana: Conversation) -> None:
    """A spelling with or without Brazil's ninth digit, the contact, the conversation, the id."""
    contact = ana.contact
    assert contact is not None
    ContactIdentity.objects.create(
        account="default", contact=contact, kind="user_id", value="BR.77", match_key="BR.77"
    )
    inbound = Message.objects.get()
    names = ["+55 11 98888-7777", "551188887777", contact, ana, inbound, "BR.77"]
    first = to_all(queued, names)
    assert (first.written, first.repeated, first.refused) == (1, 5, ())
    assert Message.objects.get(direction="out").conversation == ana
    assert to_all(queued, reversed(names)).repeated == 6
    assert to_all(queued, ["5521988887777", "552188887777"]).written == 1


def test_who_is_refused_does_not_end_the_list(queued: FakeChakra, ana: Conversation) -> None:
    """Each is named by its place, with the reason; the words hold nothing of the recipient."""
    Contact.objects.update(marketing_stopped_at="2026-01-01T00:00:00Z")
    other = Contact.objects.create(account="other")
    nameless = Contact.objects.create(account="default")
    rows: list[Any] = [
        "919900000001",
        "not a number",
        ana,
        other,
        nameless,
        None,
        {"to": "919900000002", "bdy": ["?"]},
        {"to": "919900000003", "body": [object()]},
        {"to": "919900000004", "body": ["a\x00b"]},
        {"to": "919900000005", "idempotency_key": ""},
        {"to": "919900000006", "buttons": [{"copy_code": 7}]},
        {},
        "919900000007",
    ]
    sent = to_all(queued, rows)
    assert sent.written == 2
    assert [one.index for one in sent.refused] == list(range(1, 12))
    kinds = {one.index: type(one.error) for one in sent.refused}
    assert (kinds[1], kinds[2], kinds[3]) == (ValidationFailed, MarketingStopped, SendRefused)
    said = " ".join(str(one.error) for one in sent.refused)
    assert "99000" not in said
    assert all(one.error.__traceback__ is None for one in sent.refused)
    assert to_all(queued, [ana], campaign="news", category="utility").written == 1
    assert to_all(queued, [ana], campaign="forced", force=True).written == 1


def test_a_template_that_is_none_is_said_at_once(queued: FakeChakra) -> None:
    """Before anything is written or the list is read."""

    def never() -> Iterator[str]:
        assert queued.sent, "it was read"
        yield ""

    with pytest.raises(ValidationFailed):
        to_all(queued, never(), name="Not A Name")
    with pytest.raises(TypeError, match="bdy"):
        to_all(queued, never(), bdy=["Asha"])
    assert not Campaign.objects.exists()


def test_what_was_written_before_the_list_broke_stays(
    queued: FakeChakra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each chunk is a transaction of its own; in one of the caller's, all goes with it."""
    monkeypatch.setattr(send.many, "CHUNK", 2)

    def breaking() -> Iterator[str]:
        yield from numbers(5)
        raise OSError("the file is gone")

    done: list[int] = []
    with pytest.raises(OSError, match="gone"):
        to_all(queued, breaking(), progress=done.append)
    assert (done, Message.objects.count()) == ([2, 4], 4)
    with pytest.raises(OSError, match="gone"), transaction.atomic():
        to_all(queued, breaking(), campaign="summer")
    assert Message.objects.count() == 4
    sent = to_all(queued, numbers(5), progress=done.append)
    assert (sent.written, sent.repeated, done) == (1, 4, [2, 4, 2, 4, 5])


def test_a_group_gets_it_too(queued: FakeChakra, ana: Conversation) -> None:
    """As its conversation, with the platform's word for it."""
    group = Conversation.objects.create(account="default", number=ana.number, group_id="g-1")
    assert to_all(queued, [group]).written == 1
    assert Message.objects.get(conversation=group).payload["recipient_type"] == "group"


def test_what_the_account_may_not_do_stops_the_campaign(queued: FakeChakra) -> None:
    """The third is refused for payment: the rest waits, the campaign says why, resume goes on."""
    failing(queued, 3)
    sent = to_all(queued, numbers(6))
    assert send.run() == 3
    assert states() == {"accepted": 2, "failed": 1, "paused": 3}
    campaign = sent.campaign
    campaign.refresh_from_db()
    assert (campaign.state, campaign.error_code) == ("stopped", 131042)
    assert "payment" in campaign.reason
    assert send.run() == 0
    assert send.resume("spring") == 3
    assert send.run() == 3
    assert states() == {"accepted": 5, "failed": 1}
    campaign.refresh_from_db()
    assert (campaign.state, campaign.error_code, campaign.reason) == ("running", None, "")


def test_a_country_that_is_closed_stops_nobody_else(queued: FakeChakra) -> None:
    """131026 and 130497 are about one recipient, or one country."""
    failing(queued, 1, 130497)
    failing(queued, 2, 131026)
    to_all(queued, numbers(4))
    assert send.run() == 4
    assert states() == {"accepted": 2, "failed": 2}


def fail_later(post: Any, message: Message, code: int) -> None:
    """Post a status: the platform took it, and failed it afterwards."""
    post(
        "meta/statuses__failed",
        statuses__id=message.external_id,
        errors__code=code,
        errors__title="Business eligibility payment issue",
    )


def test_a_failure_that_comes_later_stops_the_campaign(
    queued: FakeChakra, chakra_post_event: Any
) -> None:
    """The platform takes it, and fails it by webhook; other campaigns go on."""
    to_all(queued, numbers(1))
    send.run()
    sent = to_all(queued, numbers(4))
    to_all(queued, numbers(1), campaign="summer")
    message = sent.campaign.messages.exclude(external_id=None).get()
    fail_later(chakra_post_event, message, 131026)
    assert sent.campaign.messages.filter(status="queued").count() == 3
    other = sent.campaign.messages.filter(status="queued").first()
    assert other is not None
    send.carry(other.conversation_id)
    other.refresh_from_db()
    fail_later(chakra_post_event, other, 131042)
    sent.campaign.refresh_from_db()
    assert (sent.campaign.state, sent.campaign.error_code) == ("stopped", 131042)
    assert states() == {"failed": 2, "paused": 2, "queued": 1}
    # Paid: what is told once more of the time before holds nothing.
    assert send.resume(sent.campaign) == 2
    fail_later(chakra_post_event, other, 131042)
    sent.campaign.refresh_from_db()
    assert sent.campaign.state == "running"


def test_a_paused_campaign_takes_more_and_sends_nothing(queued: FakeChakra) -> None:
    """What is written meanwhile waits too; a failed, sent or cancelled one stays what it is."""
    sent = to_all(queued, numbers(3))
    send.carry(Message.objects.first().conversation_id)  # type: ignore[union-attr]
    assert send.pause("spring") == 2
    assert to_all(queued, numbers(5)).written == 2
    assert send.run() == 0
    assert states() == {"accepted": 1, "paused": 4}
    assert sent.campaign.state == "running"
    assert send.resume("spring") == 4
    assert send.run() == 4
    with pytest.raises(Campaign.DoesNotExist):
        send.pause("autumn")


def test_pause_takes_hold_while_a_list_is_written(
    queued: FakeChakra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a list that is half written the rest is paused too, and so is the half."""
    monkeypatch.setattr(send.many, "CHUNK", 2)

    def pausing(done: int) -> None:
        if done == 2:
            send.pause("spring")

    assert to_all(queued, numbers(6), progress=pausing).campaign.state == "paused"
    assert states() == {"paused": 6}


def test_a_message_on_its_way_goes_on(queued: FakeChakra) -> None:
    """Pause leaves it alone; when it would be sent again, it waits with the others."""
    to_all(queued, numbers(2))
    first, second = Message.objects.order_by("pk")
    message = claim(first.conversation_id)
    assert message is not None
    assert send.pause("spring") == 1
    second.refresh_from_db()
    assert second.status == "paused"
    message.refresh_from_db()
    assert message.status == "sending"
    # The same with an attempt that the platform surely did not take.
    Message.objects.filter(pk=first.pk).update(status="queued", sending_in=None)

    def pause_and_be_busy(request: Request) -> Misbehaviour | None:
        if not request.path.endswith("/messages"):
            return None
        send.resume("spring")
        send.pause("spring")
        return Misbehaviour.unreachable()

    queued.before.append(pause_and_be_busy)
    send.carry(first.conversation_id)
    first.refresh_from_db()
    assert (first.status, first.attempts) == ("paused", 2)


def test_of_pause_and_claim_one_has_each_message(queued: FakeChakra) -> None:
    """Four threads send while it is paused: each message was sent once, or waits."""
    sent = to_all(queued, numbers(40))
    keys = list(sent.campaign.messages.values_list("conversation_id", flat=True))

    def carry(conversation: int) -> None:
        try:
            send.carry(conversation)
        finally:
            connections.close_all()

    def pause() -> None:
        try:
            send.pause("spring")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(carry, key) for key in keys[:20]]
        jobs.append(pool.submit(pause))
        jobs += [pool.submit(carry, key) for key in keys[20:]]
        for job in jobs:
            job.result()
    found = states()
    assert found.keys() <= {"accepted", "paused"}
    assert len(queued.sent) == found["accepted"] == 40 - found.get("paused", 0)
    assert found.get("paused", 0) > 0


def test_two_that_write_the_same_campaign_at_once_write_each_once(queued: FakeChakra) -> None:
    """Lists that overlap, in two threads: everybody has one message."""

    def write(start: int) -> tuple[int, int]:
        try:
            sent = to_all(queued, numbers(60, start))
            return sent.written, sent.repeated
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(write, (0, 30)))
    assert sum(written for written, _ in found) == Message.objects.count() == 90
    assert sum(repeated for _, repeated in found) == 30
    assert Contact.objects.count() == 90


def test_the_time_to_send_begins_anew_with_resume(queued: FakeChakra) -> None:
    """What was paused for longer than SEND_WITHIN leaves when somebody resumes it."""
    to_all(queued, numbers(1))
    send.pause("spring")
    Message.objects.update(received_at="2026-01-01T00:00:00Z")
    send.resume("spring")
    send.run()
    assert states() == {str(MessageStatus.ACCEPTED): 1}
