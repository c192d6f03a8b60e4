"""Background jobs: what bulk calls leave behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .answers import Answer
from .resource import Page, Resource

JOB = "/v1/ext/background-job/{job_id}"
ENTRIES = "/v1/ext/background-job/{job_id}/entries"
COUNTS = "bjEntryCompletionStatusVsCount"

#: Words for an entry that will not change any more; any other word is work to be done.
FINISHED = frozenset({"SUCCESS", "ERROR", "INVALID"})


class BackgroundJobs(Resource):
    """How far a job has come, and what became of its entries."""

    def get(self, job_id: str) -> Any:
        """One job.

        https://apidocs.chakrahq.com/api-11531337 (documented)

        Args:
            job_id: ``id`` in the answer to a bulk call.
        """
        return self._job(job_id).data

    def progress(self, job_id: str) -> dict[str, int]:
        """How many entries of a job are ``NOT_STARTED``, ``SUCCESS``, ``ERROR``, ``INVALID``.

        https://apidocs.chakrahq.com/api-11531337 (documented)

        Args:
            job_id: ``id`` in the answer to a bulk call.
        """
        return _counts(self._job(job_id).meta)

    def entries(self, job_id: str, **extra: Any) -> Page:
        """One page of the entries of a job.

        https://apidocs.chakrahq.com/api-11531427 (documented)

        Args:
            job_id: ``id`` in the answer to a bulk call.
            extra: keys of the query.

        Returns:
            The entries; ``meta`` has their total and a path to the next page.
        """
        return self._page("GET", self._path(ENTRIES, job_id=job_id), query=extra)

    def entries_all(self, job_id: str, **extra: Any) -> Iterator[Any]:
        """Every entry of a job; a page is asked for when it is needed.

        https://apidocs.chakrahq.com/api-11531427 (documented, but for the name of the key with
        the path of the next page: any in ``meta`` whose name has "next")

        Args:
            job_id: see :meth:`entries`, also for the others.
        """
        path, query = self._path(ENTRIES, job_id=job_id), extra
        seen = set()
        while True:
            page = self._page("GET", path, query=query)
            yield from page
            following = _next(page.meta)
            if not following or following in seen:
                return
            seen.add(following)
            parts = urlsplit(following)
            # Of a whole URL only the path: the token goes to no other host.
            path, query = parts.path or path, dict(parse_qsl(parts.query))

    def wait(
        self,
        job_id: str,
        *,
        timeout: float = 600.0,
        poll: float = 2.0,
        on_progress: Callable[[dict[str, int]], object] | None = None,
    ) -> dict[str, int]:
        """Wait until no entry of a job is left to do.

        https://apidocs.chakrahq.com/api-11531337 (documented)

        Args:
            job_id: ``id`` in the answer to a bulk call.
            timeout: seconds to wait at most.
            poll: seconds between two looks.
            on_progress: called with the counts after each look.

        Returns:
            The counts as in :meth:`progress`.

        Raises:
            TimeoutError: there is still work to be done; it goes on.
            ApiError: a look failed.
        """
        clock = self._client.http.clock
        until = clock.monotonic() + timeout
        while True:
            counts = self.progress(job_id)
            if on_progress:
                on_progress(counts)
            if _is_finished(counts):
                return counts
            left = until - clock.monotonic()
            if left <= 0:
                raise TimeoutError(f"Job {job_id} is not finished after {timeout:g} s: {counts}")
            clock.sleep(min(poll, left))

    def _job(self, job_id: str) -> Answer:
        return self._call("GET", self._path(JOB, job_id=job_id))


def _counts(meta: Mapping[str, Any]) -> dict[str, int]:
    counts = meta.get(COUNTS)
    if not isinstance(counts, dict):
        return {}
    return {word: count for word, count in counts.items() if isinstance(count, int)}


def _is_finished(counts: Mapping[str, int]) -> bool:
    """A job without any entry has not begun."""
    done = sum(count for word, count in counts.items() if word in FINISHED)
    return 0 < done == sum(counts.values())


def _next(meta: Mapping[str, Any]) -> str:
    found = (value for key, value in meta.items() if "next" in key.lower())
    return next((value for value in found if isinstance(value, str) and value), "")
