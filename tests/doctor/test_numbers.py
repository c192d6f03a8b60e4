"""How each number stands, in the words of the API and of events, and which of them is newer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_chakra import sync
from django_chakra.models import BusinessNumber
from django_chakra.testing import calls
from tests.posting import START, record, text

from .examining import NUMBER, WABA, Platform, examined, line, printed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

LIST = "/v1/ext/whatsapp-phone-number"
PATH = f"{LIST}/{NUMBER}"
FINE = {
    "displayPhoneNumber": "+55 11 90000-0000", "qualityScore": {"score": "GREEN"},
    "messagingLimitTier": "TIER_1K", "nameStatus": "APPROVED", "status": "CONNECTED",
    "chakraStatus": "CONNECTED",
}  # fmt: skip
#: START in words.
STARTED = "2023-11-14 22:13 UTC"


def flagged(event: str = "FLAGGED", at: int = 0) -> None:
    """An event about quality."""
    value = {"display_phone_number": "5511900000000", "event": event}
    record(calls.change_call("phone_number_quality_update", value, time=START + at))


def restricted(*, days: float, type: str = "RESTRICTED_BIZ_INITIATED_MESSAGING") -> None:
    """An event that restricts the WABA until so many days from now."""
    until = int((timezone.now() + timedelta(days=days)).timestamp())
    one = {"restriction_type": type, "expiration": until, "remediation": "Ask for consent."}
    value = {"event": "ACCOUNT_RESTRICTION", "restriction_info": [one]}
    record(calls.change_call("account_update", value, time=START))


def entity(word: str, type: str = "PHONE_NUMBER", **more: Any) -> dict[str, Any]:
    """Part of an answer about health."""
    error = {"error_code": 141006, "error_description": "Unpaid", "possible_solution": "Pay."}
    errors = [] if word == "AVAILABLE" else [error]
    return {"entity_type": type, "can_send_message": word, "errors": errors, **more}


def said(*options: str) -> list[tuple[str, str, str]]:
    """Level, words and advice of each line about numbers."""
    return [(one["level"], one["found"], one["do"]) for one in examined(*options)[0]["numbers"]]


def test_a_number_that_is_well(platform: Platform) -> None:
    """One line says quality, limit in words, name status and state."""
    platform.data(PATH, FINE)

    assert said() == [
        (
            "ok",
            f"5511900000000 ({NUMBER}): quality GREEN (high), "
            "limit TIER_1K (1,000 customers in 24 hours), name APPROVED, status CONNECTED. "
            "The API says so now.",
            "",
        )
    ]


@pytest.mark.parametrize(
    ("changed", "level", "advice"),
    [
        ({"qualityScore": {"score": "YELLOW"}}, "warning", "less marketing"),
        ({"qualityScore": {"score": "RED"}}, "red", "Stop marketing"),
        ({"qualityScore": {"score": "UNKNOWN"}}, "ok", ""),
        ({"nameStatus": "PENDING_REVIEW"}, "warning", "Wait"),
        ({"nameStatus": "DECLINED"}, "warning", "another display name"),
        ({"nameStatus": "AVAILABLE_WITHOUT_REVIEW"}, "ok", ""),
        ({"status": "FLAGGED"}, "warning", "WhatsApp Manager"),
        ({"status": "BANNED"}, "red", "WhatsApp Manager"),
        ({"status": "SOMETHING_NEW"}, "warning", "WhatsApp Manager"),
        ({"messagingLimitTier": "TIER_UNLIMITED"}, "ok", ""),
        ({"qualityScore": {"score": "YELLOW"}, "status": "BANNED"}, "red", "less marketing"),
    ],
)
def test_levels(platform: Platform, changed: dict[str, Any], level: str, advice: str) -> None:
    """The line is as bad as its worst word, and says what to do about each."""
    platform.data(PATH, {**FINE, **changed})

    [(found, _, do)] = said()

    assert (found, advice in do, bool(do)) == (level, True, bool(advice))


def test_health(platform: Platform) -> None:
    """Each entity that can't send as it should has a line with Meta's words and solution."""
    entities = [entity("AVAILABLE"), entity("LIMITED", "BUSINESS"), entity("BLOCKED", "WABA")]
    platform.data(PATH, {**FINE, "healthStatus": {"entities": entities}})

    assert [(level, words.split("): ")[-1], do) for level, words, do in said()[1:]] == [
        ("warning", "BUSINESS: sending is LIMITED. 141006 Unpaid", "Pay."),
        ("red", "WABA: sending is BLOCKED. 141006 Unpaid", "Pay."),
    ]


def test_what_numbers_share_is_said_once(platform: Platform) -> None:
    """Two numbers under a WABA that is blocked: two lines about them, one about the WABA."""
    other = "300000000000002"
    listed = [{"id": one, "waba": WABA} for one in (NUMBER, other)]
    answer = {**FINE, "healthStatus": {"entities": [entity("BLOCKED", "WABA")]}}
    platform.data(LIST, listed)
    platform.data(PATH, answer)
    platform.data(f"{LIST}/{other}", answer)

    assert [level for level, _, _ in said()] == ["ok", "red", "ok"]


def test_both_say_different_things(platform: Platform) -> None:
    """Where an event said something else than the API says now, the line says which is older."""
    record(text("wamid.1"))
    flagged()
    platform.data(PATH, FINE)
    expected = f"quality GREEN (high; an event said FLAGGED on {STARTED}, which is older)"
    assert expected in said()[0][1]

    flagged("UNFLAGGED", at=60)
    assert "quality GREEN (high), limit" in said()[0][1]


def test_what_was_said_of_its_digits_is_said_of_the_number(platform: Platform) -> None:
    """An event names only digits: it is compared with what the API says of that number."""
    flagged()
    platform.data(PATH, FINE)

    [(_, words, _)] = said()

    assert f"({NUMBER}): quality GREEN (high; an event said FLAGGED on {STARTED}" in words


def test_without_the_api_the_rows_speak(platform: Platform) -> None:
    """Offline each word has who said it and when; an older one of the API stands beside it."""
    flagged()
    assert said("--offline") == [
        (
            "red",
            f"5511900000000: quality FLAGGED (low; as an event said on {STARTED}).",
            said("--offline")[0][2],
        )
    ]

    platform.data(PATH, FINE)
    sync.numbers()
    checked = BusinessNumber.objects.get(key=NUMBER).checked_at
    assert checked is not None
    asked = f"{checked.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    [(level, words, _)] = said("--offline")
    assert (level, f"quality GREEN (high; as the API said on {asked})" in words) == ("ok", True)

    value = {"display_phone_number": "5511900000000", "event": "FLAGGED"}
    later = int(checked.timestamp()) + 60
    record(calls.change_call("phone_number_quality_update", value, time=later))
    [(level, words, _)] = said("--offline")
    minute = f"{datetime.fromtimestamp(later, UTC):%Y-%m-%d %H:%M} UTC"
    assert level == "red"
    assert f"FLAGGED (low; as an event said on {minute}; the API said GREEN on {asked}" in words


@pytest.mark.parametrize("status", [401, 403, 500])
def test_the_api_refuses(platform: Platform, status: int) -> None:
    """Where the list is refused that is said, and then what the rows say."""
    flagged()
    platform.answers[LIST] = (status, {"_errors": ["no"]})

    first, second = said()

    assert (first[0], "our rows may be old" in first[1], bool(first[2])) == ("warning", True, True)
    assert "an event said" in second[1]


def test_one_number_can_not_be_told(platform: Platform) -> None:
    """One that is gone and one that is refused are said, and the others have their lines."""
    record(text("wamid.1", phone_number_id="300000000000007"))
    platform.data(LIST, [{"id": "300000000000002", "waba": WABA}, {"id": NUMBER, "waba": WABA}])
    platform.answers[f"{LIST}/300000000000002"] = (400, {"_errors": ["out of order"]})
    platform.data(PATH, FINE)

    lines = said()

    (refused, gone, told, _) = lines
    assert (refused[0], "300000000000002 can't be asked about" in refused[1]) == ("warning", True)
    assert (told[0], "quality GREEN" in told[1]) == ("ok", True)
    assert (gone[0], "(300000000000007), or not any more" in gone[1]) == ("warning", True)


def test_restrictions(platform: Platform) -> None:
    """A restriction that holds is red with its end and its remediation, one that is past is ok,
    and one that concerns no messages a warning.
    """
    restricted(days=3)
    [_, (level, words, do)] = said("--offline")
    assert (level, do) == ("red", "Ask for consent.")
    assert "may not write to customers first (RESTRICTED_BIZ_INITIATED_MESSAGING), until" in words
    assert f"as an event said on {STARTED}" in words
    assert f"WABA {WABA}: " in words

    BusinessNumber.objects.all().delete()
    restricted(days=-1)
    assert [(level, "that is past" in words) for level, words, _ in said("--offline")][1:] == [
        ("ok", True)
    ]

    BusinessNumber.objects.all().delete()
    restricted(days=3, type="RESTRICTED_ADD_PHONE_NUMBER_ACTION")
    assert [level for level, _, _ in said("--offline")] == ["warning", "warning"]


def test_the_api_says_that_a_restriction_is_over(platform: Platform) -> None:
    """The API's word of this moment is newer than the event that restricted the WABA."""
    restricted(days=3)
    entities = [entity("AVAILABLE", "WABA", id=WABA)]
    platform.data(PATH, {**FINE, "healthStatus": {"entities": entities}})

    lines = said()

    assert {level for level, _, _ in lines} == {"ok"}
    assert "the API says now that it can send" in lines[-1][1]
    assert "an event said ACCOUNT_RESTRICTION on" in lines[1][1]


def test_strangers_have_no_line(settings: Any, platform: Platform) -> None:
    """Numbers of others have no line; where all are others', that is said."""
    platform.data(LIST, [{"id": "300000000000009", "waba": "200000000000009"}])
    platform.data(PATH, FINE)
    assert [level for level, _, _ in said()] == ["ok"]

    settings.CHAKRA["ACCOUNTS"]["default"] |= {"PHONE_NUMBER_ID": "", "WABA_ID": ""}
    level, words = line_of_others()
    assert (level, "knows 1 numbers" in words) == ("warning", True)
    assert not any("300000000000009" in path for path in platform.asked if path != LIST)


def line_of_others() -> tuple[str, str]:
    level, words, do = said()[0]
    assert "WABA_ID" in do
    return level, words


def test_each_number_is_asked_about_once(platform: Platform) -> None:
    """The lines on the sender and on all numbers share one answer, and nothing is written."""
    platform.data(PATH, FINE)

    examined()

    assert platform.asked.count(PATH) == 1
    assert not BusinessNumber.objects.exists()


def test_nothing_is_known(settings: Any, platform: Platform) -> None:
    """Offline, before any event, there is nothing to say and nothing wrong."""
    assert line("numbers", "--offline") == ("ok", "No number is known yet. -> ")


@pytest.mark.parametrize(
    "odd", [{"entities": "x"}, {"entities": [7, {"errors": 7, "can_send_message": "BLOCKED"}]}, []]
)
def test_odd_health(platform: Platform, odd: Any) -> None:
    """Health of another form makes no check fail, and what came from outside stays on its line."""
    hostile = "\x1b[31m\r\nx"
    answer = {**FINE, "healthStatus": odd, "nameStatus": hostile, "messagingLimitTier": hostile}
    platform.data(PATH, answer)

    assert "This check failed" not in str(examined())
    assert printed().replace("\n", "").isprintable()
