"""What concerns the whole site: settings, receivers, and whoever processes stored calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings as django_settings
from django.core.checks import ERROR, CheckMessage
from django.core.checks.registry import registry

from .. import conf
from ..models import CallState, WebhookCall
from ..models.fields import DatabaseNow
from ..signals import SIGNALS
from .findings import Level, Said
from .stored import ago

#: By runner: for how long a call may be due before that is a sign that nobody takes it.
PATIENCE = {"worker": timedelta(minutes=1), "inline": timedelta(minutes=5)}
#: Who did something so shortly ago is alive.
ALIVE = timedelta(minutes=1)


def settings() -> Iterator[Said]:
    """What our system checks say; those for deployment too, unless this is a DEBUG site."""
    deployed = not django_settings.DEBUG
    messages: list[CheckMessage] = []
    for check in registry.get_checks(include_deployment_checks=deployed):
        # Only ours: what other apps' checks say, or whether they raise, is not our business.
        if check.__module__ == "django_chakra.checks":
            messages += check(app_configs=None, databases=[])
    said = [message for message in messages if not message.is_silenced()]
    for message in said:
        level = Level.RED if message.level >= ERROR else Level.WARNING
        yield Said(level, f"{message.id}: {message.msg}", message.hint or "")
    if not said:
        yield Said(Level.OK, "The system checks find nothing wrong.")


def receivers() -> Iterator[Said]:
    """Who is told of what, by the names that stand in ReceiverFailure."""
    names = {name: signal.names() for name, signal in SIGNALS.items()}
    for name, found in names.items():
        if found:
            yield Said(Level.OK, f"{name}: {', '.join(found)}")
    if not names["message_received"] and not names["event_received"]:
        yield Said(
            Level.WARNING,
            "Nobody is told of messages: message_received has no receiver.",
            "Import the module with your receivers in AppConfig.ready() (docs/receive.md).",
        )


def worker() -> Iterator[Said]:
    """Who processes stored calls, and whether it looks as if they did."""
    runner = conf.current().runner
    waited = _longest_wait()
    if waited is None:
        yield Said(Level.OK, f"The runner is {runner}; no call is due.")
    elif waited < PATIENCE.get(runner, ALIVE):
        yield Said(Level.OK, f"The runner is {runner}; the oldest due call waits {ago(waited)}.")
    elif _is_at_work():
        yield Said(
            Level.WARNING,
            f"Calls are processed, but the oldest due one waits {ago(waited)}.",
            "Start another `python manage.py chakra_process --watch`.",
        )
    else:
        advice = {
            "worker": "Keep `python manage.py chakra_process --watch` running, and see its log.",
            "celery": "Keep Celery's worker and beat running, see their logs, and whether the "
            "broker answers (docs/operate.md).",
            "inline": "Run `python manage.py chakra_process` from cron (docs/operate.md).",
        }
        yield Said(
            Level.RED,
            f"The runner is {runner}, and nobody seems to run: a call waits {ago(waited)}.",
            advice.get(runner, "Set RUNNER to one that exists."),
        )


def _longest_wait() -> timedelta | None:
    """For how long a call has been due, by the database's clock; a stopped worker's calls too."""
    waits = []
    for state in (CallState.RECEIVED, CallState.PROCESSING):
        due = WebhookCall.objects.due(state).annotate(now=DatabaseNow())
        row = due.values_list("next_attempt_at", "now").first()
        if row is not None and row[0] is not None:
            waits.append(row[1] - row[0])
    return max(waits, default=None)


def _is_at_work() -> bool:
    """Whether a worker holds calls at this moment, or has finished one just now."""
    now = DatabaseNow()
    if WebhookCall.objects.filter(state=CallState.PROCESSING, next_attempt_at__gt=now).exists():
        return True
    # The newest one by id, which has an index; work goes on in about that order.
    last = WebhookCall.objects.filter(state=CallState.PROCESSED).order_by("-pk").annotate(now=now)
    row = last.values_list("processed_at", "now").first()
    return row is not None and row[0] is not None and row[1] - row[0] < ALIVE
