"""Who processes a stored call, and when: after the answer, or the worker."""

import logging
from typing import Any

import pytest
from django.test import RequestFactory

from django_chakra.models import Message, WebhookCall
from django_chakra.signature import sign
from django_chakra.testing import calls
from django_chakra.views import webhook
from tests.posting import SECRETS, post, stored, text
from tests.record.poison import TEXT, refused

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.fixture
def inline(settings: Any) -> None:
    """The site has no worker."""
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": "inline"}


def count(state: str) -> int:
    """How many calls are in this state."""
    return WebhookCall.objects.filter(state=state).count()


def answer(call: dict[str, Any]) -> Any:
    """What the view returns for a call, before a server has sent it."""
    body = calls.body(call)
    signature = {"X-Chakra-Signature-256": sign(body, SECRETS["default"])}
    request = RequestFactory().post(
        "/", data=body, content_type="application/json", headers=signature
    )
    return webhook(request)


@pytest.mark.usefixtures("inline")
def test_processed_when_the_answer_is_closed() -> None:
    """The call is a row when the answer is made, and processed, once, when the server closes it."""
    response = answer(text("wamid.A"))
    assert response.status_code == 200
    assert (count("received"), Message.objects.count()) == (1, 0)
    response.close()
    response.close()
    assert (count("processed"), Message.objects.count()) == (1, 1)
    assert WebhookCall.objects.get().attempts == 1


def test_left_for_the_worker() -> None:
    """With the worker as runner nothing happens when the answer is closed."""
    answer(text("wamid.A")).close()
    assert count("received") == 1


def test_refused_call_starts_nothing(settings: Any) -> None:
    """Who can't sign can't make us work, not even on what is due."""
    stored(text("wamid.A"))
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": "inline"}
    assert post(text("wamid.B"), secret="wrong").status_code == 401
    assert (count("received"), count("refused")) == (1, 1)


def test_few_others_are_processed_with_it(settings: Any) -> None:
    """With its own call an answer takes up to five others that are due."""
    for n in range(7):
        stored(text(f"wamid.{n}"))
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": "inline"}
    call = stored(text("wamid.own"))
    assert (call.state, count("processed"), count("received")) == ("processed", 6, 2)
    waiting = set(WebhookCall.objects.filter(state="received").values_list("pk", flat=True))
    newest_others = WebhookCall.objects.exclude(pk=call.pk).order_by("-pk")[:2]
    assert waiting == {other.pk for other in newest_others}


@pytest.mark.usefixtures("inline")
def test_fact_that_can_not_be_recorded() -> None:
    """The answer is 200 although the call could not be recorded: it is stored, and put off."""
    with refused():
        call = stored(text("wamid.A", text=TEXT))
    assert (call.state, call.attempts) == ("received", 1)


def test_processing_that_raises(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong after the answer is logged, and costs neither answer nor call."""
    settings.CHAKRA = {**settings.CHAKRA, "RUNNER": "inline", "CLAIM_SECONDS": "a minute"}
    call = stored(text("wamid.A"))
    assert call.state == "received"
    (line,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert line.getMessage().startswith(f"Call {call.pk} is stored")
    assert line.exc_info is not None
