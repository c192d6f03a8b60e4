"""Tell on where somebody fell silent in the middle: one receiver may have ended the process.

Its row is written before each receiver is told, so a receiver that ends this process too is found
out, left to the retries, which count its attempts, and stands in nobody's way.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.db import router

from .. import conf, schedule
from ..events import Event
from ..models import Conversation, Message, WebhookCall
from ..models.contention import patiently
from ..models.fields import DatabaseNow
from ..signals import ChakraSignal
from .conversations import STAMPED, conversations, look
from .due import Due
from .facts import listeners, stamp
from .failures import ENDED, Failed, Subject, tell_carefully, written_down

LEFT = "A process ended while it told what stands in this call, and another one that went on"

logger = logging.getLogger("django_chakra.announce")


def conversation(key: int, by: str) -> int:
    """Take over a conversation whose holder fell silent; return how much was told in it.

    All that is due is told item by item, each one stamped at once; what comes meanwhile as usual.
    """
    seconds = conf.current().announce_seconds
    row = Conversation.objects.filter(pk=key)
    using = router.db_for_write(Conversation)
    if not patiently(lambda: row.take_over(by, seconds=seconds), using=using):
        return 0
    logger.warning("Who announced conversation %s fell silent; it is told with care", key)
    keys, linked, told, whole = {key}, set[int](), 0, False
    while not whole:
        found = look(keys, by, linked)
        for item in found.items:
            if schedule.is_over():
                _let_go(keys, by)
                return told
            told += _tell(item, by, seconds)
        whole = found.whole
    return told + conversations(keys, by)


def _let_go(keys: set[int], by: str) -> None:
    """End the lease, but don't give it back: the next one has to be as careful."""
    held = Conversation.objects.held(by, sorted(keys))
    patiently(lambda: held.renew(by, seconds=0), using=router.db_for_write(Conversation))


def _tell(item: Due, by: str, seconds: int) -> bool:
    """Tell and stamp one item, unless somebody else took over."""
    held = Conversation.objects.held(by, [item.message.conversation_id])
    known = written_down(item.subject)
    for mark in _marks(item.signal, Message, item.subject):
        if mark.key in known:
            _leave(mark)
        elif not tell_carefully(
            mark, Message, item.arguments, hold=lambda: held.renew(by, seconds=seconds)
        ):
            return False
    rows = type(item.subject)._default_manager.filter(pk=item.subject.pk)
    patiently(lambda: rows.update(**STAMPED), using=router.db_for_write(Message))
    return True


def facts(call: WebhookCall, found: Sequence[Event], by: str) -> None:
    """Tell all facts of a call that ``by`` took over from somebody who fell silent, then stamp it.

    When that happens for the second time, or the time is over, the rest is written down for each
    receiver to hear of on its own: else a call of many facts would be told from the start for each
    fact that ends a process.
    """
    logger.warning("Who told the facts of call %s fell silent; they are told with care", call.pk)
    seconds = conf.current().claim_seconds
    claimed = WebhookCall.objects.filter(pk=call.pk, claimed_by=by)
    until = DatabaseNow() + timedelta(seconds=seconds)
    known = written_down(call)
    rest: list[Failed] = []
    for index, event, signal in listeners(call, found):
        arguments = {"event": event, "call": call, "account": call.account}
        for mark in _marks(signal, type(event), call, index):
            if mark.key in known:
                _leave(mark)
            elif known or schedule.is_over():
                rest.append(mark._replace(error=RuntimeError(LEFT), attempts=0))
            elif not tell_carefully(
                mark, type(event), arguments, hold=lambda: claimed.update(claimed_until=until)
            ):
                return
    stamp(call, rest)


def _marks(
    signal: ChakraSignal | None, sender: object, subject: Subject, fact: int | None = None
) -> list[Failed]:
    """What is written down of each receiver while it is told, in their order."""
    if signal is None:
        return []
    names = dict.fromkeys(name for name, _ in signal.named_receivers(sender))
    return [Failed(signal.name, name, RuntimeError(ENDED), subject, fact) for name in names]


def _leave(mark: Failed) -> None:
    """Leave this receiver to the retries."""
    logger.error(
        "Receiver %s of %s ended its process, or hung, on %s %s; it will hear again on its own",
        mark.receiver,
        mark.signal,
        mark.subject._meta.model_name,
        mark.subject.pk,
    )
