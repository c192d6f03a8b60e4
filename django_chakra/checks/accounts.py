"""Whether an account can be used as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage, Error, Warning

from .. import conf
from .values import is_number, is_uuid, unknown_keys


def account(alias: object, account: object) -> Iterator[CheckMessage]:
    where = f"CHAKRA['ACCOUNTS'][{alias!r}]"
    if not isinstance(alias, str) or not conf.ALIAS.match(alias):
        yield Error(f"{where}: an alias must match {conf.ALIAS.pattern}", id="django_chakra.E003")
        return
    if not isinstance(account, Mapping):
        yield Error(f"{where} must be a dict.", id="django_chakra.E003")
        return
    yield from unknown_keys(where, account, conf.ACCOUNT_KEYS)
    yield from _signed(where, conf.account(alias))
    yield from _calling(where, account)
    plugin_id = account.get("PLUGIN_ID", "")
    if plugin_id and not is_uuid(plugin_id):
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
    for key in ("REQUESTS_PER_SECOND", "MESSAGES_PER_SECOND"):
        rate = account.get(key, 0)
        if not is_number(rate) or rate < 0:
            yield Error(
                f"{where}[{key!r}] must be a number, 0 for no limit.", id="django_chakra.E014"
            )
