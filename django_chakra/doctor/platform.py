"""What the platform says about one account: token, plugin, number, webhook URLs.

Which keys its answers have was seen by integrators (no page lists them), so each may be missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from .. import conf, connect
from ..client import Chakra
from ..exceptions import ApiError, AuthenticationFailed, NetworkFailed, NotFound
from .addresses import judged, leads_here, ours
from .findings import Level, Said, of_error

#: So many numbers or accounts are named.
NAMED = 5


class Platform:
    """The checks of one account that call the API. Each yields what it finds."""

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._unreachable: NetworkFailed | None = None
        self._answers: dict[str, Any] = {}

    @cached_property
    def _account(self) -> conf.Account:
        return conf.account(self._alias)

    def _ask(self, question: Callable[[Chakra], Any]) -> Any:
        """The platform's answer; once it can't be reached nothing is asked any more."""
        if self._unreachable is not None:
            raise self._unreachable
        try:
            return question(connect.chakra(self._alias))
        except NetworkFailed as error:
            self._unreachable = error
            raise

    def token(self) -> Iterator[Said]:
        """Health needs perhaps no token; the configuration does."""
        if not self._account.access_token:
            yield Said(
                Level.WARNING,
                "ACCESS_TOKEN is not set: this site can receive, and not call the API.",
                "Make a key in Chakra (Admin, API Keys) and set ACCESS_TOKEN to it.",
            )
            return
        try:
            self._ask(lambda client: client.health.check())
        except (NetworkFailed, AuthenticationFailed):
            raise
        except ApiError as error:
            yield of_error(error)._replace(level=Level.WARNING)
        self._ask(lambda client: client.config.fetch())
        yield Said(Level.OK, "The platform answers and accepts the token.")

    def plugin(self) -> Iterator[Said]:
        """The plugin exists, and its WhatsApp Business Accounts are connected."""
        account = self._account
        if not account.access_token:
            return
        if not account.plugin_id:
            yield Said(
                Level.WARNING,
                "PLUGIN_ID is not set: templates, session messages and webhooks need it.",
                'Chakra: WhatsApp Setup, "Copy Plugin Id".',
            )
            return
        found = _dicts(self._ask(lambda client: client.business_accounts.list()))
        if not found:
            yield Said(
                Level.RED,
                "The plugin has no WhatsApp Business Account.",
                "Compare PLUGIN_ID with WhatsApp Setup, and connect an account there.",
            )
        elif account.waba_id and str(account.waba_id) not in {_text(one, "id") for one in found}:
            yield Said(
                Level.RED,
                f"WABA_ID is none of the plugin's accounts: {_named(found, 'name')}.",
                "Set WABA_ID to one of them.",
            )
        for one in found:
            yield _connected(one, f"WhatsApp Business Account {_name(one, 'name')}")

    def number(self) -> Iterator[Said]:
        """The number to send from exists and is connected. How it stands: see :mod:`.numbers`."""
        if not self._account.access_token:
            return
        phone_number_id = str(self._account.phone_number_id or "")
        if not phone_number_id:
            yield Said(
                Level.WARNING,
                f"PHONE_NUMBER_ID is not set. Chakra knows: {self._numbers()}.",
                "Set it to the number to send from when none is named.",
            )
            return
        try:
            found = self.answer(phone_number_id)
        except NotFound:
            yield Said(
                Level.RED,
                f"Chakra knows no number {phone_number_id}, but: {self._numbers()}.",
                "Set PHONE_NUMBER_ID to one of them.",
            )
            return
        one = {"id": phone_number_id, **(found if isinstance(found, dict) else {})}
        yield _connected(one, f"Number {_name(one, 'displayPhoneNumber')}")

    def answer(self, phone_number_id: str) -> Any:
        """What the platform says of one number; it is asked once, unless it failed."""
        if phone_number_id not in self._answers:
            found = self._ask(lambda client: client.phone_numbers.get(phone_number_id))
            self._answers[phone_number_id] = found
        return self._answers[phone_number_id]

    def listed(self) -> list[Any]:
        """All numbers of the token's team."""
        return _dicts(self._ask(lambda client: client.phone_numbers.list()))

    def _numbers(self) -> str:
        """The same in words."""
        return _named(self.listed(), "displayPhoneNumber")

    def webhooks(self) -> Iterator[Said]:
        """The URLs that Chakra has stored, beside ours."""
        account = self._account
        if not account.plugin_id or not account.access_token:
            missing = "PLUGIN_ID" if account.access_token else "ACCESS_TOKEN"
            yield Said(
                Level.WARNING,
                f"Without {missing} the stored URLs can't be read; ours ends in {ours(account)}.",
                "Compare them in WhatsApp Setup.",
            )
            return
        found = self._ask(lambda client: client.plugin_config.read())
        yield from _webhooks(found if isinstance(found, dict) else {}, account)


def _webhooks(config: Mapping[str, Any], account: conf.Account) -> Iterator[Said]:
    """One line per mode. One that brings the events is enough; both may lead here."""
    urls = {"pass-through": _text(config, "passThroughWebhookUrl")}
    if config.get("enableChakraWebhook") is not False:
        urls["Chakra webhook"] = _text(config, "chakraWebhookUrl")
    urls = {mode: url for mode, url in urls.items() if url}
    if not urls:
        yield Said(
            Level.RED,
            "No webhook URL is set, or the Chakra webhook is switched off: nothing comes.",
            f"Paste https://<site>{ours(account)} into both fields of WhatsApp Setup.",
        )
    one_leads_here = any(map(leads_here, urls.values()))
    for mode, url in urls.items():
        said = judged(url, account)
        if not one_leads_here:
            said = said._replace(level=Level.RED)
        yield said._replace(found=f"{mode}: {said.found}")


def _connected(one: Mapping[str, Any], what: str) -> Said:
    """Whether Chakra calls this CONNECTED; where it says nothing, that it was found."""
    state = _text(one, "chakraStatus")
    if state and state.upper() != "CONNECTED":
        return Said(Level.WARNING, f"{what} is {state}.", "Connect it again in WhatsApp Setup.")
    return Said(Level.OK, f"{what} was found{' and is connected' if state else ''}.")


def _named(found: list[dict[str, Any]], key: str) -> str:
    names = ", ".join(_name(one, key) for one in found[:NAMED]) or "none"
    return f"{names} and {len(found) - NAMED} more" if len(found) > NAMED else names


def _name(one: Mapping[str, Any], key: str) -> str:
    """Name and id, as far as they are there."""
    name, id = _text(one, key), _text(one, "id")
    return f"{name} ({id})" if name and id else name or id or "without a name"


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(one: Mapping[str, Any], key: str) -> str:
    value = one.get(key)
    return str(value)[:300] if isinstance(value, str | int) else ""
