"""The fake platform and the example site, side by side: each knows the other's address."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django_chakra import conf
from django_chakra.models import (
    CallState,
    DeliveryStatus,
    MediaFile,
    MediaState,
    Message,
    MessageStatus,
    WebhookCall,
)
from django_chakra.testing import calls
from django_chakra.testing.fake import FakeChakra, pumping, serve
from django_chakra.testing.fake.facts import Fact

from . import site

#: What customers do when the demo begins, and what they go on doing.
OPENING, SMALL_TALK = (
    Path(__file__).with_name(f"{name}.toml") for name in ("bicycles", "small_talk")
)
#: How many events the platform posts at once.
CONNECTIONS = 3
#: Give up when for so long nothing has moved.
PATIENCE_SECONDS = 8


@dataclass(frozen=True, slots=True)
class Both:
    """A fake that is served, and a site that runs."""

    fake: FakeChakra
    fake_url: str
    site: site.Site


@contextmanager
def running(
    port: int, fake_port: int, *, seed: int, secret: str = "", log: Path | None = None
) -> Iterator[Both]:
    """Run both while the block runs; nothing is posted yet, see :func:`posting`.

    Args:
        fake_port: 0 is any free one.
        seed: of all ids; runs that share a database need another one each.
        secret: signs the events, by default the site's own.
        log: see :func:`.site.running`.
    """
    fake = FakeChakra(
        webhook_url=site.webhook(site.address(port)),
        secret=secret or conf.account().webhook_secrets[0],
        format="both",
        seed=seed,
    )
    fake.state.plugin_configuration["whichChakraWebhookEventsToSend"].append(unknown().name)
    with serve(fake, host=site.HOST, port=fake_port) as url:
        settings = {
            "CHAKRA_BASE_URL": url,
            "CHAKRA_ACCESS_TOKEN": fake.token,
            "CHAKRA_PLUGIN_ID": fake.plugin_id,
            "CHAKRA_PHONE_NUMBER_ID": fake.phone_number_id,
            "CHAKRA_WABA_ID": fake.waba_id,
        }
        with site.running(port, settings, log=log) as started:
            yield Both(fake, url, started)


@contextmanager
def posting(fake: FakeChakra) -> Iterator[None]:
    """Post what is due while the block runs, a few events at once, so that they overtake."""
    with ExitStack() as pumps:
        for _ in range(CONNECTIONS):
            pumps.enter_context(pumping(fake))
        yield


def settle(fake: FakeChakra) -> bool:
    """Post until neither has anything more to do; False when they do not get on."""
    while True:
        with posting(fake):
            if not _come_to_rest(fake):
                return False
        # Nothing is posted now; twice, as an answer of the site may fall into the first look.
        if not any(_ahead(fake)) and not any(_ahead(fake)):
            return True


def unfinished() -> Counter[str]:
    """What the site has still to do, by kind."""
    waiting = (CallState.RECEIVED, CallState.PROCESSING)
    queued = (MessageStatus.QUEUED, MessageStatus.SENDING)
    found = Counter(
        {
            "calls to process": WebhookCall.objects.filter(state__in=waiting).count(),
            "messages to send": Message.objects.filter(status__in=queued).count(),
            "files to download": MediaFile.objects.filter(state=MediaState.WAITING).count(),
        }
    )
    for model in (WebhookCall, Message, DeliveryStatus):
        rows = model._default_manager.filter(announce_at__isnull=False)
        found[f"{model._meta.verbose_name_plural} to announce"] = rows.count()
    return +found


def unknown(copy: int = 1) -> Fact:
    """Something that django-chakra has no class for yet."""
    document = json.loads(calls.body("chakra/billing__unknown"))
    return Fact(document["event"], "", {"chakra": document}, copy=copy)


def _come_to_rest(fake: FakeChakra) -> bool:
    before, since = _ahead(fake), time.monotonic()
    while any(before):
        time.sleep(0.05)
        now = _ahead(fake)
        if now != before:
            before, since = now, time.monotonic()
        elif time.monotonic() - since > PATIENCE_SECONDS:
            return False
    return True


def _ahead(fake: FakeChakra) -> tuple[Counter[str], int]:
    """What is to be done of what was posted, and how much is to be posted."""
    return unfinished(), fake.events.waiting
