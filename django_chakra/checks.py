"""System checks: what is wrong with the settings, said before it costs a message.

None of them asks the database. Ids are stable and listed in ``docs/start.md``.
"""

from __future__ import annotations

import difflib
import math
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import router
from django.urls import URLResolver, get_resolver

from . import conf
from .exceptions import ConfigurationError
from .models import WebhookCall

Apps = Sequence[AppConfig] | None


@register()
def check_settings(app_configs: Apps = None, **kwargs: Any) -> list[CheckMessage]:
    """The ``CHAKRA`` dict and its accounts can be used as they are."""
    try:
        given = conf.raw()
    except ConfigurationError as error:
        return [Error(str(error), id="django_chakra.E001")]
    found = [*_unknown_keys("CHAKRA", given, conf.SETTING_KEYS), *_runner(given), *_api(given)]
    try:
        accounts = conf.raw_accounts()
    except Exception as error:
        return [*found, Error(f"The accounts can't be read: {error}", id="django_chakra.E001")]
    if not accounts:
        found.append(
            Error(
                "CHAKRA['ACCOUNTS'] names no account.",
                hint="CHAKRA = {'ACCOUNTS': {'default': {'WEBHOOK_SECRETS': [...]}}}",
                id="django_chakra.E001",
            )
        )
    for alias, account in accounts.items():
        found += _account(alias, account)
    return found


def _unknown_keys(
    where: str, given: Mapping[str, Any], known: Sequence[str]
) -> Iterator[CheckMessage]:
    for key in given:
        if key not in known:
            nearest = difflib.get_close_matches(str(key).upper(), known, n=1, cutoff=0.0)
            yield Error(
                f"{where} has a key {key!r} that does not exist.",
                hint=f"Did you mean {nearest[0]!r}?",
                id="django_chakra.E002",
            )


def _runner(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    runner = given.get("RUNNER", conf.Settings().runner)
    if runner not in conf.RUNNERS:
        yield Error(
            f"CHAKRA['RUNNER'] is {runner!r}; it must be one of {', '.join(conf.RUNNERS)}.",
            id="django_chakra.E006",
        )
    elif runner == "inline" and not settings.DEBUG:
        yield Warning(
            "With the inline runner nothing is retried while no call comes in.",
            hint="Run `manage.py chakra_process` from cron, or set RUNNER to 'worker' and keep "
            "`manage.py chakra_process --watch` running. Else silence this check.",
            id="django_chakra.W004",
        )


def _account(alias: object, account: object) -> Iterator[CheckMessage]:
    where = f"CHAKRA['ACCOUNTS'][{alias!r}]"
    if not isinstance(alias, str) or not conf.ALIAS.match(alias):
        yield Error(f"{where}: an alias must match {conf.ALIAS.pattern}", id="django_chakra.E003")
        return
    if not isinstance(account, Mapping):
        yield Error(f"{where} must be a dict.", id="django_chakra.E003")
        return
    yield from _unknown_keys(where, account, conf.ACCOUNT_KEYS)
    yield from _signed(where, conf.account(alias))
    yield from _calling(where, account)
    plugin_id = account.get("PLUGIN_ID", "")
    if plugin_id and not _is_uuid(plugin_id):
        yield Error(
            f"{where}['PLUGIN_ID'] is no UUID.",
            hint="It is the last part of the plugin page's URL, or 'Copy Plugin Id' there.",
            id="django_chakra.E005",
        )
    rule = account.get("META_SIGNATURE", "required")
    if rule not in conf.META_SIGNATURE_RULES:
        yield Error(
            f"{where}['META_SIGNATURE'] must be one of {', '.join(conf.META_SIGNATURE_RULES)}.",
            id="django_chakra.E007",
        )


def _signed(where: str, account: conf.Account) -> Iterator[CheckMessage]:
    if account.allow_unsigned:
        if not account.url_token:
            yield Warning(
                f"{where} takes calls that nobody signed.",
                hint="Set WEBHOOK_SECRETS, or at least a URL_TOKEN that only Chakra knows.",
                id="django_chakra.W001",
            )
    elif not account.webhook_secrets:
        yield Error(
            f"{where} has no WEBHOOK_SECRETS: every call would be refused.",
            hint="Admin, Team, Secrets in Chakra. To go without, set ALLOW_UNSIGNED.",
            id="django_chakra.E004",
        )


def _api(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Where the API is and how long it is waited for."""
    base_url = given.get("BASE_URL", conf.Settings().base_url)
    scheme, host = _address(base_url)
    if scheme not in ("http", "https") or not host:
        yield Error(
            "CHAKRA['BASE_URL'] is no URL with https and a host, and nothing behind its path.",
            hint="'https://api.chakrahq.com'; leave it out to use that.",
            id="django_chakra.E009",
        )
    elif scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
        yield Warning(
            "CHAKRA['BASE_URL'] is http: the token would cross the network in the clear.",
            id="django_chakra.W005",
        )
    version = given.get("API_VERSION", conf.Settings().api_version)
    if not isinstance(version, str) or not re.fullmatch(r"v[0-9]{1,3}\.[0-9]{1,3}", version):
        yield Error("CHAKRA['API_VERSION'] must look like 'v24.0'.", id="django_chakra.E010")
    for key in ("CONNECT_TIMEOUT", "READ_TIMEOUT"):
        if key in given and not (_is_number(given[key]) and given[key] > 0):
            yield Error(
                f"CHAKRA[{key!r}] must be a number of seconds above 0.", id="django_chakra.E011"
            )


def _address(url: object) -> tuple[str, str]:
    """Scheme and host of a URL; both empty when it can't stand before a path."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        parts.port  # noqa: B018  raises where it is none
    except ValueError:
        return "", ""
    if parts.query or parts.fragment or parts.username is not None:
        return "", ""
    return parts.scheme, parts.hostname or ""


def _calling(where: str, account: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """What an account's calls of the API are made with."""
    token = account.get("ACCESS_TOKEN")
    if token and not conf.is_token(token):
        yield Error(
            f"{where}['ACCESS_TOKEN'] holds what no token has: blanks, line ends, or no ASCII.",
            hint="Only the token itself, without 'Bearer' and without the file's last line end.",
            id="django_chakra.E012",
        )
    paths = account.get("PATHS", {})
    if not isinstance(paths, Mapping) or not all(
        isinstance(name, str) and isinstance(path, str) and re.match(r"([A-Z]+ )?/", path)
        for name, path in paths.items()
    ):
        yield Error(
            f"{where}['PATHS'] must be a dict from endpoint to path, each beginning with '/'.",
            hint="{'groups.create': '/v1/…'}; docs/api.md names the endpoints.",
            id="django_chakra.E013",
        )
    rate = account.get("REQUESTS_PER_SECOND", 0)
    if not _is_number(rate) or rate < 0:
        yield Error(
            f"{where}['REQUESTS_PER_SECOND'] must be a number, 0 for no limit.",
            id="django_chakra.E014",
        )


@register(Tags.security, deploy=True)
def check_deploy(app_configs: Apps = None, **kwargs: Any) -> list[CheckMessage]:
    """On a public site an account may not take calls from anybody."""
    try:
        accounts = [conf.account(alias) for alias in conf.raw_accounts()]
    except Exception:
        return []
    return [
        Error(
            f"CHAKRA['ACCOUNTS'][{account.alias!r}] takes calls from anybody.",
            hint="Set WEBHOOK_SECRETS and remove ALLOW_UNSIGNED, or set a URL_TOKEN.",
            id="django_chakra.E008",
        )
        for account in accounts
        if account.allow_unsigned and not account.url_token
    ]


@register(Tags.urls)
def check_urls(app_configs: Apps = None, **kwargs: Any) -> list[CheckMessage]:
    """The webhook has a URL, at whatever depth it was included."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    if not _finds_webhook():
        return [
            Warning(
                "No URL leads to the webhook.",
                hint="path('chakra/', include('django_chakra.urls'))",
                id="django_chakra.W002",
            )
        ]
    return []


def _finds_webhook() -> bool:
    """Look through all patterns: under another namespace ``reverse`` would not find it."""

    def search(resolver: URLResolver) -> bool:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                if search(pattern):
                    return True
            elif pattern.lookup_str == "django_chakra.views.webhook":
                return True
        return False

    return search(get_resolver())


@register()
def check_sqlite(app_configs: Apps = None, **kwargs: Any) -> list[CheckMessage]:
    """SQLite waits for a lock only when a transaction says from the start that it will write."""
    alias = router.db_for_write(WebhookCall)
    database = settings.DATABASES.get(alias, {})
    mode = database.get("OPTIONS", {}).get("transaction_mode", "")
    if database.get("ENGINE", "").endswith("sqlite3") and mode.upper() not in (
        "IMMEDIATE",
        "EXCLUSIVE",
    ):
        return [
            Warning(
                f"DATABASES[{alias!r}] is SQLite without transaction_mode IMMEDIATE.",
                hint="Two workers would meet as 'database is locked'. "
                "'OPTIONS': {'transaction_mode': 'IMMEDIATE', 'timeout': 20}",
                id="django_chakra.W003",
            )
        ]
    return []


def _is_number(value: object) -> bool:
    """A finite one; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_uuid(value: object) -> bool:
    try:
        uuid.UUID(str(value))
    except ValueError:
        return False
    return True
