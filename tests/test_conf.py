"""The CHAKRA setting: read at use, by dict or dotted path, secrets never shown."""

from typing import Any

import pytest
from django.test import override_settings

from django_chakra import conf
from django_chakra.exceptions import ChakraError, ConfigurationError, UnknownAccount

ACCOUNTS = {"sales": {"WEBHOOK_SECRETS": ["first", "second"], "ACCESS_TOKEN": "token-value"}}


def accounts() -> dict[str, Any]:
    """What a host's own function may look like."""
    return {"from_function": {"WEBHOOK_SECRETS": ["s"]}}


def chakra(**settings: Any) -> override_settings:
    return override_settings(CHAKRA=settings)


def test_settings_are_read_at_use() -> None:
    """A setting that changes is seen by the next call that asks for it."""
    with chakra(RUNNER="worker", MAX_ATTEMPTS=3):
        assert (conf.current().runner, conf.current().max_attempts) == ("worker", 3)

    with chakra():
        assert (conf.current().runner, conf.current().max_attempts) == ("inline", 10)


def test_an_account_is_found_by_its_alias() -> None:
    """An account has the values of its dict, and the defaults of the rest."""
    with chakra(ACCOUNTS=ACCOUNTS):
        account = conf.account("sales")

    assert (account.alias, account.webhook_secrets) == ("sales", ("first", "second"))
    assert (account.allow_unsigned, account.meta_signature) == (False, "required")


@pytest.mark.parametrize("alias", ["default", "", "Sales", "sales\n", "a" * 65, "ä"])
def test_an_unknown_alias_is_an_error_of_its_own(alias: str) -> None:
    """An alias that no account has raises UnknownAccount, which names it."""
    with chakra(ACCOUNTS=ACCOUNTS), pytest.raises(UnknownAccount) as caught:
        conf.account(alias)

    assert repr(alias) in str(caught.value)
    assert isinstance(caught.value, ConfigurationError | ChakraError)


@pytest.mark.parametrize(
    ("path", "alias"),
    [("tests.test_conf.ACCOUNTS", "sales"), ("tests.test_conf.accounts", "from_function")],
)
def test_accounts_may_be_a_dotted_path(path: str, alias: str) -> None:
    """ACCOUNTS may name a mapping, or a function without arguments that returns one."""
    with chakra(ACCOUNTS=path):
        assert conf.account(alias).webhook_secrets


@pytest.mark.parametrize("value", ["no.such.module", "tests.test_conf.nothing", 7, ["default"]])
def test_accounts_that_lead_nowhere_are_a_configuration_error(value: object) -> None:
    """A path that can't be imported and a value that is no mapping are said as such."""
    with chakra(ACCOUNTS=value), pytest.raises(ConfigurationError, match="ACCOUNTS"):
        conf.account("sales")


def test_chakra_must_be_a_dict() -> None:
    """A CHAKRA that is no mapping is a configuration error."""
    with override_settings(CHAKRA="default"), pytest.raises(ConfigurationError, match="dict"):
        conf.current()


def test_an_account_must_be_a_dict() -> None:
    """An account that is no mapping is a configuration error which names it."""
    with chakra(ACCOUNTS={"sales": "secret"}), pytest.raises(ConfigurationError, match="sales"):
        conf.account("sales")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("lone", ("lone",)), (["a", "", None, 7], ("a",)), (None, ()), (("a", "b"), ("a", "b"))],
)
def test_secrets_are_a_list_of_usable_ones(given: object, kept: tuple[str, ...]) -> None:
    """A lone string is one secret and not its letters; what is none is left out."""
    with chakra(ACCOUNTS={"default": {"WEBHOOK_SECRETS": given}}):
        assert conf.account().webhook_secrets == kept


def test_no_secret_is_in_the_repr() -> None:
    """Neither token nor secret shows in an account's repr."""
    secret = {
        "ACCESS_TOKEN": "hidden-1",
        "WEBHOOK_SECRETS": ["hidden-2"],
        "META_APP_SECRETS": ["hidden-3"],
        "VERIFY_TOKEN": "hidden-4",
        "URL_TOKEN": "hidden-5",
    }
    with chakra(ACCOUNTS={"default": secret}):
        assert "hidden" not in repr(conf.account())


def test_an_account_has_no_paths_and_no_limit_by_default() -> None:
    """PATHS and REQUESTS_PER_SECOND are an account's own."""
    given = {"PATHS": {"groups.create": "/v1/groups"}, "REQUESTS_PER_SECOND": 2.5}
    with chakra(ACCOUNTS={"default": {}, "sales": given}):
        plain, sales = conf.account(), conf.account("sales")

    assert (plain.paths, plain.requests_per_second) == ({}, 0)
    assert (sales.paths, sales.requests_per_second) == (given["PATHS"], 2.5)


@pytest.mark.parametrize(
    ("debug", "settings", "expected"),
    [
        (False, {}, "live"),
        (True, {}, "console"),
        (True, {"BASE_URL": "http://localhost:8001"}, "live"),
        (True, {"BASE_URL": "http://[::1]:8001/x"}, "live"),
        (True, {"BASE_URL": "http://localhost.example.com"}, "console"),
        (True, {"BASE_URL": "http://[a"}, "console"),
        (True, {"DELIVERY": "live"}, "live"),
        (False, {"DELIVERY": "off"}, "off"),
        (True, {"DELIVERY": "off", "BASE_URL": "http://127.0.0.1"}, "off"),
    ],
)
def test_messages_leave_a_developers_machine_when_told_to(
    debug: bool, settings: dict[str, Any], expected: str
) -> None:
    """Under DEBUG they are printed, unless they go to this machine itself or DELIVERY says so."""
    with override_settings(DEBUG=debug), chakra(**settings):
        assert conf.delivery() == expected
