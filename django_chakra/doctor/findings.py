"""What a check of the doctor says, and what it says when it fails itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from django.db import Error

from ..exceptions import (
    ApiError,
    AuthenticationFailed,
    ConfigurationError,
    NetworkFailed,
    NotFound,
    PermissionMissing,
    PlatformFailed,
    RateLimited,
)


class Level(StrEnum):
    """How it stands; the order is that of badness."""

    OK = "ok"
    WARNING = "warning"
    RED = "red"

    @property
    def rank(self) -> int:
        """0 is good."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: how it stands, what was found, and what to do about it ("" when nothing)."""

    check: str
    #: Alias of the account, "" for the whole site.
    account: str
    level: Level
    found: str
    do: str = ""


class Said(NamedTuple):
    """A finding that does not know yet whose it is."""

    level: Level
    found: str
    do: str = ""


Look = Callable[[], Iterable[Said]]


def guarded(check: str, account: str, look: Look) -> list[Finding]:
    """What this check finds; one that fails is a red line, and the next ones go on."""
    found: list[Said] = []
    try:
        found.extend(look())
    except Exception as error:
        found.append(of_error(error))
    return [Finding(check, account, *said) for said in found]


#: By kind of error, the first that fits: what to do about it.
_REMEDIES: tuple[tuple[type[Exception], str], ...] = (
    (AuthenticationFailed, "Make a key in Chakra (Admin, API Keys) and set ACCESS_TOKEN to it."),
    (PermissionMissing, "Give the role of the key this right, or look for yourself."),
    (NotFound, "Compare the ids in CHAKRA with those in Chakra."),
    (RateLimited, "Try again later; REQUESTS_PER_SECOND keeps an account below a limit."),
    (PlatformFailed, "Try again later; if it stays, ask ChakraHQ."),
    (NetworkFailed, "Look at this machine's network, DNS and firewall, and at BASE_URL."),
    (ApiError, "The platform's own words say what it does not like."),
    (ConfigurationError, "Set it in CHAKRA."),
    (Error, "Is the database up, and has `python manage.py migrate` been run?"),
)


def of_error(error: Exception) -> Said:
    """A failed check in words. Only our own exceptions are known to hold nothing secret."""
    for kind, remedy in _REMEDIES:
        if isinstance(error, kind):
            words = f"The database failed ({type(error).__name__})"
            # A role without this right may still have all that the site needs.
            level = Level.WARNING if kind is PermissionMissing else Level.RED
            return Said(level, words if kind is Error else str(error), remedy)
    return Said(Level.RED, f"This check failed ({type(error).__name__})", "Please report it.")


def shown(finding: Finding, secrets: Sequence[str]) -> Finding:
    """The finding as it may be printed: on one line, and without these secrets.

    No check says one; but the platform's own words might repeat what they were sent.
    """
    return replace(finding, found=_shown(finding.found, secrets), do=_shown(finding.do, secrets))


def _shown(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "…")
    # From outside may come what a terminal would obey.
    return "".join(letter if letter.isprintable() else " " for letter in text)
