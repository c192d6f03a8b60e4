"""Verify one call and write it down before it is answered: as a row, else in the spool."""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from datetime import timedelta

from django.db import Error, InterfaceError, OperationalError, connections, router
from django.utils import timezone

from . import conf, signature, spool
from .events import NotJson, Unparsable, parse, storable_text
from .exceptions import UnknownAccount
from .models import CallState, WebhookCall
from .models.calls import CallQuerySet
from .models.contention import update
from .models.fields import DatabaseNow
from .models.statements import upsert
from .signature import CHAKRA_HEADER, META_HEADER

logger = logging.getLogger(__name__)


def refusal(account: conf.Account, body: bytes, *, chakra_header: str, meta_header: str) -> str:
    """Why this call is not believed to be the platform's; empty when it is."""
    return signature.refusal(
        body,
        chakra_header=chakra_header,
        meta_header=meta_header,
        secrets=account.webhook_secrets,
        app_secrets=account.meta_app_secrets,
        allow_unsigned=account.allow_unsigned,
        meta_signature=account.meta_signature,
    )


def not_json(body: bytes) -> str:
    """Why these bytes are surely no JSON object; empty when they are, or may be, one."""
    try:
        parse(body)
    except NotJson as error:
        return str(error)
    except Unparsable:
        # Perhaps only our parser can't take it: stored, and kept as one unreadable fact.
        return ""
    return ""


def store(account: str, body: bytes, headers: str) -> WebhookCall:
    """Write the call down: one INSERT, repeated once on a fresh connection; else in the spool.

    A call that waits in the spool has no ``pk``.

    Raises:
        NotSpooled: neither could take it; its cause is the database's error.
    """
    call = _call(account, body, headers)
    try:
        _insert(call)
    except Error as error:
        call.pk = None  # given before a commit that failed
        call.received_at = timezone.now()
        try:
            spool.write(call)
        except spool.NotSpooled as reason:
            raise reason from error
        logger.error("A call for account %s waits in the spool: %s", account, type(error).__name__)
    return call


def _insert(call: WebhookCall) -> None:
    try:
        call.save(force_insert=True)
    except (OperationalError, InterfaceError):
        connection = connections[router.db_for_write(WebhookCall)]
        if connection.in_atomic_block:
            raise  # its transaction is lost, and the connection not ours to close
        with suppress(Error):  # it may be too broken to be closed
            connection.close()
        # The first one may have been committed, and only its answer lost.
        upsert([call], by=["uid"], update=["uid"])


def keep_refused(account: str, body: bytes, headers: str, reason: str) -> None:
    """Keep a refused call among the newest of its account and hour, so that it can be taken in
    once a wrong secret is mended.
    """
    settings = conf.current()
    if not settings.refused_per_hour or len(body) > settings.refused_max_bytes:
        return
    call = _call(account, body, headers)
    call.state, call.next_attempt_at, call.error = CallState.REFUSED, None, reason
    call.save(force_insert=True)
    kept = WebhookCall.objects.filter(
        state=CallState.REFUSED,
        next_attempt_at=None,
        account=account,
        received_at__gt=DatabaseNow() - timedelta(hours=1),
    ).order_by("-pk")
    oldest = kept.values_list("pk", flat=True)[
        settings.refused_per_hour : settings.refused_per_hour + 1
    ]
    for pk in oldest:
        kept.order_by().filter(pk__lte=pk).delete()


def _call(account: str, body: bytes, headers: str) -> WebhookCall:
    return WebhookCall(
        account=account,
        body=body,
        digest=hashlib.sha256(body).hexdigest(),
        signature=headers,
        received_at=DatabaseNow(),
        next_attempt_at=DatabaseNow(),
    )


def headers_as_sent(chakra_header: str, meta_header: str) -> str:
    """Both signature headers as one storable text, for the row."""
    sent = ((CHAKRA_HEADER, chakra_header), (META_HEADER, meta_header))
    # Each within its half, so that a long one can't push the other out.
    return "\n".join(f"{name}: {storable_text(value, 220)}" for name, value in sent if value)


def _headers(call: WebhookCall) -> dict[str, str]:
    pairs = (line.partition(": ") for line in call.signature.split("\n"))
    return {name: value for name, _, value in pairs}


def verify_again(calls: CallQuerySet) -> int:
    """Take in refused calls that verify with the secrets of today; return how many."""
    taken = 0
    for call in calls.filter(state=CallState.REFUSED).order_by("pk").iterator(chunk_size=50):
        try:
            account = conf.account(call.account)
        except UnknownAccount:
            continue
        body, headers = bytes(call.body), _headers(call)
        refused = refusal(
            account,
            body,
            chakra_header=headers.get(CHAKRA_HEADER, ""),
            meta_header=headers.get(META_HEADER, ""),
        )
        if not refused and not not_json(body):
            row = WebhookCall.objects.filter(pk=call.pk, state=CallState.REFUSED)
            taken += update(row, state=CallState.RECEIVED, next_attempt_at=DatabaseNow(), error="")
    return taken
