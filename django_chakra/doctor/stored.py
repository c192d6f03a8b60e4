"""What the tables say about one account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from .. import conf
from ..models import (
    Backfill,
    BackfillState,
    CallState,
    FailureState,
    ReceiverFailure,
    WebhookCall,
)
from .findings import Level, Said

DAY = timedelta(days=1)
#: A silence that is longer is worth a look.
SILENCE = timedelta(days=7)
#: Backfills among which the last one of all chats is looked for.
LOOKED_AT = 50
#: So many reasons or receivers are named.
NAMED = 3


def ago(span: timedelta) -> str:
    """How long, in the largest unit that fits."""
    seconds = max(0, int(span.total_seconds()))
    for name, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}"
    return f"{seconds} seconds"


def refused(alias: str) -> Iterator[Said]:
    """Calls of the last 24 hours that were not believed, and why."""
    calls = WebhookCall.objects.filter(account=alias, received_at__gte=timezone.now() - DAY)
    reasons = (
        calls.filter(state=CallState.REFUSED)
        .values_list("error")
        .annotate(count=Count("pk"))
        .order_by("-count")
    )
    found = [(reason, count) for reason, count in reasons]
    if not found:
        kept = conf.current().refused_per_hour
        unseen = "" if kept else " (REFUSED_PER_HOUR is 0, so none is kept)"
        yield Said(Level.OK, f"No call was refused in the last 24 hours{unseen}.")
        return
    total = sum(count for _, count in found)
    why = "; ".join(f"{count} × {reason[:200] or 'no reason'}" for reason, count in found[:NAMED])
    taken = calls.exclude(state=CallState.REFUSED).exists()
    yield Said(
        Level.WARNING if taken else Level.RED,
        f"{total} calls were refused in the last 24 hours{'' if taken else ', and none taken'}: "
        f"{why}.",
        "Compare WEBHOOK_SECRETS with Chakra (Admin, Team, Secrets); then "
        "`python manage.py chakra_process --verify-again` takes in what was meant for us.",
    )


def last_call(alias: str) -> Iterator[Said]:
    """When the platform last called."""
    calls = WebhookCall.objects.filter(account=alias).exclude(state=CallState.REFUSED)
    last = calls.order_by("-received_at").values_list("received_at", flat=True).first()
    if last is None:
        yield Said(
            Level.WARNING,
            "No call has ever been taken.",
            "Paste the webhook's URL into both fields of WhatsApp Setup, and write to the number.",
        )
        return
    silence = timezone.now() - last
    when = f"The last call came {ago(silence)} ago, at {last:%Y-%m-%d %H:%M} UTC."
    if silence > SILENCE:
        yield Said(Level.WARNING, when, "If customers wrote since, see the line on webhooks.")
    else:
        yield Said(Level.OK, when)


def backfilled(alias: str) -> Iterator[Said]:
    """What the last backfill of all chats came to."""
    rows = Backfill.objects.filter(account=alias).order_by("-pk")[:LOOKED_AT]
    last = next((row for row in rows if row.scope == {}), None)
    if last is None:
        yield Said(Level.OK, "Nothing was ever asked for that webhooks might have missed.")
        return
    when = f"{ago(timezone.now() - last.started_at)} ago ({last.reason or 'code'})"
    missed = f"{last.missed} messages and {last.missed_statuses} statuses had been missed"
    if last.state == BackfillState.DONE:
        yield Said(Level.OK, f"The last backfill began {when}: {missed}.")
    elif last.claimed_until is not None and last.claimed_until > timezone.now():
        yield Said(Level.OK, f"A backfill began {when} and is at work: so far {missed}.")
    else:
        words = f": {last.error}" if last.error else ""
        yield Said(
            Level.WARNING,
            f"The backfill that began {when} was stopped{words}. So far {missed}.",
            "`python manage.py chakra_backfill` goes on where it was.",
        )


def backlog(alias: str) -> Iterator[Said]:
    """Calls that wait, and calls that were given up."""
    open_states = [CallState.RECEIVED, CallState.PROCESSING, CallState.FAILED]
    calls = WebhookCall.objects.filter(account=alias, state__in=open_states)
    counts = dict(calls.values_list("state").annotate(count=Count("pk")).order_by())
    failed = counts.pop(CallState.FAILED, 0)
    waiting = sum(counts.values())
    if failed:
        yield Said(
            Level.RED,
            f"{failed} calls failed and are not tried again; {waiting} wait.",
            "Read `error` of the calls in the admin, mend the reason, then "
            "`python manage.py chakra_process --replay --state failed`.",
        )
        return
    troubled = calls.filter(state=CallState.RECEIVED, attempts__gt=0).exclude(error="").count()
    if troubled:
        yield Said(
            Level.WARNING,
            f"{waiting} calls wait, {troubled} of them after an attempt that failed.",
            "Read `error` of these calls in the admin.",
        )
    else:
        yield Said(Level.OK, f"{waiting} calls wait, none failed.")


def given_up(alias: str) -> Iterator[Said]:
    """Receivers that raised until they were given up. What they raised may quote a message."""
    failures = ReceiverFailure.objects.filter(account=alias)
    rows = failures.values_list("state", "signal", "receiver").annotate(count=Count("pk"))
    by_state: dict[str, list[tuple[int, str]]] = {}
    for state, signal, receiver, count in rows.order_by():
        by_state.setdefault(state, []).append((count, f"{receiver} on {signal}"))
    if lost := by_state.get(FailureState.GIVEN_UP):
        yield Said(
            Level.RED,
            f"Receivers were given up: {_named(lost)}.",
            "Read the traceback under Receiver failures in the admin, mend it, "
            'then "Tell again now" there.',
        )
    if orphaned := by_state.get(FailureState.ORPHANED):
        yield Said(
            Level.WARNING,
            f"Receivers that raised are not there any more: {_named(orphaned)}.",
            "Connect them under the old name (dispatch_uid), or delete the rows.",
        )
    if waiting := by_state.get(FailureState.WAITING):
        yield Said(
            Level.WARNING,
            f"Receivers raised and will hear again: {_named(waiting)}.",
            "Read the traceback under Receiver failures in the admin.",
        )
    if not by_state:
        yield Said(Level.OK, "No receiver has failed.")


def _named(counted: list[tuple[int, str]]) -> str:
    """The most frequent ones, and how many more there are."""
    ordered = sorted(counted, key=lambda entry: (-entry[0], entry[1]))
    text = "; ".join(f"{count} × {name}" for count, name in ordered[:NAMED])
    return f"{text}; and {len(ordered) - NAMED} more" if len(ordered) > NAMED else text
