"""Processes: the records (leads, tickets, visits) of a procedure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .resource import Page, Resource, body_of, by_skip

ALL = "/v1/ext/procedure/{procedure}/process"
BULK_CREATE = "/v1/ext/procedure/{procedure}/process/bulk-create"
LIST = "/v1/ext/procedure/{procedure}/process/list"
ONE = "/v1/ext/procedure/{procedure}/process/{process_id}"
BY_KEY = "/v1/ext/procedure/{procedure}/process/{key}/{value}"


class Processes(Resource):
    """Records of a procedure, which is named by its short id ("lead") or UUID."""

    def get(self, procedure: str, process_id: str) -> Any:
        """One process.

        https://apidocs.chakrahq.com/api-11375429 (documented)

        Args:
            procedure: short id of the procedure.
            process_id: UUID of the process.
        """
        return self._data("GET", self._path(ONE, procedure=procedure, process_id=process_id))

    def list(
        self,
        procedure: str,
        *,
        where: Mapping[str, Any] | None = None,
        skip: int | None = None,
        limit: int | None = None,
        **extra: Any,
    ) -> Page:
        """One page of the processes.

        https://docs.chakrahq.com/platform/api (Process, List; documented)

        Args:
            procedure: short id of the procedure.
            where: attribute (or ``status``, ``state``, ``createdAt``, ``assignedTo``) to a value,
                a list of values, or ``{operator: value}`` with ``= != > >= < <=``; ``or`` and
                ``and`` take lists of such queries.
            skip: entries to leave out.
            limit: entries of a page: 10 unless given, and 100 at most.
            extra: further keys of the body.

        Returns:
            The processes; ``meta["hasMore"]`` says whether there are more.
        """
        path = self._path(LIST, procedure=procedure)
        sent = body_of({"where": where, "skip": skip, "limit": limit}, extra)
        return self._page("POST", path, json=sent, read=True)

    def list_all(
        self,
        procedure: str,
        *,
        where: Mapping[str, Any] | None = None,
        limit: int = 100,
        **extra: Any,
    ) -> Iterator[Any]:
        """Every process; a page is asked for when it is needed.

        https://docs.chakrahq.com/platform/api (Process, List; documented)

        Args:
            procedure: see :meth:`list`, also for the others.
        """
        return by_skip(
            lambda skip: self.list(procedure, where=where, skip=skip, limit=limit, **extra), limit
        )

    def create(
        self,
        procedure: str,
        *,
        data: Mapping[str, Any] | None = None,
        record: Mapping[str, Any] | None = None,
        status: str | None = None,
        state: str | None = None,
        next_action_at: int | None = None,
        assigned_to: str | None = None,
        **extra: Any,
    ) -> Any:
        """Create a process.

        https://apidocs.chakrahq.com/api-11530135 (documented)

        Args:
            procedure: short id of the procedure.
            data: attributes' short ids to values; of a photo, its id.
            record: ``{"data": {…}}`` of what is behind the process (the customer).
            status: "OPEN", "COMPLETED" or "CANCELLED".
            state: one of the procedure's.
            next_action_at: Unix time in milliseconds.
            assigned_to: a username, or a UUID (the documentation shows both).
            extra: further keys of the body.

        Returns:
            The process.
        """
        sent = {
            "data": data,
            "record": record,
            "status": status,
            "state": state,
            "nextActionAt": next_action_at,
            "assignedTo": assigned_to,
        }
        return self._data("POST", self._path(ALL, procedure=procedure), json=body_of(sent, extra))

    def update(
        self,
        procedure: str,
        process_id: str,
        *,
        data: Mapping[str, Any] | None = None,
        status: str | None = None,
        state: str | None = None,
        next_action_at: int | None = None,
        **extra: Any,
    ) -> Any:
        """Change what is given of a process.

        https://apidocs.chakrahq.com/api-11530500 (documented)

        Args:
            procedure: short id of the procedure.
            process_id: UUID of the process.
            data: see :meth:`create`, also for the others.
        """
        path = self._path(ONE, procedure=procedure, process_id=process_id)
        sent = {"data": data, "status": status, "state": state, "nextActionAt": next_action_at}
        return self._data("PUT", path, json=body_of(sent, extra))

    def update_by_key(
        self,
        procedure: str,
        *,
        key: str,
        value: str,
        data: Mapping[str, Any] | None = None,
        status: str | None = None,
        state: str | None = None,
        next_action_at: int | None = None,
        **extra: Any,
    ) -> Any:
        """Change what is given of the process with this primary key.

        https://docs.chakrahq.com/platform/api (Process, Update by primary key; documented)

        Args:
            procedure: short id of the procedure.
            key: short id of the attribute that is the primary key.
            value: of that attribute.
            data: see :meth:`create`, also for the others.
        """
        path = self._path(BY_KEY, procedure=procedure, key=key, value=value)
        sent = {"data": data, "status": status, "state": state, "nextActionAt": next_action_at}
        return self._data("PUT", path, json=body_of(sent, extra))

    def delete(self, procedure: str, process_id: str) -> Any:
        """Delete a process.

        https://docs.chakrahq.com/platform/api (Process, Delete; documented)

        Args:
            procedure: short id of the procedure.
            process_id: UUID of the process.

        Returns:
            The process as it was.
        """
        return self._data("DELETE", self._path(ONE, procedure=procedure, process_id=process_id))

    def delete_by_key(self, procedure: str, *, key: str, value: str) -> Any:
        """Delete the process with this primary key.

        https://docs.chakrahq.com/platform/api (Process, Delete; documented)

        Args:
            procedure: short id of the procedure.
            key: short id of the attribute that is the primary key.
            value: of that attribute.

        Returns:
            The process as it was.
        """
        path = self._path(BY_KEY, procedure=procedure, key=key, value=value)
        return self._data("DELETE", path)

    def bulk_create(self, procedure: str, *, processes: Sequence[Mapping[str, Any]]) -> Any:
        """Create many processes, some time later.

        https://apidocs.chakrahq.com/api-11531004 (documented)

        Args:
            procedure: short id of the procedure.
            processes: bodies as for :meth:`create`, with the platform's own names.

        Returns:
            A background job, for :meth:`.background_jobs.BackgroundJobs.wait`.
        """
        path = self._path(BULK_CREATE, procedure=procedure)
        return self._data("POST", path, json=[*processes])

    def bulk_update(
        self, procedure: str, *, processes: Sequence[Mapping[str, Any]], **extra: Any
    ) -> Any:
        """Change many processes, some time later.

        https://apidocs.chakrahq.com/api-11531082 (documented)

        Args:
            procedure: short id of the procedure.
            processes: each ``{"id" or the key's short id: value, "update": {…}}``.
            extra: further keys of the body.

        Returns:
            A background job, for :meth:`.background_jobs.BackgroundJobs.wait`.
        """
        path = self._path(ALL, procedure=procedure)
        return self._data("PATCH", path, json=body_of({"processes": [*processes]}, extra))
