"""What every resource has: its client, its paths, and pages that can be walked through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from string import Formatter
from typing import TYPE_CHECKING, Any

from ..exceptions import ConfigurationError, PathUnverified
from .answers import Answer
from .http import path_segment

if TYPE_CHECKING:
    from . import Chakra

#: What of the client may be named in a path.
OWN = frozenset({"api_version", "phone_number_id", "plugin_id", "waba_id"})


class Page(list[Any]):
    """One page of a list, with what stood beside it (``meta``: ``hasMore``, totals, …)."""

    def __init__(self, entries: Any, meta: Mapping[str, Any]) -> None:
        super().__init__(entries if isinstance(entries, list) else [])
        self.meta = dict(meta)

    def is_last(self, number: int, largest: int) -> bool:
        """Whether a list that goes by the number of the page ends with this one.

        ``hasMore`` decides, else ``total``; else a list ends with a page that is empty or smaller
        than another. What was asked for says nothing: pages may be smaller.

        Args:
            number: of this page, from 1.
            largest: entries of the largest page so far, this one among them.
        """
        more, total = self.meta.get("hasMore"), self.meta.get("total")
        if not self:
            return True
        if isinstance(more, bool):
            return not more
        if isinstance(total, int) and not isinstance(total, bool):
            return (number - 1) * largest + len(self) >= total
        return len(self) < largest


class Resource:
    """A group of endpoints. Methods take keywords, and return the platform's data unwrapped."""

    def __init__(self, client: Chakra) -> None:
        self._client = client

    def _call(self, method: str, path: str, **sent: Any) -> Answer:
        return self._client.call(method, path, **sent)

    def _data(self, method: str, path: str, **sent: Any) -> Any:
        return self._call(method, path, **sent).data

    def _page(self, method: str, path: str, **sent: Any) -> Page:
        answer = self._call(method, path, **sent)
        return Page(answer.data, answer.meta)

    def _own(self, name: str, given: str | None = None) -> str:
        """A value of the call, else of the client (``plugin_id``, ``phone_number_id``, …).

        Raises:
            ConfigurationError: neither has it.
        """
        value = given or str(getattr(self._client, name))
        if not value:
            raise ConfigurationError(f"{name} is neither given nor set on the client")
        return value

    def _path(self, template: str, **segments: object) -> str:
        """A path with these segments filled in, each escaped."""
        return template.format(**{name: path_segment(value) for name, value in segments.items()})

    def _unverified(
        self, method: str, endpoint: str, likely: str | None = None, **segments: object
    ) -> tuple[str, str]:
        """Method and path of an endpoint that no documentation names: as the host set it.

        A read may give a ``likely`` one; what changes or deletes must not guess. The host's path
        may name the client's ``{plugin_id}``, ``{phone_number_id}``, ``{waba_id}`` and
        ``{api_version}`` too, and begin with another method ("PUT /v1/…").

        Raises:
            PathUnverified: the host has not set it, and there is none to try.
            ConfigurationError: the path names what is not known here.
        """
        template = self._client.paths.get(endpoint) or likely
        if not template:
            raise PathUnverified(endpoint)
        named = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
        missing = {name for name in named if name not in segments}
        if unknown := sorted(missing - OWN):
            raise ConfigurationError(
                f"PATHS[{endpoint!r}] names {unknown}; known are {sorted(OWN | segments.keys())}"
            )
        own = {name: self._own(name) for name in missing}
        before, _, path = self._path(template, **segments, **own).rpartition(" ")
        return before or method, path


def body_of(values: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """A body of the values that were given (None was not), and what the caller adds."""
    return {**{name: value for name, value in values.items() if value is not None}, **extra}


def by_skip(page: Callable[[int], Page], limit: int) -> Iterator[Any]:
    """Every entry of lists that go by ``skip`` and say ``hasMore``."""
    skip = 0
    while True:
        entries = page(skip)
        yield from entries
        skip += len(entries)
        more = entries.meta.get("hasMore", len(entries) >= limit)
        if not entries or not more:
            return


def by_number(page: Callable[[int], Page]) -> Iterator[Any]:
    """Every entry of lists that go by the number of the page; their end: :meth:`Page.is_last`.

    An endless list of equal pages ends too: some servers hand out the last page for ever.
    """
    number, largest, before = 1, 0, None
    while True:
        entries = page(number)
        if entries == before:
            return
        yield from entries
        largest = max(largest, len(entries))
        if entries.is_last(number, largest):
            return
        number, before = number + 1, entries


def by_cursor(page: Callable[[str | None], Mapping[str, Any]]) -> Iterator[Any]:
    """Every entry of Meta's lists: ``data``, and a cursor for as long as there is a next page."""
    after: str | None = None
    while True:
        answer = page(after)
        yield from answer.get("data") or ()
        paging = answer.get("paging") or {}
        following = (paging.get("cursors") or {}).get("after")
        if not paging.get("next") or not following or following == after:
            return
        after = following
