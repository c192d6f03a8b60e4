"""Is everything as it has to be? What ``chakra_doctor`` prints.

Looks at the settings, the platform and the tables, and changes nothing. No finding holds a token,
a secret or a text of a message.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from .. import conf
from ..exceptions import ConfigurationError
from .findings import Finding, Level, guarded, shown
from .numbers import numbers
from .platform import Platform
from .site import receivers, settings, worker
from .spool import spool
from .stored import backfilled, backlog, given_up, last_call, refused

__all__ = ["CHECKS", "Finding", "Level", "examine", "worst"]

_SITE = {"settings": settings, "receivers": receivers, "worker": worker, "spool": spool}
_PLATFORM = ("token", "plugin", "number", "webhooks")
_STORED = {
    "refused": refused,
    "last_call": last_call,
    "backfill": backfilled,
    "backlog": backlog,
    "given_up": given_up,
}
#: The names of all checks, in the order of their lines. They stay.
CHECKS = (*_SITE, *_PLATFORM, "numbers", *_STORED)

#: Shorter ones are no secrets, and would blot out common words.
_SECRET_LENGTH = 6


def examine(aliases: Sequence[str] | None = None, *, offline: bool = False) -> list[Finding]:
    """Every finding: first those of the whole site, then account by account.

    Args:
        aliases: the accounts to look at; None for all of them.
        offline: make no calls of the API.
    """
    secrets = _secrets()
    return [shown(finding, secrets) for finding in _findings(aliases, offline=offline)]


def worst(findings: Sequence[Finding]) -> Level:
    """The worst level among these."""
    return max((finding.level for finding in findings), key=lambda level: level.rank)


def _findings(aliases: Sequence[str] | None, *, offline: bool) -> Iterator[Finding]:
    for name, look in _SITE.items():
        yield from guarded(name, "", look)
    for alias in _all() if aliases is None else aliases:
        platform = None if offline else Platform(alias)
        if platform is not None:
            for name in _PLATFORM:
                yield from guarded(name, alias, getattr(platform, name))
        yield from guarded("numbers", alias, partial(numbers, alias, platform))
        for name, about in _STORED.items():
            yield from guarded(name, alias, partial(about, alias))


def _all() -> list[str]:
    """All aliases; where they can't be read, the settings' own line has said so."""
    try:
        return [str(alias) for alias in conf.raw_accounts()]
    except Exception:
        return []


def _secrets() -> list[str]:
    """Every secret of every account, the longest first: one may be a part of another."""
    found: set[str] = set()
    for alias in _all():
        try:
            account = conf.account(alias)
        except ConfigurationError:
            continue
        found |= {*account.webhook_secrets, *account.meta_app_secrets}
        found |= {str(account.access_token), str(account.verify_token), str(account.url_token)}
    return sorted((s for s in found if len(s) >= _SECRET_LENGTH), key=len, reverse=True)
