"""Tasks of a process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .resource import Resource, body_of

TASKS = "/v1/ext/p/{procedure}/{process}/task/{task}"


class Tasks(Resource):
    """Give people work on a process."""

    def create(
        self,
        procedure: str,
        process: str,
        task: str,
        *,
        data: Mapping[str, Any] | None = None,
        status: str | None = None,
        assigned_to: str | None = None,
        **extra: Any,
    ) -> Any:
        """Create a task.

        https://apidocs.chakrahq.com/api-11531119 (documented; the answer is unverified)

        Args:
            procedure: short id of the procedure.
            process: UUID or primary key of the process.
            task: short id of the task in the state.
            data: the task's attributes, by their short ids.
            status: "OPEN", "COMPLETED" or "CANCELLED".
            assigned_to: a username.
            extra: further keys of the body.
        """
        path = self._path(TASKS, procedure=procedure, process=process, task=task)
        sent = {"data": data, "status": status, "assignedTo": assigned_to}
        return self._data("POST", path, json=body_of(sent, extra))
