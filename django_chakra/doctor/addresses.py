"""Where a webhook URL that Chakra has stored leads to on this site, and how it may be shown."""

from __future__ import annotations

import difflib
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse

from .. import conf
from .findings import Level, Said

VIEW = "django_chakra.views.webhook"


class Target(NamedTuple):
    """What our view would be called with."""

    account: str
    token: str
    #: So many segments stand before the part of the path that leads here.
    before: int
    slash_missing: bool


def ours(account: conf.Account) -> str:
    """The path to paste, as far as it may be shown."""
    named = [account.alias] if account.alias != "default" or account.url_token else []
    try:
        return reverse(
            "django_chakra:webhook", args=[*named, *(["URL_TOKEN"] if account.url_token else [])]
        )
    except NoReverseMatch:
        return "the path under which the site includes django_chakra.urls"


def leads_here(url: str) -> bool:
    """Whether the URL's path is one of this site's webhooks, of whatever account."""
    return _target(url) is not None


def judged(url: str, account: conf.Account) -> Said:
    """Whether this URL brings its calls to this account; one that leads elsewhere is a warning."""
    target = _target(url)
    seen, here = _visible(url, target, account), ours(account)
    if target is None:
        return Said(
            Level.WARNING,
            f"{seen} does not lead to this site's webhook, {here}.",
            f"If the calls are meant for this site, set the URL to https://<site>{here}.",
        )
    if target.account != account.alias:
        known = target.account in conf.raw_accounts()
        wrong = f"leads to {f'the account {target.account!r}' if known else 'no account'}"
    elif target.token != account.url_token:
        wrong = "has not the account's URL_TOKEN as its last part, so the answer is 404"
    elif target.slash_missing:
        wrong = "lacks the slash at its end, so the calls are not taken"
    else:
        return _almost(url, seen, target, here)
    return Said(Level.RED, f"{seen} {wrong}.", f"Set the URL to https://<site>{here}.")


def _almost(url: str, seen: str, target: Target, here: str) -> Said:
    """The path is right; is the rest?"""
    parts = urlsplit(url)
    allowed = settings.ALLOWED_HOSTS or [".localhost", "127.0.0.1", "[::1]"]
    if parts.scheme != "https":
        return Said(Level.WARNING, f"{seen} is not https.", "Messages of customers go this way.")
    if target.before:
        return Said(
            Level.WARNING,
            f"{seen} leads here only if a proxy takes off what stands before {here}.",
            "If none does, correct the URL.",
        )
    if not validate_host(parts.hostname or "", allowed):
        return Said(
            Level.WARNING,
            f"{seen}: the host is not in ALLOWED_HOSTS.",
            "Add it, unless a proxy hands the calls on under another name.",
        )
    return Said(Level.OK, f"{seen} leads to this account ({here}).")


def _target(url: str) -> Target | None:
    """What the URL's path, or else the end of it, leads to."""
    parts = _parts(url)
    if parts is None:
        return None
    path = unquote(parts.path)
    prefix = get_script_prefix()
    if path.startswith(prefix):
        path = "/" + path[len(prefix) :]
    segments = path.split("/")[1:]
    for start in range(len(segments)):
        rest = "/" + "/".join(segments[start:])
        for tried in (rest, rest + "/"):
            if (found := _resolved(tried)) is not None:
                return Target(*found, before=start, slash_missing=tried != rest)
    return None


def _resolved(path: str) -> tuple[str, str] | None:
    """Account and token, if this path leads to our view, under whatever name it was included."""
    try:
        match = resolve(path)
    except Resolver404:
        return None
    if f"{match.func.__module__}.{getattr(match.func, '__name__', '')}" != VIEW:
        return None
    return match.kwargs.get("account", "default"), match.kwargs.get("token", "")


def _parts(url: str) -> SplitResult | None:
    """The URL taken apart; None when it is none."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises where it is none
    except ValueError:
        return None
    return parts if parts.hostname else None


def _visible(url: str, target: Target | None, account: conf.Account) -> str:
    """The URL without what may be a secret: whatever is in it beyond host and known words."""
    parts = _parts(url)
    if parts is None:
        return "A text that is no URL"
    # Of what is not our own path, only what resembles it is shown: enough to see a slip.
    like = [*filter(None, ours(account).split("/")), account.alias]
    hidden = {target.token} if target else set()
    if target and target.account not in conf.raw_accounts():
        hidden.add(target.account)
    prefix = get_script_prefix().count("/") - 1

    def segment(number: int, text: str) -> str:
        if target and number > target.before + prefix:
            return "…" if text and unquote(text) in hidden else text
        return text if not text or difflib.get_close_matches(text, like, n=1) else "…"

    path = "/".join(segment(number, text) for number, text in enumerate(parts.path.split("/")))
    host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    more = "?…" if parts.query or parts.fragment else ""
    return f"{parts.scheme}://{host}{path}{more}"
