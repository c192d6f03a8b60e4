"""What the doctor makes of the platform's answers, and of there being none."""

from typing import Any

import pytest

from django_chakra import connect

from .examining import FINE, NUMBER, WABA, Platform, examined, line

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("status", "level", "words"),
    [
        (401, "red", "ACCESS_TOKEN"),
        (403, "warning", "role"),
        (404, "red", "ids"),
        (500, "red", "later"),
    ],
)
def test_a_call_that_fails(platform: Platform, status: int, level: str, words: str) -> None:
    """A failed call is said with what to do about it, and the other lines are there too."""
    platform.answers["/v1/ext/config"] = (status, {"_errors": ["no"]})

    said = line("token")

    assert (said[0], words in said[1]) == (level, True)
    assert line("plugin")[0] == "ok"


def test_health_alone_is_no_reason_for_red(platform: Platform) -> None:
    """Where the configuration is answered the token is right, whatever becomes of health."""
    del platform.answers["/v1/health"]

    assert [one["level"] for one in examined()[0]["token"]] == ["warning", "ok"]


def test_the_doctor_asks_the_client_that_a_test_put_there(
    settings: Any, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever replaces connect.chakra replaces the client of the doctor."""
    there = connect.chakra()
    settings.CHAKRA = {**settings.CHAKRA, "BASE_URL": "http://127.0.0.1:9"}
    monkeypatch.setattr(connect, "chakra", lambda account: there)

    assert line("token")[0] == "ok"


def test_a_platform_that_is_away(settings: Any, platform: Platform) -> None:
    """Without a connection each line of the platform is red in words, after one attempt."""
    settings.CHAKRA = {**settings.CHAKRA, "BASE_URL": "http://127.0.0.1:9"}

    found, code = examined()

    assert code == 1
    for check in ("token", "plugin", "number", "webhooks"):
        assert "No connection" in found[check][0]["found"]
    assert found["backlog"][0]["level"] == "ok"


def test_no_token_no_calls(settings: Any, platform: Platform) -> None:
    """A site that only receives is warned, asks nothing, and is told the URL to paste."""
    settings.CHAKRA["ACCOUNTS"]["default"]["ACCESS_TOKEN"] = ""

    assert line("token")[0] == "warning"
    assert "/chakra/webhook/" in line("webhooks")[1]
    assert platform.asked == []


def test_the_plugin_and_its_account(settings: Any, platform: Platform) -> None:
    """A plugin without WABA and another WABA_ID are red, one that is not connected a warning."""
    path = "/v1/ext/whatsapp-business-account"
    platform.data(path, [{"id": WABA, "name": "Shop", "chakraStatus": "DISCONNECTED"}])
    assert line("plugin")[0] == "warning"
    platform.data(path, [])
    assert line("plugin")[0] == "red"
    platform.data(path, [{"id": "7", "name": "Other"}])
    assert {one["level"] for one in examined()[0]["plugin"]} == {"red", "ok"}


def test_the_number(settings: Any, platform: Platform) -> None:
    """A number that is unknown is red, and the known ones are named; how it stands has lines of
    its own.
    """
    path = f"/v1/ext/whatsapp-phone-number/{NUMBER}"
    platform.data(path, {"displayPhoneNumber": "1", "chakraStatus": "DISCONNECTED"})
    assert line("number")[0] == "warning"

    del platform.answers[path]
    level, said = line("number")
    assert (level, NUMBER in said, "5511900000000" in said) == ("red", True, True)

    settings.CHAKRA["ACCOUNTS"]["default"]["PHONE_NUMBER_ID"] = ""
    assert line("number")[0] == "warning"


@pytest.mark.parametrize("data", [None, [], "text", 7, {"id": {}}, [[1]], [None]])
def test_answers_of_another_form(platform: Platform, data: Any) -> None:
    """Whatever form the platform's data has, no check stumbles over it."""
    for path in FINE:
        platform.data(path, data)

    assert "This check failed" not in str(examined())
