"""Which of the URLs that Chakra has stored bring their calls to an account of this site."""

from typing import Any

import pytest
from django.urls import include, path, set_script_prefix

from django_chakra import conf
from django_chakra.doctor.addresses import judged, ours
from django_chakra.doctor.platform import _webhooks
from django_chakra.views import webhook

pytestmark = pytest.mark.usefixtures("accounts")

HOST = "https://shop.example.com"


class Under:
    """A URLconf that has the view under a name and a place of its own."""

    urlpatterns = [path("in/", include(([path("wa/<str:account>/", webhook)], "h"), "h"))]


@pytest.fixture
def accounts(settings: Any) -> None:
    """The site has these accounts."""
    settings.CHAKRA = {"ACCOUNTS": {"default": {}, "other": {}, "sales": {}}}


def account(alias: str = "default", **values: Any) -> conf.Account:
    return conf.Account(alias=alias, **values)


@pytest.mark.parametrize(
    ("url", "alias", "token", "level", "words"),
    [
        (f"{HOST}/chakra/webhook/", "default", "", "ok", "leads to this account"),
        (f"{HOST}/chakra/webhook/default/", "default", "", "ok", "leads to this account"),
        (f"{HOST}/chakra/webhook/sales/abc/", "sales", "abc", "ok", "/webhook/sales/…/ leads"),
        (f"{HOST}/chakra/webhook/", "sales", "", "red", "the account 'default'"),
        (f"{HOST}/chakra/webhook/other/", "sales", "", "red", "the account 'other'"),
        (f"{HOST}/chakra/webhook/old/", "sales", "", "red", "/webhook/…/ leads to no account"),
        (f"{HOST}/chakra/webhook/sales/", "sales", "abc", "red", "URL_TOKEN"),
        (f"{HOST}/chakra/webhook/sales/old/", "sales", "abc", "red", "/webhook/sales/…/ has not"),
        (f"{HOST}/chakra/webhook", "default", "", "red", "slash"),
        ("http://shop.example.com/chakra/webhook/", "default", "", "warning", "not https"),
        (f"{HOST}/api/chakra/webhook/", "default", "", "warning", "proxy"),
        (f"{HOST}/old/chakra/webhook/", "default", "", "warning", "com/…/chakra/webhook/ leads"),
        (f"{HOST}/chakra/webhok/", "default", "", "warning", "/chakra/webhok/ does not lead"),
        (f"{HOST}/hooks/1/abcde/", "default", "", "warning", "/hooks/…/…/ does not lead"),
        ("not a url", "default", "", "warning", "does not lead"),
        ("https://[a", "default", "", "warning", "no URL"),
        ("https://a:b/chakra/webhook/", "default", "", "warning", "no URL"),
    ],
)  # fmt: skip
def test_where_a_url_leads(url: str, alias: str, token: str, level: str, words: str) -> None:
    """Path, account, token, slash, scheme and prefix of a stored URL are each judged."""
    said = judged(url, account(alias, url_token=token))

    assert said.level == level
    assert words in said.found
    assert bool(said.do) is (level != "ok")
    assert "abc" not in said.found + said.do
    assert "old/" not in said.found


def test_a_host_that_the_site_does_not_answer_for(settings: Any) -> None:
    """A URL whose host is not in ALLOWED_HOSTS is a warning."""
    settings.ALLOWED_HOSTS = ["www.example.com"]

    assert "ALLOWED_HOSTS" in judged(f"{HOST}/chakra/webhook/", account()).found


def test_the_view_is_found_under_any_name(settings: Any) -> None:
    """A host that includes the view by itself is judged by what its path leads to."""
    settings.ROOT_URLCONF = Under

    assert judged(f"{HOST}/in/wa/sales/", account("sales")).level == "ok"
    assert judged(f"{HOST}/in/wa/sales/", account("other")).level == "red"
    assert "django_chakra.urls" in ours(account())


def test_a_site_below_a_prefix() -> None:
    """The prefix that a site is served under belongs to its URLs."""
    set_script_prefix("/shop/")
    try:
        assert judged(f"{HOST}/shop/chakra/webhook/", account()).level == "ok"
        assert ours(account()) == "/shop/chakra/webhook/"
    finally:
        set_script_prefix("/")


@pytest.mark.parametrize(
    ("config", "levels"),
    [
        ({}, ["red"]),
        ({"passThroughWebhookUrl": "", "chakraWebhookUrl": None}, ["red"]),
        ({"passThroughWebhookUrl": f"{HOST}/chakra/webhook/"}, ["ok"]),
        ({"passThroughWebhookUrl": f"{HOST}/elsewhere/"}, ["red"]),
        (
            {
                "passThroughWebhookUrl": f"{HOST}/elsewhere/",
                "chakraWebhookUrl": f"{HOST}/chakra/webhook/",
            },
            ["warning", "ok"],
        ),
        ({"chakraWebhookUrl": f"{HOST}/chakra/webhook/", "enableChakraWebhook": False}, ["red"]),
        ({"chakraWebhookUrl": f"{HOST}/chakra/webhook/", "enableChakraWebhook": True}, ["ok"]),
    ],
)  # fmt: skip
def test_one_webhook_is_enough(config: dict[str, Any], levels: list[str]) -> None:
    """Red when nothing comes; one that goes elsewhere beside one that comes here is a warning."""
    assert [said.level for said in _webhooks(config, account())] == levels
