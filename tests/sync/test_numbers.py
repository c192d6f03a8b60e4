"""What the API says of our numbers beside what events said, and whose numbers are left alone."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_chakra import sync
from django_chakra.exceptions import AuthenticationFailed, ConfigurationError
from django_chakra.models import BusinessNumber, Conversation, Message, standing
from django_chakra.record import asked
from django_chakra.record.asked import OurNumber
from django_chakra.testing import calls
from django_chakra.testing.fake import Clock, FakeChakra, Reply, reviews
from tests.posting import SECRETS, START, record, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

NUMBER, WABA = calls.PHONE_NUMBER_ID, calls.WABA_ID
SECOND, STRANGER = "300000000000002", "300000000000009"


@pytest.fixture(autouse=True)
def both_sign(settings: Any, chakra_fake: FakeChakra) -> None:
    """Calls are taken from the fake and from tests.posting."""
    for account in settings.CHAKRA["ACCOUNTS"].values():
        account["WEBHOOK_SECRETS"] = [chakra_fake.secret, SECRETS["default"]]


def add(fake: FakeChakra, phone_number_id: str, waba: str = WABA, **more: Any) -> None:
    """One more number of the team."""
    given = {"id": phone_number_id, "waba": waba, "displayPhoneNumber": f"+1 {phone_number_id}"}
    fake.state.numbers[phone_number_id] = {
        **fake.state.numbers[NUMBER], **given, **more,
    }  # fmt: skip


def number(key: str = NUMBER) -> BusinessNumber:
    return BusinessNumber.objects.get(account="default", key=key)


def keys() -> set[str]:
    return set(BusinessNumber.objects.filter(account="default").values_list("key", flat=True))


def command(*args: str) -> tuple[str, str]:
    """What ``chakra_numbers`` prints, and what it complains of."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("chakra_numbers", *args, stdout=out, stderr=err)
    except CommandError as error:
        err.write(f"CommandError: {error}")
    return out.getvalue(), err.getvalue()


def test_the_api_fills_the_row(chakra_fake: FakeChakra) -> None:
    """Quality, limit, names, state and health are kept, with the time and who said so."""
    before = timezone.now()

    assert sync.numbers() == ([NUMBER], [], {}, 0)

    row = number()
    assert (row.quality, row.messaging_limit, row.name) == ("GREEN", "TIER_1K", "Shop")
    assert (row.name_status, row.status, row.waba_id) == ("APPROVED", "CONNECTED", WABA)
    assert row.display_number == "+55 11 90000-0000"
    told = standing.told(row, "quality")
    assert told is not None
    assert (told.by_api, told.at) == (True, row.checked_at)
    assert before <= told.at <= timezone.now()
    kinds = [entity.type for entity in standing.entities(standing.answer(row))]
    assert kinds == ["PHONE_NUMBER", "WABA"]
    assert number(f"waba:{WABA}").status == "AVAILABLE"


def test_the_later_word_counts(
    chakra_fake: FakeChakra, chakra_clock: Clock, chakra_post_due: Any
) -> None:
    """An event that is newer than the question wins, an older one does not, whichever comes last;
    the row says who spoke.
    """
    chakra_clock.move(-60)
    chakra_fake.events.tell(reviews.quality(chakra_fake.events, "FLAGGED"))
    chakra_fake.state.numbers[NUMBER]["qualityScore"] = {"score": "YELLOW"}
    sync.numbers()
    chakra_post_due()
    assert number().quality == "YELLOW"
    said = standing.told(number(), "quality")
    assert said is not None
    assert said.by_api

    chakra_clock.move(120)
    chakra_fake.events.tell(reviews.quality(chakra_fake.events, "UPGRADE"))
    chakra_fake.events.tell(reviews.quality(chakra_fake.events, "UNFLAGGED"))
    chakra_fake.state.numbers[NUMBER]["qualityScore"] = {"score": "RED"}
    chakra_post_due()
    sync.numbers()
    assert (number().quality, number().messaging_limit) == ("UNFLAGGED", "TIER_10K")
    said = standing.told(number(), "quality")
    assert said is not None
    assert not said.by_api
    assert standing.answer(number())["qualityScore"] == {"score": "RED"}


def test_who_said_it_stays_known_when_the_api_is_silent(chakra_fake: FakeChakra) -> None:
    """A word that the API said once is still the API's after an answer that has it no more."""
    sync.numbers()
    before = number().checked_at
    chakra_fake.state.numbers[NUMBER] |= {"qualityScore": None, "nameStatus": {}}
    sync.numbers()

    row = number()
    told = standing.told(row, "quality")
    assert told is not None
    assert (row.quality, told.by_api, told.at) == ("GREEN", True, before)
    assert row.checked_at is not None
    assert before is not None
    assert row.checked_at > before


def words(at: int) -> list[Any]:
    """An event of restriction, the API's word that all can be sent, an event about quality."""
    restriction = {
        "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": START + 9_000_000,
    }  # fmt: skip
    other = {"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION"}
    value = {"event": "ACCOUNT_RESTRICTION", "restriction_info": [restriction, other]}
    flag = {"display_phone_number": "5511900000000", "event": "FLAGGED"}
    entity = {"entity_type": "WABA", "can_send_message": "AVAILABLE"}
    answer = {
        "displayPhoneNumber": "+55 11 90000-0000",
        "qualityScore": {"score": "GREEN"},
        "healthStatus": {"entities": [entity]},
    }
    moment = datetime.fromtimestamp(START + at, UTC)
    return [
        lambda: record(calls.change_call("account_update", value, time=START)),
        lambda: asked.keep("default", OurNumber(NUMBER, WABA), answer, at=moment),
        lambda: record(calls.change_call("phone_number_quality_update", flag, time=START + 50)),
        lambda: record(text("wamid.1", waba_id=WABA, phone_number_id=NUMBER)),
    ]


@pytest.mark.parametrize(("at", "left", "quality"), [(100, 1, "GREEN"), (-100, 2, "FLAGGED")])
def test_any_order_ends_in_the_same_rows(
    chakra_fake: FakeChakra, at: int, left: int, quality: str
) -> None:
    """Events, messages and answers of the API in any order: the same numbers, words and times.

    When the API says later that the WABA can send, what kept it from sending is over, and what it
    may not set up is not.
    """
    outcomes = []
    for order in permutations(range(4)):
        for model in (Message, Conversation, BusinessNumber):
            model.objects.all().delete()
        acts = words(at)
        for place in order:
            acts[place]()
        rows = BusinessNumber.objects.order_by("key")
        outcomes.append(
            [
                (row.key, row.quality, row.status, row.restrictions, row.told_at, row.health)
                for row in rows
            ]
        )

    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert [row[0] for row in outcomes[0]] == [NUMBER, f"waba:{WABA}"]
    assert len(outcomes[0][1][3]) == left
    assert outcomes[0][0][1] == quality


def test_an_event_of_reinstatement_ends_restrictions(
    chakra_fake: FakeChakra, chakra_clock: Clock, chakra_post_due: Any
) -> None:
    """A restriction is on the WABA's row until the platform says that it is reinstated."""
    chakra_fake.events.tell(reviews.restrict(chakra_fake.events))
    chakra_post_due()
    [one] = standing.restrictions(number(f"waba:{WABA}"))
    assert one.words == "may not write to customers first"
    assert one.remediation.startswith("Review how")
    assert (one.is_past(timezone.now()), one.keeps_from_sending) == (False, True)
    assert one.expires_at is not None
    assert one.is_past(one.expires_at)

    chakra_clock.move(5)
    chakra_fake.events.tell(reviews.reinstate(chakra_fake.events))
    chakra_post_due()
    assert number(f"waba:{WABA}").restrictions == []


def test_a_restriction_stays_while_the_api_says_so(
    chakra_fake: FakeChakra, chakra_clock: Clock, chakra_post_due: Any
) -> None:
    """The API's LIMITED lifts nothing; its AVAILABLE, later, does."""
    chakra_clock.move(-60)
    chakra_fake.events.tell(reviews.restrict(chakra_fake.events))
    chakra_post_due()
    sync.numbers()
    waba = number(f"waba:{WABA}")
    assert (waba.status, len(waba.restrictions)) == ("LIMITED", 1)
    [entity] = standing.entities(standing.answer(waba))
    assert entity.problems[0].solution == waba.restrictions[0]["remediation"]

    reviews.reinstate(chakra_fake.events)
    sync.numbers()
    waba = number(f"waba:{WABA}")
    assert (waba.status, waba.restrictions) == ("AVAILABLE", [])


def test_strangers_are_left_alone(settings: Any, chakra_fake: FakeChakra) -> None:
    """A number under another WABA is neither asked about nor kept; one of ours beside it is."""
    add(chakra_fake, STRANGER, waba="200000000000009")
    add(chakra_fake, SECOND)
    paths: list[str] = []
    chakra_fake.before.append(lambda request: paths.append(request.path))

    assert sync.numbers() == ([NUMBER, SECOND], [], {}, 1)

    assert keys() == {NUMBER, SECOND, f"waba:{WABA}"}
    assert not any(STRANGER in path for path in paths)


def test_the_sender_of_another_account_is_its_own(settings: Any, chakra_fake: FakeChakra) -> None:
    """Of two accounts with one WABA each has its own sender, and what nobody names is both's."""
    add(chakra_fake, SECOND)
    add(chakra_fake, STRANGER)
    settings.CHAKRA["ACCOUNTS"]["other"]["PHONE_NUMBER_ID"] = SECOND

    assert sync.numbers("default").kept == [NUMBER, STRANGER]
    assert sync.numbers("other").kept == [SECOND, STRANGER]


def test_what_events_named_is_ours(settings: Any, chakra_fake: FakeChakra) -> None:
    """Without ids in the settings a number is ours by a message, by its digits, or by its WABA."""
    account = settings.CHAKRA["ACCOUNTS"]["default"]
    account |= {"PHONE_NUMBER_ID": "", "WABA_ID": ""}
    add(chakra_fake, SECOND, displayPhoneNumber="+55 (11) 2222-3333")
    add(chakra_fake, STRANGER, waba="200000000000009")
    assert sync.numbers() == ([], [], {}, 3)
    assert keys() == set()

    flag = {"display_phone_number": "551122223333", "event": "FLAGGED"}
    record(calls.change_call("phone_number_quality_update", flag, time=START))
    record(text("wamid.1"))
    assert keys() == {"display:551122223333", NUMBER}
    assert sorted(sync.numbers().kept) == [NUMBER, SECOND]
    assert number(SECOND).quality == "GREEN"
    # The API's answers make no WABA ours, or the next question would take in all its numbers.
    assert keys() == {NUMBER, SECOND}

    account = calls.change_call("account_review_update", {"decision": "APPROVED"}, time=START)
    account["entry"][0]["id"] = "200000000000009"
    record(account)
    assert sync.numbers().kept == [NUMBER, SECOND, STRANGER]


def test_conversations_keep_their_number(chakra_fake: FakeChakra) -> None:
    """A number that is synced stays the row that conversations lead to, whoever named it first."""
    record(text("wamid.1", format="chakra"), text("wamid.2", sender="5511977776666"))
    before = {one.pk: one.number.key for one in Conversation.objects.all()}

    sync.numbers()

    assert {one.pk: one.number.key for one in Conversation.objects.all()} == before
    assert sorted(before.values()) == [NUMBER, f"waba:{WABA}"]


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        "text",
        {},
        {"healthStatus": None, "qualityScore": [], "status": 7, "messagingLimitTier": {}},
        {"healthStatus": {"entities": {"a": 1}}, "qualityScore": {"score": None}},
        {"healthStatus": {"entities": [None, 1, {}, {"entity_type": 5, "errors": [None, {}]}]}},
        {"status": "x\x00" * 200, "verifiedName": "\ud800" * 500, "messagingLimitTier": 10**30},
        {"displayPhoneNumber": "9" * 500, "healthStatus": {"entities": [{"errors": "no"}]}},
        {"healthStatus": {"entities": [{"entity_type": "WABA", "id": {}, "can_send_message": 1}]}},
    ],
)  # fmt: skip
def test_answers_of_another_form(chakra_fake: FakeChakra, odd: Any) -> None:
    """Whatever the API answers is kept as far as it can be read, and the row can be shown."""
    sync.numbers()
    asked.keep("default", OurNumber(NUMBER, WABA), odd, at=timezone.now())

    row = number()
    assert row.quality == "GREEN"
    standing.entities(standing.answer(row))
    assert "Account default" in command("list")[0]


def test_a_list_of_another_form(chakra_fake: FakeChakra) -> None:
    """Where the list says nothing that can be read, the numbers of settings and rows are asked."""
    record(text("wamid.1", phone_number_id=SECOND))
    add(chakra_fake, SECOND)
    chakra_fake.before.append(
        lambda request: (
            Reply.of({"_data": [None, 7, {}, {"id": {}}, {"waba": "x"}], "_errors": []})
            if request.path.endswith("phone-number")
            else None
        )
    )

    assert sync.numbers() == ([NUMBER, SECOND], [], {}, 0)


def test_a_number_that_is_gone_or_refused(chakra_fake: FakeChakra) -> None:
    """One that the platform does not know, or can't tell of, keeps its row and hinders no other."""
    add(chakra_fake, SECOND)
    record(text("wamid.1", phone_number_id=STRANGER))
    chakra_fake.before.append(
        lambda request: (
            Reply.of({"_errors": ["out of order"]}, 400) if SECOND in request.path else None
        )
    )

    done = sync.numbers()

    assert (done.kept, done.unknown, list(done.failed)) == ([NUMBER], [STRANGER], [SECOND])
    assert "out of order" in str(done.failed[SECOND])
    assert (number(STRANGER).checked_at, keys()) == (None, {NUMBER, STRANGER, f"waba:{WABA}"})


def test_an_answer_that_comes_late(chakra_fake: FakeChakra) -> None:
    """Of two answers the one that was asked for later is kept, whichever is written last."""
    later = timezone.now()
    earlier = later - timedelta(seconds=5)
    for at, score in ((later, "RED"), (earlier, "YELLOW")):
        answer = {"qualityScore": {"score": score}}
        asked.keep("default", OurNumber(NUMBER, WABA), answer, at=at)

    row = number()
    assert (row.quality, row.checked_at) == ("RED", later)
    assert standing.answer(row) == {"qualityScore": {"score": "RED"}}
    told = standing.told(row, "quality")
    assert told == (True, later)


def test_what_was_kept_before_the_token_was_revoked_stays(chakra_fake: FakeChakra) -> None:
    """Where every further question would fail none is put; what was kept before is there."""
    add(chakra_fake, SECOND)
    add(chakra_fake, STRANGER)
    paths: list[str] = []

    def revoked(request: Any) -> Reply | None:
        paths.append(request.path)
        return Reply.of({"_errors": ["no"]}, 401) if SECOND in request.path else None

    chakra_fake.before.append(revoked)

    with pytest.raises(AuthenticationFailed):
        sync.numbers()

    assert keys() == {NUMBER, f"waba:{WABA}"}
    assert not any(STRANGER in path for path in paths)


def test_an_account_without_a_token(settings: Any, chakra_fake: FakeChakra) -> None:
    """Without ACCESS_TOKEN, or for an account that is not there, nobody can be asked."""
    settings.CHAKRA["ACCOUNTS"]["default"]["ACCESS_TOKEN"] = ""
    for alias in ("default", "nobody"):
        with pytest.raises(ConfigurationError):
            sync.numbers(alias)


def test_statements_do_not_grow_with_what_is_known(chakra_fake: FakeChakra) -> None:
    """Each number costs the same few statements, however many rows and conversations there are."""

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            sync.numbers()
        return len(captured)

    sync.numbers()
    few = statements()
    record(*(text(f"wamid.{index}", sender=f"55119{index:08}") for index in range(5)))
    assert statements() == few
    add(chakra_fake, SECOND)
    sync.numbers()
    each = statements() - few
    assert 0 < each <= 14


def test_nothing_that_the_api_adds_is_kept(chakra_fake: FakeChakra) -> None:
    """Only what is known to be harmless is copied: an answer may hold anything."""
    answer = {"status": "CONNECTED", "accessToken": "hidden", "pin": "123456"}
    asked.keep("default", OurNumber(NUMBER, WABA), answer, at=timezone.now())

    assert number().health["answer"] == {"status": "CONNECTED"}


def test_the_command(chakra_fake: FakeChakra, chakra_post_due: Any, chakra_clock: Clock) -> None:
    """``sync`` asks and shows a table of words; ``list`` shows the same and asks nothing."""
    add(chakra_fake, STRANGER, waba="200000000000009")
    chakra_clock.move(60)
    chakra_fake.events.tell(reviews.restrict(chakra_fake.events))
    chakra_post_due()

    said, wrong = command("sync", "--account", "default")

    assert wrong == ""
    assert "1 numbers asked about. 1 of others were left alone." in said
    [line] = [line for line in said.splitlines() if line.startswith("  +55")]
    for words in ("GREEN (high)", "1,000 customers in 24 hours", "APPROVED", "CONNECTED", "UTC"):
        assert words in line
    [waba] = [line for line in said.splitlines() if f"waba:{WABA}" in line]
    assert "may not write to customers first until 20" in waba

    chakra_fake.token = "another"
    assert command("list", "--account", "default")[0] in said
    assert command("list", "--account", "default")[1] == ""


def test_the_command_goes_on(settings: Any, chakra_fake: FakeChakra) -> None:
    """An account that can't be asked is an error at the end, and the others are asked."""
    accounts = settings.CHAKRA["ACCOUNTS"]
    accounts["default"] = {**accounts["default"], "ACCESS_TOKEN": "wrong"}

    said, wrong = command("sync")

    assert "Account default: GET" in wrong
    assert "Account other: 1 numbers asked about." in said
    assert "CommandError: Not every number" in wrong
    assert "Account default: no number is known." in said
    assert (
        "CHAKRA['ACCOUNTS'] has no account named 'nobody'"
        in command("list", "--account", "nobody")[1]
    )


def test_what_the_command_prints_is_harmless(chakra_fake: FakeChakra) -> None:
    """Nothing from outside makes a line or a colour, and a long name does not tear the table."""
    name = "\x1b[31mShop\r\n" + "x" * 200
    chakra_fake.state.numbers[NUMBER] |= {"verifiedName": name}

    said, _ = command("sync", "--account", "default")

    assert said.replace("\n", "").isprintable()
    assert "x" * 50 not in said


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("TIER_250", "250 customers in 24 hours"),
        ("TIER_1K", "1,000 customers in 24 hours"),
        ("tier_100k", "100,000 customers in 24 hours"),
        ("2000", "2,000 customers in 24 hours"),
        ("1", "1 customer in 24 hours"),
        ("TIER_UNLIMITED", "no limit"),
        ("-1", "no limit"),
        ("TIER_NOT_SET", "TIER_NOT_SET"),
        ("", ""),
        ("٣", "٣"),
    ],
)
def test_limits_in_words(limit: str, words: str) -> None:
    """A tier says to how many customers one may write; an unknown word stays as it is."""
    assert standing.limit_words(limit) == words
