"""System checks: what is wrong with the settings, said before it costs a message.

None of them asks the database. Ids are stable and listed in ``docs/start.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import router
from django.urls import URLResolver, get_resolver

from .. import conf
from ..exceptions import ConfigurationError
from ..models import WebhookCall
from . import backfill, databases, pages, receivers, sending, spool, storage, tasks
from .accounts import account as check_account
from .values import is_number, unknown_keys

Apps = Sequence[AppConfig] | None


@register()
def check_settings(app_configs: Apps = None, **kwargs: Any) -> list[CheckMessage]:
    """The ``CHAKRA`` dict and its accounts can be used as they are."""
    try:
        given = conf.raw()
    except ConfigurationError as error:
        return [Error(str(error), id="django_chakra.E001")]
    found = [*unknown_keys("CHAKRA", given, conf.SETTING_KEYS), *_runner(given), *_api(given)]
    found += [*sending.delivery(given), *sending.words(given), *sending.times(given)]
    found += [*backfill.after(given), *backfill.hours(given), *storage.media(given)]
    found += [*spool.folder(given), *spool.timeouts(given), *databases.database()]
    found += [
        *receivers.times(given),
        *pages.accounts(given),
        *tasks.settings(given),
        *tasks.celery(given),
    ]
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
        found += check_account(alias, account)
    return found


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
    elif scheme == "http" and host not in conf.LOOPBACK:
        yield Warning(
            "CHAKRA['BASE_URL'] is http: the token would cross the network in the clear.",
            id="django_chakra.W005",
        )
    version = given.get("API_VERSION", conf.Settings().api_version)
    if not isinstance(version, str) or not re.fullmatch(r"v[0-9]{1,3}\.[0-9]{1,3}", version):
        yield Error("CHAKRA['API_VERSION'] must look like 'v24.0'.", id="django_chakra.E010")
    for key in ("CONNECT_TIMEOUT", "READ_TIMEOUT"):
        if key in given and not (is_number(given[key]) and given[key] > 0):
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
                hint="Two workers would meet as 'database is locked', and try again. "
                "'OPTIONS': {'transaction_mode': 'IMMEDIATE', 'timeout': 20, "
                "'init_command': 'PRAGMA journal_mode=WAL'}",
                id="django_chakra.W003",
            )
        ]
    return []
