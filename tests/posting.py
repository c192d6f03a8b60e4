"""Calls as the platform posts them to the site under test, and what then becomes of them."""

from collections.abc import Mapping
from typing import Any

from django.test import Client

from django_chakra import process
from django_chakra.models import WebhookCall
from django_chakra.signature import sign
from django_chakra.testing import calls

START = 1_700_000_000
"""A second of the platform's clock that lies behind every machine's own."""

ANA, BRUNO = "5511988887777", "5511977776666"
SECRETS = {"default": "test-secret", "other": "other-secret"}


def post(
    call: bytes | Mapping[str, Any],
    *,
    account: str = "default",
    secret: str | None = None,
    client: Client | None = None,
    path: str = "",
    **extra: Any,
) -> Any:
    """Post a call signed with the account's secret, or another one; ``""`` signs with nothing."""
    body = call if isinstance(call, bytes) else calls.body(call)
    secret = SECRETS.get(account, "secret") if secret is None else secret
    signed = {"HTTP_X_CHAKRA_SIGNATURE_256": sign(body, secret)} if secret else {}
    return (client or Client()).post(
        path or f"/chakra/webhook/{account}/",
        data=body,
        content_type="application/json",
        **{**signed, **extra},
    )


def stored(call: bytes | Mapping[str, Any], **options: Any) -> WebhookCall:
    """Post a call that must be taken; return its row."""
    response = post(call, **options)
    assert response.status_code == 200, response.content
    return WebhookCall.objects.latest("pk")


def text(external_id: str, *, format: str = "meta", at: int = 0, **rest: Any) -> dict[str, Any]:
    """A text of Ana's, so many seconds after the start, unless said otherwise."""
    rest = {"sender": ANA, "text": "hello", "name": "Ana", **rest}
    return calls.text_call(format, external_id=external_id, timestamp=START + at, **rest)


def status(
    external_id: str, word: str, *, format: str = "meta", at: int = 10, **rest: Any
) -> dict[str, Any]:
    """A delivery status for Ana, so many seconds after the start."""
    rest = {"recipient": ANA, **rest}
    return calls.status_call(
        format, external_id=external_id, status=word, timestamp=START + at, **rest
    )


def process_all(limit: int = process.BATCH) -> int:
    """Process what is due, in batches of this size, and announce it; return how many calls."""
    total = 0
    while taken := process.run(limit=limit):
        total += taken
    process.sweep()
    return total


def record(*bodies: bytes | Mapping[str, Any], together: bool = False) -> None:
    """Post these calls and process them, each alone or all together."""
    for body in bodies:
        stored(body)
        if not together:
            process_all()
    process_all()
