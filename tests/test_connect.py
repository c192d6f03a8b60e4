"""A client made from the settings: one per account and process, as the settings are now."""

import os
import threading
from typing import Any

import pytest
from django.test import override_settings

from django_chakra import connect
from django_chakra.client import BASE_URL, Chakra
from django_chakra.conf import Settings
from django_chakra.connect import chakra
from django_chakra.exceptions import ConfigurationError, UnknownAccount

PLUGIN = "6a1d0f3c-0000-4000-8000-000000000002"


def using(*, site: dict[str, Any] | None = None, **account: Any) -> override_settings:
    """Settings with one account beside another."""
    accounts = {"default": {"ACCESS_TOKEN": "token-1", **account}, "b": {"ACCESS_TOKEN": "token-2"}}
    return override_settings(CHAKRA={"ACCOUNTS": accounts, **(site or {})})


def test_what_the_settings_say_is_what_the_client_has() -> None:
    """Each key of an account and of the site reaches the client."""
    site = {
        "BASE_URL": "https://api.example.com", "API_VERSION": "v25.0",
        "CONNECT_TIMEOUT": 1, "READ_TIMEOUT": 2,
    }  # fmt: skip
    paths = {"groups.create": "/v1/groups"}
    with using(
        site=site, PLUGIN_ID=PLUGIN, PHONE_NUMBER_ID="3000", WABA_ID="2000", PATHS=paths,
        REQUESTS_PER_SECOND=7.5,
    ):  # fmt: skip
        client = chakra()

    assert (client.plugin_id, client.phone_number_id, client.waba_id) == (PLUGIN, "3000", "2000")
    assert (client.api_version, client.paths) == ("v25.0", paths)
    assert client.http.base_url == "https://api.example.com"
    assert client.http.timeout == (1.0, 2.0)
    assert client.http.limiter.per_second == 7.5


def test_without_settings_the_client_is_as_one_made_by_hand() -> None:
    """The defaults of the settings are those of the client."""
    by_hand = Chakra(token="t")
    with using():
        client = chakra()

    assert Settings().base_url == BASE_URL
    assert (client.http.base_url, client.api_version) == (BASE_URL, by_hand.api_version)
    assert client.http.timeout == by_hand.http.timeout
    assert client.http.limiter.per_second == by_hand.http.limiter.per_second
    assert (client.plugin_id, client.paths) == (by_hand.plugin_id, by_hand.paths)


def test_one_client_per_account() -> None:
    """The same account gives the same client, another account another one."""
    with using():
        assert chakra() is chakra("default")
        assert chakra() is not chakra("b")


def test_other_settings_make_another_client() -> None:
    """A setting that changes is seen by the next call; one that stays makes no new client."""
    with using():
        before = chakra()
    with using():
        assert chakra() is before
    with using(PLUGIN_ID=PLUGIN):
        assert chakra().plugin_id == PLUGIN
    with using(site={"READ_TIMEOUT": 3}):
        assert chakra().http.timeout[1] == 3


@pytest.mark.parametrize("token", ["", None])
def test_without_a_token_the_key_is_named(token: Any) -> None:
    """A missing ACCESS_TOKEN raises ConfigurationError, which names the account and the key."""
    with using(ACCESS_TOKEN=token), pytest.raises(ConfigurationError) as caught:
        chakra()

    assert str(caught.value) == "CHAKRA['ACCOUNTS']['default']['ACCESS_TOKEN'] is not set"


@pytest.mark.parametrize("token", ["hidden\n", "Bearer hidden", "hiddén", 7])
def test_what_can_be_no_token_is_refused_without_showing_it(token: Any) -> None:
    """A token that no header can hold raises ConfigurationError before anything is sent."""
    with using(ACCESS_TOKEN=token), pytest.raises(ConfigurationError, match="ACCESS_TOKEN") as c:
        chakra()

    assert "hidd" not in str(c.value)


def test_an_unknown_account_is_an_error_of_its_own() -> None:
    """An alias that no account has raises UnknownAccount."""
    with using(), pytest.raises(UnknownAccount):
        chakra("nobody")


def test_ids_may_be_numbers_or_missing() -> None:
    """None, as from an empty environment, is no id; a number is one."""
    with using(PLUGIN_ID=None, PHONE_NUMBER_ID=3000, PATHS=None):
        client = chakra()

    assert (client.plugin_id, client.phone_number_id, client.paths) == ("", "3000", {})


def test_threads_share_one_client() -> None:
    """Threads that ask at the same moment get the same client."""
    found: list[Chakra] = []
    start = threading.Barrier(16)

    def ask() -> None:
        start.wait()
        found.append(chakra())

    with using(PHONE_NUMBER_ID="threads"):
        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(found) == 16
    assert len({id(client) for client in found}) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_fork_makes_a_client_of_its_own() -> None:
    """A child has another client than its parent, also if the fork came while one was made."""
    with using():
        parents = chakra()
        with connect._lock:
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    code = 0 if chakra() is not parents and chakra() is chakra() else 1
                finally:
                    os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert chakra() is parents


def test_no_repr_shows_the_token() -> None:
    """Neither the client nor what is kept of it shows its token."""
    with using(ACCESS_TOKEN="hidden-token"):
        client = chakra()
        shown = f"{client!r} {client.http!r} {connect._kept!r}"

    assert "hidden" not in shown
