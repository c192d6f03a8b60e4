"""A site under test: its settings and clients lead to a fake, and events are posted to it.

It needs Django; the fixtures of :mod:`.plugin` are made of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.test import Client

from .. import conf, connect, events, process, send
from ..client import Chakra
from ..models import CallState, Message, MessageStatus, ReceiverFailure, WebhookCall
from ..signature import CHAKRA_HEADER
from . import calls, changing, samples, webhooks
from .fake import FakeChakra
from .fake.taking import keep

#: Of the site, as Django's test client asks for it.
HOST = "testserver"


def settings_for(fake: FakeChakra) -> dict[str, Any]:
    """``CHAKRA`` as the site has it, with every account the fake's, and no other runner at work."""
    own = {
        "ACCESS_TOKEN": fake.token,
        "PLUGIN_ID": fake.plugin_id,
        "PHONE_NUMBER_ID": fake.phone_number_id,
        "WABA_ID": fake.waba_id,
        "WEBHOOK_SECRETS": [fake.secret],
    }
    accounts = dict(conf.raw_accounts()) or {"default": {}}
    mine = {alias: {**given, **own} for alias, given in accounts.items()}
    return {**conf.raw(), "ACCOUNTS": mine, "RUNNER": "worker"}


@contextmanager
def mounted(fake: FakeChakra) -> Iterator[None]:
    """Until the block ends, whatever client ``connect.chakra()`` gives talks to the fake.

    Below that function and not in its place, so that it does not matter who imported it by name.
    """

    def made(**arguments: Any) -> Chakra:
        client = Chakra(**arguments)
        fake.mount(client)
        return client

    with mock.patch.multiple(connect, Chakra=made, _kept={}):
        yield


class Poster:
    """Posts events to the site as the platform does, and has them processed at once.

    Args:
        fake: hears of customers' messages too, so that they may be answered.
        client: Django's test client.
    """

    def __init__(self, fake: FakeChakra, client: Client | None = None) -> None:
        self._fake = fake
        self._client = client or Client()

    def __call__(
        self,
        event: str | bytes | Mapping[str, Any],
        /,
        *,
        account: str = "default",
        secret: str | None = None,
        check: bool = True,
        **changes: Any,
    ) -> WebhookCall:
        """Post an event; when this returns signals were sent, and what receivers wrote has left.

        Args:
            event: the name of a sample ("meta/messages__text"), whose newest time becomes the
                clock's; or a body as an object or as bytes, posted as it is.
            account: alias of the account that it is for.
            secret: to sign with instead of the account's first; "" signs with nothing.
            check: whether a receiver that raised fails the test.
            changes: other values by path, with two underscores for a dot: ``text__body="Hi"``
                (see :func:`.changing.changed`).

        Returns:
            The stored call, processed.

        Raises:
            AssertionError: the site did not take it, could not record it, or a receiver raised.
            KeyError: a path of ``changes`` is not there.
        """
        found, body = conf.account(account), self._body(event, changes)
        # First, as in life: receivers may run before the site has answered.
        self._hear(body)
        newest = _newest_failure()
        response = self._post(found, _headers(found, body, secret), body)
        if response.status_code != 200:
            raise AssertionError(_refusal(response))
        call = _processed(account, body)
        if check:
            _complain(_failures(newest))
        return call

    def due(self, *, account: str = "default", check: bool = True) -> list[WebhookCall]:
        """Post what the fake has to tell by its clock: ticks, echoes, what customers do, reviews.

        Where the fake's plugin has no URL yet, both formats go to the site from now on, as after
        the URL was pasted into both fields of "WhatsApp Setup".

        Args:
            account: alias of the account whose webhook hears of it.
            check: whether an event that the site refuses, or a receiver that raised, fails the
                test. All is posted first.

        Returns:
            The stored calls, processed, in their order; refused ones are not among them.

        Raises:
            AssertionError: the site did not take one, could not record it, or a receiver raised.
        """
        found, newest = conf.account(account), _newest_failure()
        self._set_up(found)
        taken: list[WebhookCall] = []
        refusals: list[str] = []

        def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
            response = self._post(found, headers, body)
            if response.status_code == 200:
                taken.append(_processed(account, body))
            else:
                refusals.append(_refusal(response))
            return int(response.status_code)

        self._fake.post_due(post)
        if check:
            _complain(refusals + _failures(newest))
        return taken

    def _set_up(self, account: conf.Account) -> None:
        """Give the plugin the site's URL, unless the test gave it one."""
        url = f"https://{HOST}{webhooks.path(account)}"
        with self._fake.lock:
            plugin = self._fake.state.plugin_configuration
            if not plugin.get("chakraWebhookUrl") and not plugin.get("passThroughWebhookUrl"):
                plugin |= {
                    "chakraWebhookUrl": url,
                    "enableChakraWebhook": True,
                    "passThroughWebhookUrl": url,
                }

    def _body(self, event: str | bytes | Mapping[str, Any], changes: Mapping[str, Any]) -> bytes:
        if isinstance(event, bytes):
            if changes:
                raise TypeError("Bytes are posted as they are: no value in them can be changed")
            return event
        document: Any = event
        if isinstance(event, str):
            document = changing.timely(samples.load(event), self._fake.clock.now())
        for path, value in changes.items():
            document = changing.put(document, path.replace("__", "."), value)
        return calls.body(document)

    def _post(self, account: conf.Account, headers: Mapping[str, str], body: bytes) -> Any:
        named = dict(headers)
        # As over HTTPS, which a site may insist on.
        return self._client.post(
            webhooks.path(account),
            data=body,
            content_type=named.pop("Content-Type"),
            headers=named,
            secure=True,
        )

    def _hear(self, body: bytes) -> None:
        """Let the fake know what customers wrote."""
        for event in events.read(body):
            if isinstance(event, events.MessageReceived) and event.identities:
                self._heard(event)

    def _heard(self, event: events.MessageReceived) -> None:
        fake, now = self._fake, self._fake.clock.now()
        at = min(now, event.occurred_at.timestamp()) if event.occurred_at else now
        number = event.phone_number_id or fake.phone_number_id
        content: Any = event.item.get(event.message_type) if isinstance(event.item, dict) else None
        with fake.lock:
            for identity in event.identities:
                fake.state.open_window(identity.value, phone_number_id=number, at=at)
            keep(
                fake,
                customer=event.identities[0].value,
                kind=event.message_type,
                body=content,
                at=at,
                phone_number_id=number,
                direction="INBOUND",
                wamid=event.external_id,
                name=event.name,
                reply_to=event.reply_to,
            )


def _headers(account: conf.Account, body: bytes, secret: str | None) -> dict[str, str]:
    """As the platform's, signed with this secret or the account's first; "" signs with nothing."""
    if secret is None:
        secret = account.webhook_secrets[0] if account.webhook_secrets else ""
    headers = calls.headers(body, secret)
    if not secret:
        del headers[CHAKRA_HEADER]
    return headers


def _processed(account: str, body: bytes) -> WebhookCall:
    """The newest call of this body, once it was processed and announced, and answers have left."""
    digest = hashlib.sha256(body).hexdigest()
    call = WebhookCall.objects.filter(account=account, digest=digest).latest("pk")
    newest = Message.objects.order_by("pk").last()
    process.run_one(call.pk)
    process.sweep()
    _carry(after=newest.pk if newest else 0)
    call.refresh_from_db()
    if call.state != CallState.PROCESSED:
        raise AssertionError(f"The call could not be recorded:\n{call.error}")
    return call


def send_due() -> int:
    """Send all that is due, as the worker does; return how many messages left the queue."""
    left = 0
    while more := send.run():
        left += more
    return left


def _carry(after: int) -> None:
    """Send what receivers wrote since then, as the worker would. What the test wrote waits."""
    rows = Message.objects.filter(pk__gt=after, status=MessageStatus.QUEUED).order_by("pk")
    for conversation in dict.fromkeys(rows.values_list("conversation_id", flat=True)):
        send.carry(conversation)


def _refusal(response: Any) -> str:
    reason = response.content.decode(errors="replace")[:200]
    return f"The site answered {response.status_code}: {reason}"


def _newest_failure() -> int:
    newest = ReceiverFailure.objects.order_by("pk").last()
    return newest.pk if newest else 0


def _failures(after: int) -> list[str]:
    """What receivers raised since then."""
    failures = ReceiverFailure.objects.filter(pk__gt=after).order_by("pk")
    return [f"{one.receiver} raised:\n{one.error}" for one in failures]


def _complain(of: list[str]) -> None:
    if of:
        raise AssertionError("\n".join(of))
