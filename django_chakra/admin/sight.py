"""Who may see what: phone numbers, raw payloads, and the rows of which accounts.

A view of an :class:`.base.EvidenceAdmin` runs under the sight of whoever asks for it; all that is
rendered meanwhile looks it up here. Where nobody asks, nothing may be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.module_loading import import_string

from .. import conf

NUMBERS = "django_chakra.see_numbers"
PAYLOADS = "django_chakra.see_payloads"
REPLY = "django_chakra.reply_conversation"

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Sight:
    """What one user may see. By default nothing."""

    numbers: bool = False
    payloads: bool = False
    #: Aliases of accounts; None is all of them, also those that the settings don't name any more.
    accounts: frozenset[str] | None = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether nothing of a row is kept back."""
        return self.numbers and self.payloads

    def sees(self, account: str) -> bool:
        """Whether the rows of this account may be seen."""
        return self.accounts is None or account in self.accounts


_NOTHING = Sight()
_current: ContextVar[Sight] = ContextVar("django_chakra_sight", default=_NOTHING)


def current() -> Sight:
    """The sight of whoever asked for what is rendered now."""
    return _current.get()


def of(request: HttpRequest) -> Sight:
    """The sight of a request's user; the host's function is asked once for each request."""
    known: Sight | None = getattr(request, "_chakra_sight", None)
    if known is None:
        known = of_user(request.user)
        request._chakra_sight = known  # type: ignore[attr-defined]  # as Django keeps its user
    return known


def of_user(user: Any) -> Sight:
    """The sight of a user; who can't log in to the admin sees nothing."""
    if not (user.is_active and user.is_staff):
        return _NOTHING
    return Sight(user.has_perm(NUMBERS), user.has_perm(PAYLOADS), _accounts(user))


def may_reply(request: HttpRequest) -> bool:
    """Whether this member of staff may answer customers."""
    return request.user.has_perm(REPLY)


@contextmanager
def look(sight: Sight) -> Iterator[None]:
    """Render under this sight."""
    token = _current.set(sight)
    try:
        yield
    finally:
        _current.reset(token)


def seen(view: View, *, ours: bool = False) -> View:
    """The view under its user's sight; ``ours`` says that it shows no number but our own."""

    @wraps(view)
    def looking(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        sight = replace(of(request), numbers=True) if ours else of(request)
        with look(sight):
            response = view(request, *args, **named)
        # Django renders these after the view, and after the host's middleware.
        if isinstance(response, SimpleTemplateResponse):
            render = partial(_rendered, sight, response.render)
            response.render = render  # type: ignore[method-assign]
        return response

    return looking


def _rendered(sight: Sight, render: Callable[[], Any]) -> Any:
    with look(sight):
        return render()


def _accounts(user: Any) -> frozenset[str] | None:
    """What the host's function says; a lone text is one alias."""
    path = conf.current().admin_accounts
    found = import_string(path)(user) if path else None
    if found is None:
        return None
    return frozenset([found] if isinstance(found, str) else map(str, found))
