"""Whether Celery would run our tasks as the host means it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.core.checks import CheckMessage, Error, Info, Warning

from .. import conf
from .sending import MARGIN
from .values import is_number

#: The oldest Celery that this was tried with.
OLDEST = (5, 4)
#: Tasks that tell receivers, and those that wait for the platform.
QUICK, SLOW = ("process", "sweep"), ("send", "download", "backfill")


def settings(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Queues and time limits, whatever the runner is."""
    queues = given.get("QUEUES", {})
    if not isinstance(queues, Mapping) or not all(
        task in conf.TASKS and isinstance(queue, str) and queue for task, queue in queues.items()
    ):
        yield Error(
            f"CHAKRA['QUEUES'] must be a dict from task ({', '.join(conf.TASKS)}) to queue.",
            id="django_chakra.E028",
        )
    if not _are_seconds(given.get("TASK_SECONDS", {})):
        yield Error(
            f"CHAKRA['TASK_SECONDS'] must be a dict from task ({', '.join(conf.TASKS)}) to a "
            "number of seconds above 0.",
            id="django_chakra.E029",
        )


def _are_seconds(seconds: object) -> bool:
    return isinstance(seconds, Mapping) and all(
        task in conf.TASKS and is_number(value) and value > 0 for task, value in seconds.items()
    )


def celery(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Celery itself, where it is the runner: nothing of it is imported where it is not."""
    if given.get("RUNNER") != "celery":
        return
    if not _is_installed():
        yield Error(
            "CHAKRA['RUNNER'] is 'celery', and Celery is not installed, or too old.",
            hint="pip install 'django-chakra[celery]'",
            id="django_chakra.E027",
        )
        return
    yield from _app()
    if _are_seconds(given.get("TASK_SECONDS", {})):
        yield from _limits(given)
    queues = given.get("QUEUES", {})
    if isinstance(queues, Mapping) and any(
        queues.get(quick) == queues.get(slow) for quick in QUICK for slow in SLOW
    ):
        yield Warning(
            "Calls wait in one queue with tasks that wait for the platform: a slow one holds them "
            "up.",
            hint="'QUEUES': {'send': 'chakra-slow', 'download': 'chakra-slow', 'backfill': "
            "'chakra-slow'}, and a worker for that queue (docs/operate.md). Else, or where "
            "Celery's task_routes part them, silence this check.",
            id="django_chakra.W012",
        )


def _is_installed() -> bool:
    try:
        return tuple(int(part) for part in version("celery").split(".")[:2]) >= OLDEST
    except PackageNotFoundError:
        return False


def _app() -> Iterator[CheckMessage]:
    """How the host's Celery app is set up."""
    from celery import current_app  # only where it is the runner

    if current_app.main == "default" and not current_app.set_as_current:
        yield Warning(
            "No Celery app is loaded here: workers can't be woken.",
            hint="Import it in your project's __init__.py: from .celery import app as celery_app",
            id="django_chakra.W014",
        )
        return
    settings = current_app.conf
    if settings.task_always_eager:
        yield Warning(
            "CELERY_TASK_ALWAYS_EAGER is on: no worker is woken, and nothing is processed until "
            "somebody sweeps.",
            hint="In tests use the fixtures of docs/test.md, and RUNNER 'worker'.",
            id="django_chakra.W010",
        )
    if not {"json", "application/json"} & set(settings.accept_content):
        yield Warning(
            "Celery's accept_content has no 'json': workers would refuse our tasks.",
            id="django_chakra.W011",
        )
    if settings.task_serializer != "json":
        yield Info(
            f"Celery's task_serializer is {settings.task_serializer!r}; our tasks are JSON all the "
            "same.",
            id="django_chakra.I001",
        )


def _limits(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Whether a limit comes before what it is to come before, and after what it is to wait for."""
    default = conf.Settings()
    seconds = {**conf.TASKS, **given.get("TASK_SECONDS", {})}

    def get(key: str) -> Any:
        return given.get(key, getattr(default, key.lower()))

    longest = longest_telling(given)
    request = [get("CONNECT_TIMEOUT"), get("READ_TIMEOUT")]
    if longest is None or not all(map(is_number, request)):
        return
    for task in QUICK:
        if seconds[task] > longest:
            yield Warning(
                f"CHAKRA['TASK_SECONDS'][{task!r}] is longer than a worker surely holds what it "
                "tells: while a receiver hangs, another worker would begin to tell the same.",
                hint="At most two thirds of CLAIM_SECONDS and ANNOUNCE_SECONDS, which are "
                f"{longest:g} seconds.",
                id="django_chakra.W013",
            )
    if seconds["send"] < sum(request) + MARGIN:
        yield Warning(
            "CHAKRA['TASK_SECONDS']['send'] is shorter than a request may take: the end of what "
            "is cut is unknown.",
            hint=f"CONNECT_TIMEOUT + READ_TIMEOUT + {MARGIN} at least.",
            id="django_chakra.W013",
        )


def longest_telling(given: Mapping[str, Any]) -> float | None:
    """For so many seconds who tells surely holds what it tells; None: a lease is no number.

    When a receiver begins, a third of the lease may be used up.
    """
    default = conf.Settings()
    leases = [
        given.get(key, getattr(default, key.lower()))
        for key in ("CLAIM_SECONDS", "ANNOUNCE_SECONDS")
    ]
    return min(leases) * 2 / 3 if all(map(is_number, leases)) else None
