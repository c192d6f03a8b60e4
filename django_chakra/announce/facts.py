"""Tell receivers every fact of a stored call: of ``event_received``, and of the fact's family."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from django.db import router

from .. import conf, events, schedule, signals
from ..events import Event
from ..models import WebhookCall
from ..models.contention import patiently, update
from ..models.fields import DatabaseNow
from ..signals import ChakraSignal, event_received
from .failures import Failed, write_down

#: Which signal tells a family of events. Messages and delivery statuses are rows, and have theirs.
FAMILIES: dict[type[Event], ChakraSignal] = {
    events.TemplateEvent: signals.template_changed,
    events.AccountEvent: signals.account_changed,
    events.NumberEvent: signals.number_changed,
    events.GroupEvent: signals.group_changed,
    events.FlowEvent: signals.flow_changed,
    events.PreferenceEvent: signals.preference_changed,
    events.IdentityEvent: signals.identity_changed,
    events.VoiceCallEvent: signals.voice_call_reported,
    events.ConversionEvent: signals.conversion_reported,
    events.HistoryReported: signals.history_reported,
    events.HandoverEvent: signals.handover_reported,
    events.PlatformErrorReported: signals.platform_error_reported,
}


def has_receivers(found: Sequence[Event]) -> bool:
    """Whether anybody wants to hear of these facts."""
    return any(
        signal.named_receivers(type(event))
        for event in found
        for signal in _signals(event, is_repeat=False)
    )


class Claim:
    """One worker's claim on calls, renewed while receivers hear of them."""

    def __init__(self, by: str, keys: Collection[int]) -> None:
        """``by`` has claimed these calls just now."""
        self.by, self.keys = by, keys
        self._renewed = time.monotonic()

    def holds(self, call: WebhookCall) -> bool:
        """Whether nobody has taken this call over; renews the claim when a third of it is gone."""
        seconds = conf.current().claim_seconds
        if time.monotonic() - self._renewed <= seconds / 3:
            return True
        self._renewed = time.monotonic()
        mine = WebhookCall.objects.filter(
            pk__in=self.keys, claimed_by=self.by, announce_at__isnull=False
        )
        update(mine, claimed_until=DatabaseNow() + timedelta(seconds=seconds))
        return mine.filter(pk=call.pk).exists()


def facts(call: WebhookCall, found: Sequence[Event], claim: Claim) -> None:
    """Tell all facts of a processed call in their order, then stamp it.

    Where the time is over the rest is written down, for each receiver to hear of on its own: a call
    of which nothing was written down before its end would be told from the start again and again.
    """
    failed: list[Failed] = []
    for index, event, signal in listeners(call, found):
        for receiver, error, attempts in _told(signal, event, call):
            if error is not None:
                failed.append(Failed(signal.name, receiver, error, call, index, attempts))
            if not claim.holds(call):
                return  # Who took it over tells everybody of all of it.
    stamp(call, failed)


def listeners(
    call: WebhookCall, found: Sequence[Event]
) -> Iterator[tuple[int, Event, ChakraSignal]]:
    """Each fact with its place in the call, and each signal that tells it."""
    for index, event in enumerate(found):
        for signal in _signals(event, is_repeat=call.repeat_of_id is not None):
            yield index, event, signal


def stamp(call: WebhookCall, failed: Sequence[Failed]) -> None:
    """Write down that receivers have heard of a call, and give it back, unless it was lost."""
    mine = WebhookCall.objects.filter(pk=call.pk, claimed_by=call.claimed_by)

    def write() -> None:
        stamped = mine.update(
            announced_at=DatabaseNow(), announce_at=None, claimed_until=None, claimed_by=""
        )
        if stamped and failed:
            write_down(failed)

    patiently(write, using=router.db_for_write(WebhookCall))


def _told(
    signal: ChakraSignal, event: Event, call: WebhookCall
) -> Iterator[tuple[str, Exception | None, int]]:
    """The name of each receiver, why it has to hear again, if so, and how often it has heard."""
    if schedule.is_over():
        late = TimeoutError("There was no time left to tell it")
        yield from ((name, late, 0) for name, _ in signal.named_receivers(type(event)))
    else:
        told = signal.tell(type(event), event=event, call=call, account=call.account)
        yield from ((name, error, 1) for name, error in told)


def _signals(event: Event, *, is_repeat: bool) -> Iterator[ChakraSignal]:
    """The platform repeats whole calls; a family hears of each fact from the first of them."""
    yield event_received
    if not is_repeat:
        yield from (signal for family, signal in FAMILIES.items() if isinstance(event, family))
