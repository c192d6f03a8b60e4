"""The command that posts events to a running site."""

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from django_chakra.models import WebhookCall
from django_chakra.testing import samples
from tests.client.misbehaving import Server, answer

TEXT = "meta/messages__text"

site = pytest.mark.django_db(transaction=True)


def send(*arguments: str) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command("send_test_event", *arguments, stdout=out)
    return out.getvalue()


def taken() -> Any:
    """The body of the one call that the site has."""
    return json.loads(bytes(WebhookCall.objects.latest("pk").body))


def message() -> Any:
    """Its message."""
    return taken()["entry"][0]["changes"][0]["value"]["messages"][0]


def test_list_names_every_sample() -> None:
    """One per line."""
    assert send("--list").split() == samples.names()


@site
@pytest.mark.parametrize("account", ["default", "other"])
def test_a_sample_is_taken(live_server: Any, account: str) -> None:
    """Signed with the account's secret, with a time of now."""
    url = f"{live_server.url}/chakra/webhook/{account}/"
    assert f"{url} answered 200" in send(TEXT, "--url", url, "--account", account)
    assert WebhookCall.objects.get().account == account
    assert abs(int(message()["timestamp"]) - time.time()) < 60
    assert (
        message()["id"]
        == samples.load(TEXT)["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
    )


@site
def test_values_and_ids_are_changed(live_server: Any) -> None:
    """A text stays one; what was none is JSON where it can be."""
    url = f"{live_server.url}/chakra/webhook/"
    changes = ["text.body=5", "text.more={}", "text.less=five=5"]
    send(TEXT, "--url", url, "--new-id", *[f"--set={change}" for change in changes])
    assert message()["text"] == {"body": "5", "more": {}, "less": "five=5"}
    assert message()["id"] != "wamid.EXAMPLE-IN-1"


@site
def test_a_file_is_posted_with_its_own_times(live_server: Any, tmp_path: Path) -> None:
    """As it stands."""
    path = tmp_path / "one.json"
    path.write_text(json.dumps(samples.load(TEXT)))
    send(str(path), "--url", f"{live_server.url}/chakra/webhook/")
    assert taken() == samples.load(TEXT)


@site
def test_a_refusal_is_an_error(live_server: Any) -> None:
    """With what the site said of it."""
    url = f"{live_server.url}/chakra/webhook/other/"
    with pytest.raises(CommandError, match=f"{url} answered 401: .+"):
        send(TEXT, "--url", url)


def test_a_redirect_is_not_followed() -> None:
    """An event that arrived elsewhere did not arrive; where it was sent to is said."""
    with (
        Server(answer(301, location="https://example.com/")) as server,
        pytest.raises(CommandError, match=r"answered 301, to https://example\.com/$"),
    ):
        send(TEXT, "--url", server.url)


def test_without_a_url_it_is_a_local_site() -> None:
    """At Django's usual port, with this project's path; nobody is there now."""
    with pytest.raises(
        CommandError, match="http://localhost:8000/chakra/webhook/other/ "
    ) as caught:
        send(TEXT, "--account", "other")
    assert "other-secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Which event"),
        (["meta/messages_text"], "near it: meta/messages__text"),
        (["?"], "neither a sample nor a file; --list"),
        ([TEXT, "--account", "nobody"], "nobody"),
        ([TEXT, "--set", "text.body"], "KEY.PATH=VALUE"),
        ([TEXT, "--set", "=5"], "KEY.PATH=VALUE"),
        ([TEXT, "--set", "words.body=5"], "there is no words.body"),
    ],
)
def test_what_can_not_be_done_is_said(arguments: list[str], sentence: str) -> None:
    """Before anything is posted."""
    with pytest.raises(CommandError, match=sentence.replace("?", r"\?")):
        send(*arguments)


@pytest.mark.parametrize(("content", "sentence"), [("{", "one.json: "), ("[]", "no JSON object")])
def test_a_file_must_hold_an_object(tmp_path: Path, content: str, sentence: str) -> None:
    """Anything else is an error."""
    path = tmp_path / "one.json"
    path.write_text(content)
    with pytest.raises(CommandError, match=sentence):
        send(str(path))


def test_without_a_secret_the_key_is_named(settings: Any) -> None:
    """There is nothing to sign with."""
    settings.CHAKRA = {"ACCOUNTS": {"default": {}}}
    with pytest.raises(CommandError, match=r"\['default'\]\['WEBHOOK_SECRETS'\] is empty"):
        send(TEXT)


@pytest.mark.urls("tests.plugin")
def test_without_a_webhook_it_says_what_to_add() -> None:
    """The site's URLs lack it."""
    with pytest.raises(CommandError, match=r"include\('django_chakra\.urls'\)"):
        send(TEXT)
