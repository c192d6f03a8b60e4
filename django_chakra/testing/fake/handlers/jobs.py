"""Many processes at once, by a background job that is worked off later."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..handling import Call, handles, milliseconds
from ..replies import Refused, data, missing, refuse, sample
from ..state import Entry, Job
from ..wire import Reply
from .processes import changed, find, made

PAGE = 100
WORDS = ("INVALID", "NOT_STARTED", "SUCCESS", "ERROR")


@handles("processes.bulk_create")
def bulk_create(call: Call) -> Reply:
    """A job that creates processes."""
    return _begun(call, "create", call.body)


@handles("processes.bulk_update")
def bulk_update(call: Call) -> Reply:
    """A job that changes processes."""
    return _begun(call, "update", call.body["processes"])


@handles("background_jobs.get")
def get(call: Call) -> Reply:
    """A job, and how far it is."""
    job = _found(call)
    counts = Counter(entry.status for entry in job.entries)
    return data(
        _shown(job, "background_jobs.get"),
        bjEntryCompletionStatusVsCount={word: counts[word] for word in WORDS},
    )


@handles("background_jobs.entries")
def entries(call: Call) -> Reply:
    """A page of a job's entries, and the path of the next one."""
    job = _found(call)
    after = call.query.get("after", "0")
    if not (after.isascii() and after.isdigit()):
        refuse(400, "after is no cursor")
    start, end = int(after), int(after) + PAGE
    page = [{"id": one.id, "completionStatus": one.status} for one in job.entries[start:end]]
    following = f"{call.request.path}?after={end}" if end < len(job.entries) else None
    return data(page, total=len(job.entries), next=following)


def work(call: Call) -> None:
    """Do what is due of all jobs; called before each request is handled."""
    for job in call.state.jobs.values():
        if job.started_at is None and job.due_at <= call.now:
            job.started_at = job.due_at
            for entry in job.entries:
                entry.status = _done(call, job, entry)


def _done(call: Call, job: Job, entry: Entry) -> str:
    place = Call(call.fake, call.request, call.endpoint, {"procedure": job.procedure})
    try:
        if entry.act == "create":
            made(place, job.procedure, entry.body)
            return "SUCCESS"
        key, value = next((key, one) for key, one in entry.body.items() if key != "update")
        process = find(place, key, value)
        if process is None:
            return "ERROR"
        changed(process, entry.body["update"])
    except (Refused, StopIteration):
        return "INVALID"
    return "SUCCESS"


def _begun(call: Call, act: str, bodies: list[dict[str, Any]]) -> Reply:
    if not bodies:
        refuse(400, "there is nothing to do")
    ids = call.fake.ids
    job = Job(
        id=ids.uuid(),
        procedure=call.places["procedure"],
        created_at=call.now,
        due_at=call.now + call.state.job_seconds,
        entries=[Entry(ids.uuid(), act, body) for body in bodies],
    )
    call.state.jobs[job.id] = job
    return data(_shown(job, "processes.bulk_create"))


def _found(call: Call) -> Job:
    job = call.state.jobs.get(call.places["job_id"])
    if job is None:
        missing("Background job", call.places["job_id"])
    return job


def _shown(job: Job, name: str) -> dict[str, Any]:
    document: dict[str, Any] = sample(name)["_data"]
    started = None if job.started_at is None else milliseconds(job.started_at)
    created = milliseconds(job.created_at)
    times = {"createdAt": created, "updatedAt": started or created, "startedAt": started}
    return {**document, **times, "id": job.id}
