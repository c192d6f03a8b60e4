"""Celery's names for the verbs: tasks that do what is due until nothing is, or their time is up.

A task carries no data: what there is to do are rows, claimed as everywhere. So tasks may be lost,
doubled, run at any time, in any number, on any machine, and beside ``chakra_process --watch``.

Celery finds this module by ``autodiscover_tasks()``. It may also be imported in settings, for
:data:`BEAT_SCHEDULE`: models are imported only when a task runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import Task, shared_task

from .. import conf

__all__ = ["BEAT_SCHEDULE", "backfill", "download", "process", "send", "sweep"]

#: Seconds between the soft time limit, which interrupts, and the hard one, which ends the process.
GRACE_SECONDS = 20.0

#: What beat has to publish: add it to ``CELERY_BEAT_SCHEDULE``.
BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "django_chakra.sweep": {"task": "django_chakra.sweep", "schedule": 10.0},
    "django_chakra.backfill": {"task": "django_chakra.backfill", "schedule": 60.0},
}


class Round(Task):  # type: ignore[misc]  # Celery has no types
    """How all of our tasks are run. Queue and limits are read from the settings when they are used.

    A message is acknowledged when its task has ended. One whose process was killed is not given
    back: a call that kills its process would be handed from one to the next, and its claim keeps it
    from all of them anyway; a sweep takes it up.
    """

    acks_late = True
    reject_on_worker_lost = False
    ignore_result = True
    store_errors_even_if_ignored = False
    serializer = "json"
    max_retries = 0

    @property
    def verb(self) -> str:
        """The short name."""
        return str(self.name).removeprefix("django_chakra.")

    @property
    def queue(self) -> str | None:
        """As ``QUEUES`` says; None: as Celery routes it."""
        return conf.current().queues.get(self.verb)

    @property
    def soft_time_limit(self) -> float:
        """As ``TASK_SECONDS`` says."""
        return conf.task_seconds(self.verb)

    @property
    def time_limit(self) -> float:
        """A little longer."""
        return self.soft_time_limit + GRACE_SECONDS


def _task(function: Callable[..., None]) -> Any:
    """A task that is named after this function."""
    return shared_task(name=f"django_chakra.{function.__name__}", base=Round)(function)


@_task
def process() -> None:
    """Process the calls that are due, and tell receivers."""
    from . import rounds

    rounds.process_calls()


@_task
def sweep() -> None:
    """The same, and first what stopped workers left undone; wakes whoever else has something to do.

    For beat, every few seconds: it finds what nobody was woken for.
    """
    from . import rounds

    rounds.process_calls(sweeps=True)


@_task
def send() -> None:
    """Take the messages that are due to the platform."""
    from . import rounds

    rounds.send_messages()


@_task
def download() -> None:
    """Download the files that are due."""
    from . import rounds

    rounds.download_files()


@_task
def backfill() -> None:
    """Ask the platform what was missed, where ``BACKFILL_AFTER`` minutes passed without a call.

    For beat; it costs nothing where that is 0.
    """
    from . import rounds

    rounds.fill_gaps()
