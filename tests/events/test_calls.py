"""The builders of calls make what the readers read, and sign what the check accepts."""

import pytest

from django_chakra.events import DeliveryStatusReported, Identity, MessageReceived, read
from django_chakra.signature import matches
from django_chakra.testing import calls, samples


@pytest.mark.parametrize("form", ["meta", "chakra"])
@pytest.mark.parametrize("sender", ["5511988887777", "BR.1"])
def test_text_call(form: str, sender: str) -> None:
    """A built text says in both formats what it was given."""
    call = calls.text_call(
        form,
        external_id="wamid.1",
        sender=sender,
        text="hello",
        timestamp=1790000000,
        name="Ana",
        phone_number_id="3",
        reply_to="wamid.0",
    )
    (event,) = read(calls.body(call))

    assert isinstance(event, MessageReceived)
    assert event.identities == (Identity("phone" if sender.isdigit() else "user_id", sender),)
    assert (event.external_id, event.text, event.name) == ("wamid.1", "hello", "Ana")
    assert (event.waba_id, event.phone_number_id) == (calls.WABA_ID, "3")
    assert event.reply_to == "wamid.0"
    assert bool(event.chakra_id) == (form == "chakra")
    assert event.occurred_at is not None
    assert event.occurred_at.timestamp() == 1790000000


@pytest.mark.parametrize("form", ["meta", "chakra"])
def test_status_call(form: str) -> None:
    """A built status says in both formats what it was given."""
    call = calls.status_call(
        form,
        external_id="wamid.1",
        status="failed",
        timestamp=1790000000,
        recipient="5511988887777",
        error_code=131047,
        error_title="Too late",
        callback_data="row-1",
        extra={"pricing": {"billable": False}},
    )
    (event,) = read(calls.body(call))

    assert isinstance(event, DeliveryStatusReported)
    assert (event.external_id, event.status, event.type) == ("wamid.1", "failed", "message")
    assert (event.error_code, event.error_title) == (131047, "Too late")
    assert (event.callback_data, event.billable) == ("row-1", False)
    assert event.occurred_at is not None
    assert event.occurred_at.timestamp() == 1790000000


def test_defaults() -> None:
    """Without a number Meta's call names the invented one, Chakra's only the account."""
    given = {"external_id": "wamid.1", "sender": "55", "text": "", "timestamp": 1}
    meta, chakra = (read(calls.body(calls.text_call(f, **given)))[0] for f in ("meta", "chakra"))  # type: ignore[arg-type]
    assert meta.phone_number_id == calls.PHONE_NUMBER_ID
    assert (chakra.waba_id, chakra.phone_number_id) == (calls.WABA_ID, "")


def test_batch_call() -> None:
    """A batch joins calls by account and number, and keeps every fact."""
    text = {"sender": "55", "text": "", "timestamp": 1}
    batch = calls.batch_call(
        calls.text_call("meta", external_id="w1", **text),  # type: ignore[arg-type]
        calls.text_call("meta", external_id="w2", phone_number_id="4", **text),  # type: ignore[arg-type]
        calls.status_call("meta", external_id="w3", status="sent", timestamp=1, recipient="55"),
    )
    facts = [(event.kind, event.phone_number_id) for event in read(calls.body(batch))]
    first = calls.PHONE_NUMBER_ID
    assert facts == [("message.text", first), ("status.sent", first), ("message.text", "4")]


def test_wrong_formats() -> None:
    """A format that does not exist, or that cannot be joined, is a ValueError."""
    with pytest.raises(ValueError, match="neither"):
        calls.text_call("mta", external_id="w", sender="5", text="", timestamp=1)
    with pytest.raises(ValueError, match="only calls in Meta's format"):
        calls.batch_call(samples.load("chakra/message__text"))


def test_headers() -> None:
    """The headers sign the body."""
    body = calls.body("meta/messages__text")
    assert matches(body, calls.headers(body, "s")["X-Chakra-Signature-256"], ["s"])
    assert body.startswith(b'{"object":"whatsapp_business_account"')
