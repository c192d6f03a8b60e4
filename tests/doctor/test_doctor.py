"""chakra_doctor: which lines there are, what stands in them and what never does."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.posting import process_all, stored, text

from .examining import CONFIG, Platform, examined, line, printed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.mark.usefixtures("heard")
def test_all_is_well(platform: Platform) -> None:
    """On a site where everything is right every line is ok and the exit code 0."""
    stored(text("wamid.A"))
    process_all()

    found, code = examined()

    assert code == 0
    assert {one["level"] for said in found.values() for one in said} == {"ok"}
    assert "message_received: shop.greet" in str(found["receivers"])
    assert "(300000000000001)" in str(found["number"])


def test_a_finding_has_the_documented_keys(platform: Platform) -> None:
    """Each finding in --json has check, account, level, found, do, and no other key."""
    found, _ = examined()

    keys = {tuple(one) for said in found.values() for one in said}
    assert keys == {("check", "account", "level", "found", "do")}
    assert {one["account"] for one in found["worker"] + found["token"]} == {"", "default"}


def test_offline_asks_the_platform_nothing(platform: Platform) -> None:
    """With --offline no call is made, and the lines that need one are left out."""
    found, _ = examined("--offline")

    assert platform.asked == []
    assert found.keys() & {"token", "plugin", "number", "webhooks"} == set()
    assert "backlog" in found


def test_only_the_account_that_is_named(settings: Any, platform: Platform) -> None:
    """--account leaves out the others; one that does not exist is said as such."""
    accounts = settings.CHAKRA["ACCOUNTS"]
    other = {**accounts["default"], "PLUGIN_ID": ""}
    settings.CHAKRA = {**settings.CHAKRA, "ACCOUNTS": {**accounts, "sales": other}}

    assert {one["account"] for one in examined("--account", "sales")[0]["token"]} == {"sales"}
    assert len(examined()[0]["token"]) == 2
    with pytest.raises(CommandError, match="nobody"):
        call_command("chakra_doctor", "--account", "nobody")


def test_settings_that_can_not_be_used(settings: Any, platform: Platform) -> None:
    """Errors of the system checks are red lines with their ids; the command runs all the same."""
    settings.CHAKRA = {**settings.CHAKRA, "RUNER": "x"}
    assert "django_chakra.E002" in line("settings")[1]

    settings.CHAKRA = {"ACCOUNTS": "no.such.path"}
    found, code = examined()
    assert (code, "django_chakra.E001" in str(found["settings"])) == (1, True)


def test_nothing_secret_is_printed(settings: Any, platform: Platform) -> None:
    """No secret shows, also when the platform repeats it, and nothing that a terminal obeys."""
    settings.CHAKRA["ACCOUNTS"]["default"] |= {
        "URL_TOKEN": "hidden-url", "VERIFY_TOKEN": "hidden-verify",
        "META_APP_SECRETS": ["hidden-app"], "WEBHOOK_SECRETS": ["hidden-webhook"],
    }  # fmt: skip
    echo = "\x1b[31mno hidden-token hidden-app hidden-verify\r\nfor you"
    platform.answers["/v1/ext/config"] = (401, {"_errors": [echo]})
    url = "https://u:hidden-p@shop.example.com/chakra/webhook/default/{}/?key=hidden-key"
    for token in ("hidden-url", "hidden-before", "hidden%2Durl"):
        platform.data(CONFIG, {"passThroughWebhookUrl": url.format(token)})

        said = printed()

        assert "hidden" not in said
        assert said.replace("\n", "").isprintable()
    assert "… …  for you" in said


def test_a_person_reads_a_line_per_finding(platform: Platform) -> None:
    """Without --json: the account, a line per finding, below it what to do, and a sum."""
    platform.data("/v1/ext/whatsapp-business-account", [])

    said = printed()

    assert "Site\n" in said
    assert "Account default\n" in said
    assert "  red      plugin     The plugin has no WhatsApp Business Account.\n" in said
    assert "-> Compare PLUGIN_ID" in said
    assert said.endswith("1 red.\n")
