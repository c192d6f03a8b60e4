"""Processes (leads, tickets): made, found, changed, deleted; and their tasks."""

from __future__ import annotations

from typing import Any

from .. import paging
from ..handling import Call, handles, merged, milliseconds
from ..replies import data, missing, refuse
from ..state import Process, Task
from ..wire import Reply
from .conditions import matches

STATUSES = ("OPEN", "COMPLETED", "CANCELLED")


@handles("processes.create", "leads.create")
def create(call: Call) -> Reply:
    """A new one."""
    procedure = call.places.get("procedure", "lead")
    return data(shown(made(call, procedure, call.body)))


@handles("processes.get")
def get(call: Call) -> Reply:
    """One by its id."""
    return data(shown(_by_id(call)))


@handles("processes.list")
def list_(call: Call) -> Reply:
    """Those that fit."""
    where = call.body.get("where", {})
    found = [one for one in _of_procedure(call) if matches(one, where)]
    page, more = paging.by_skip(call, found)
    return data([shown(one) for one in page], hasMore=more)


@handles("processes.update")
def update(call: Call) -> Reply:
    """Change one by its id."""
    return data(shown(changed(_by_id(call), call.body)))


@handles("processes.update_by_key")
def update_by_key(call: Call) -> Reply:
    """Change one by a primary key."""
    return data(shown(changed(_by_value(call), call.body)))


@handles("processes.delete")
def delete(call: Call) -> Reply:
    """Delete one by its id."""
    return data(shown(call.state.processes.pop(_by_id(call).id)))


@handles("processes.delete_by_key")
def delete_by_key(call: Call) -> Reply:
    """Delete one by a primary key."""
    return data(shown(call.state.processes.pop(_by_value(call).id)))


@handles("leads.update_by_phone")
def update_by_phone(call: Call) -> Reply:
    """Change a lead by its phone number."""
    number = call.places["phone_number"]
    return data(shown(changed(_with(call, "lead", "phone_number", number), call.body)))


@handles("tasks.create")
def create_task(call: Call) -> Reply:
    """A task of a process."""
    process = by_key_or_id(call, call.places["process"])
    check(call.body)
    task = Task(
        id=call.fake.ids.uuid(),
        process_id=process.id,
        type=call.places["task"],
        created_at=call.now,
        data=call.body.get("data", {}),
        status=call.body.get("status", "OPEN"),
        assigned_to=call.body.get("assignedTo"),
    )
    call.state.tasks[task.id] = task
    return data(
        {
            "id": task.id,
            "createdAt": milliseconds(task.created_at),
            "status": task.status,
            "data": task.data,
            "assignedTo": task.assigned_to,
        }
    )


def made(call: Call, procedure: str, body: dict[str, Any]) -> Process:
    """A new process, kept."""
    check(body)
    process = Process(
        id=call.fake.ids.uuid(),
        procedure=procedure,
        key=f"{procedure.upper()}-{call.fake.ids.number():06d}",
        created_at=call.now,
        data=dict(body.get("data", {})),
        record=dict(body.get("record", {})),
        assigned_to=body.get("assignedTo"),
    )
    call.state.processes[process.id] = changed(process, {**body, "data": {}})
    return process


def changed(process: Process, body: dict[str, Any]) -> Process:
    """A process with what was given; attributes that were not stay."""
    check(body)
    process.data = merged(process.data, body.get("data", {}))
    process.status = body.get("status", process.status)
    process.state = body.get("state", process.state)
    process.next_action_at = body.get("nextActionAt", process.next_action_at)
    return process


def check(body: dict[str, Any]) -> None:
    """Refuse a status that does not exist."""
    if body.get("status", STATUSES[0]) not in STATUSES:
        refuse(400, f"status is one of {', '.join(STATUSES)}")


def shown(process: Process) -> dict[str, Any]:
    """As the platform writes it."""
    return {
        "id": process.id,
        "createdAt": milliseconds(process.created_at),
        "status": process.status,
        "state": process.state,
        "data": process.data,
        "assignedTo": process.assigned_to,
        "nextActionAt": process.next_action_at,
    }


def by_key_or_id(call: Call, value: str) -> Process:
    """The process of that id or primary key."""
    for one in _of_procedure(call):
        if value in (one.id, one.key):
            return one
    missing("Process", value)


def find(call: Call, key: str, value: str) -> Process | None:
    """The process whose id, or attribute of that name, is this."""
    for one in _of_procedure(call):
        if (key == "id" and value in (one.id, one.key)) or str(one.data.get(key)) == value:
            return one
    return None


def _of_procedure(call: Call, procedure: str = "") -> list[Process]:
    wanted = procedure or call.places["procedure"]
    return [one for one in call.state.processes.values() if one.procedure == wanted]


def _by_id(call: Call) -> Process:
    process = call.state.processes.get(call.places["process_id"])
    if process is None or process.procedure != call.places["procedure"]:
        missing("Process", call.places["process_id"])
    return process


def _by_value(call: Call) -> Process:
    return _with(call, "", call.places["key"], call.places["value"])


def _with(call: Call, procedure: str, key: str, value: str) -> Process:
    for one in _of_procedure(call, procedure):
        if str(one.data.get(key)) == value:
            return one
    missing("Process", value)
