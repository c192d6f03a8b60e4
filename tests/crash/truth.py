"""What the platform's own book says must be there, compared with what is."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from django.db.models import Count

from django_chakra.models import (
    CallState,
    DeliveryStatus,
    Direction,
    Message,
    MessageSource,
    MessageStatus,
    ReceiverFailure,
    WebhookCall,
)
from django_chakra.testing.fake import FakeChakra
from tests.stack.hearing import RECEIVERS, Heard

from .killer import Kill
from .verdict import Verdict

#: What was due for so long before something later was told had to be told first. A round of
#: telling takes up what is due when it begins, and lasts a second and a receiver.
TOGETHER = 5.0


def compare(fake: FakeChakra, told: Sequence[Heard], kills: Sequence[Kill]) -> Verdict:
    """Everything there is to say after a run that has come to rest."""
    verdict = Verdict()
    posted = [one for one in fake.ledger.entries("event") if one["signed"] == "secret"]
    calls(verdict, posted)
    rows(verdict, posted)
    receivers(verdict, told)
    order(verdict, told)
    repeats(verdict, told, kills)
    sending(verdict, fake, posted)
    return verdict


def calls(verdict: Verdict, posted: list[dict[str, Any]]) -> None:
    """Each call that was answered with 200 is a row, and none is two."""
    answered = [one for one in posted if one["status"] == 200]
    verdict.counts["calls posted"] = len(posted)
    verdict.counts["answered 200"] = len(answered)
    verdict.counts["no answer"] = sum(one["status"] == 0 for one in posted)
    other = Counter(one["status"] for one in posted if one["status"] not in (0, 200))
    verdict.fault("answered otherwise", (f"{status}: {n} times" for status, n in other.items()))
    stored = Counter(WebhookCall.objects.values_list("digest", flat=True))
    promised = Counter(one["digest"] for one in answered)
    possible = Counter(one["digest"] for one in posted)
    verdict.fault("calls lost", (digest for digest, n in promised.items() if stored[digest] < n))
    verdict.fault("calls doubled", (digest for digest, n in stored.items() if n > possible[digest]))
    open_ = WebhookCall.objects.exclude(state=CallState.PROCESSED)
    verdict.fault("calls not processed", (f"{call} {call.state}" for call in open_))


def rows(verdict: Verdict, posted: list[dict[str, Any]]) -> None:
    """Each message and each status of a call that was answered with 200 is one row."""
    answered = [one for one in posted if one["status"] == 200]
    messages = {one["wamid"] for one in answered if one["event"].startswith("message")}
    statuses = {
        (one["wamid"], one["word"]) for one in answered if one["event"].startswith("status.")
    }
    found = Counter(Message.objects.values_list("external_id", flat=True))
    ticks = Counter(DeliveryStatus.objects.values_list("external_id", "status"))
    verdict.counts["messages"] = len(messages)
    verdict.counts["delivery statuses"] = len(statuses)
    verdict.fault("messages lost", messages - set(found))
    verdict.fault("statuses lost", map(str, statuses - set(ticks)))
    known = {one["wamid"] for one in posted}
    ours = Message.objects.filter(source=MessageSource.SEND)
    sent = set(ours.values_list("external_id", flat=True))
    verdict.fault("messages doubled", (str(key) for key, n in found.items() if key and n > 1))
    verdict.fault("messages nobody wrote", map(str, set(found) - known - sent))
    verdict.fault("statuses doubled", (str(key) for key, n in ticks.items() if n > 1))
    alone = DeliveryStatus.objects.filter(message=None).values_list("external_id", flat=True)
    verdict.fault("statuses without their message", (key for key in alone if key in found))


def receivers(verdict: Verdict, told: Sequence[Heard]) -> None:
    """Each receiver heard, without raising, of each message, status and fact there is."""
    heard = {(one.receiver, one.about) for one in told if not one.raised}
    things = [f"message {key}" for key in _told_messages().values_list("external_id", flat=True)]
    words = ("sent", "delivered", "read", "failed")
    ticks = DeliveryStatus.objects.filter(message__isnull=False, status__in=words)
    things += [f"status {key} {word}" for key, word in ticks.values_list("external_id", "status")]
    things += [f"fact {pk}" for pk in WebhookCall.objects.values_list("pk", flat=True)]
    verdict.counts["tellings due"] = len(things) * len(RECEIVERS)
    # A fact is told by its call and kind; each call has one.
    heard |= {(receiver, " ".join(about.split()[:2])) for receiver, about in heard}
    for receiver in RECEIVERS:
        missed = [one for one in things if (receiver, one) not in heard]
        verdict.fault("receivers that missed", (f"{receiver}: {one}" for one in missed))
    verdict.fault("failures left", map(str, ReceiverFailure.objects.values_list("key", "state")))
    verdict.counts["raised on purpose"] = sum(one.raised for one in told)


def _told_messages() -> Any:
    """Messages that a signal tells: all but our own."""
    return Message.objects.exclude(source=MessageSource.SEND).filter(external_id__isnull=False)


def order(verdict: Verdict, told: Sequence[Heard]) -> None:
    """Of one conversation nothing is told before what came earlier and was long due; one by one."""
    first: dict[tuple[str, str], Heard] = {}
    for one in sorted(told, key=lambda one: one.began):
        if one.conversation:
            first.setdefault((one.receiver, one.about), one)
    groups: dict[tuple[str, int], list[Heard]] = defaultdict(list)
    for one in first.values():
        groups[one.receiver, one.conversation].append(one)
    due = _due_times()
    offset = _clock_offset()
    for tellings in groups.values():
        verdict.fault("order violations", _overtaken(tellings, due, offset))


def _overtaken(tellings: list[Heard], due: dict[str, float], offset: float) -> Iterable[str]:
    """What was told after something later, though it had been due for long when that was told."""
    tellings.sort(key=lambda one: one.began)
    for place, late in enumerate(tellings):
        since = due.get(late.about)
        if since is None:
            continue
        for before in tellings[:place]:
            is_later = (before.at, before.arrived) > (late.at, late.arrived)
            if is_later and since + TOGETHER < before.began + offset:
                yield f"{late.receiver}: {late.about} after {before.about}"
                break


def _due_times() -> dict[str, float]:
    """Since when each message and status was there to be told: when its call was processed."""
    found: dict[str, float] = {}
    rows = _told_messages().filter(call__processed_at__isnull=False)
    for key, at in rows.values_list("external_id", "call__processed_at"):
        found[f"message {key}"] = at.timestamp()
    # Statuses of ours wait for the answer to their send; customers' messages have none.
    return found


def _clock_offset() -> float:
    """From the monotonic clock to Unix time."""
    return time.time() - time.monotonic()


def repeats(verdict: Verdict, told: Sequence[Heard], kills: Sequence[Kill]) -> None:
    """What a receiver heard more than once, and which kill explains it."""
    groups: dict[tuple[str, str, str], list[Heard]] = defaultdict(list)
    for one in told:
        if not one.raised:
            groups[one.receiver, one.signal, one.about].append(one)
    doubled = Counter[str]()
    unexplained: list[str] = []
    for (receiver, signal, about), hearings in groups.items():
        hearings.sort(key=lambda one: one.began)
        for one, again in pairwise(hearings):
            why = _explained(one, again, kills)
            doubled[why] += 1
            if not why:
                unexplained.append(f"{receiver} of {signal}: {about}")
    for why, n in doubled.items():
        verdict.counts[f"told again after {why}"] = n
    verdict.counts["doubled announcements"] = sum(doubled.values())
    verdict.fault("told again for no reason", unexplained)


def _explained(one: Heard, again: Heard, kills: Sequence[Kill]) -> str:
    """Who was killed between the telling and its stamp; empty: nobody."""
    for kill in kills:
        if kill.until < one.began or kill.at > again.began:
            continue
        if one.process in kill.pids:
            return "its process was killed"
        if not kill.pids and kill.what in ("postgresql", "mariadb"):
            return "the database was killed"
    return ""


def sending(verdict: Verdict, fake: FakeChakra, posted: list[dict[str, Any]]) -> None:
    """What was sent left at most once, and stands at the highest word that was heard of it."""
    taken = Counter(one.callback_data for one in fake.sent if one.callback_data)
    verdict.counts["messages sent"] = len(taken)
    verdict.fault("sent twice", (key for key, n in taken.items() if n > 1))
    heard: dict[str, int] = defaultdict(int)
    for one in posted:
        if one["status"] == 200 and one["event"].startswith("status."):
            rank = MessageStatus.rank(one["word"])
            heard[one["wamid"]] = max(heard[one["wamid"]], rank)
    ours = Message.objects.filter(source=MessageSource.SEND, direction=Direction.OUT)
    below = [
        f"{row.external_id} is {row.status}"
        for row in ours
        if row.external_id and MessageStatus.rank(row.status) < heard[row.external_id]
    ]
    verdict.fault("status below what was heard", below)
    waiting = ours.filter(status__in=[MessageStatus.QUEUED, MessageStatus.SENDING])
    verdict.fault("left in the outbox", (f"{row.pk} {row.status}" for row in waiting))
    unknown = ours.filter(status=MessageStatus.UNKNOWN)
    verdict.counts["sent with unknown end"] = unknown.count()
    answers = ours.values("idempotency_key").annotate(n=Count("pk")).filter(n__gt=1)
    verdict.fault("answered twice", (str(row["idempotency_key"]) for row in answers))
    # By callback data or Chakra's id, whatever became of the process that sent.
    resolved = {one.wamid for one in fake.sent if one.wamid in heard}
    found = set(ours.values_list("external_id", flat=True))
    verdict.fault("not found again", resolved - found)
