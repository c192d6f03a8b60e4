"""Tell a story to a running site: the platform posts, we answer, and nothing comes in order."""

import time
from collections import Counter
from dataclasses import dataclass, field

from django_chakra.models import CallState, DeliveryStatus, Message, WebhookCall

from . import outgoing, platform
from .platform import Platform, mixed, twinned
from .story import Answer, Story, Text

#: Give up when for so long nothing has moved.
PATIENCE_SECONDS = 8


@dataclass(slots=True)
class Played:
    """What was done, for those who check what became of it."""

    story: Story
    platform: Platform
    #: Bodies that were posted once more after their first copy had been processed.
    repeats: Counter[bytes] = field(default_factory=Counter)


def unfinished() -> Counter[str]:
    """What the site has still to do, by kind."""
    waiting = (CallState.RECEIVED, CallState.PROCESSING)
    found = Counter({"calls to process": WebhookCall.objects.filter(state__in=waiting).count()})
    for model in (WebhookCall, Message, DeliveryStatus):
        rows = model._default_manager.filter(announce_at__isnull=False)
        found[f"{model._meta.verbose_name_plural} to announce"] = rows.count()
    return +found


def settle() -> bool:
    """Wait until the site has nothing more to do; False when it does not get on."""
    before, since = unfinished(), time.monotonic()
    while before:
        time.sleep(0.05)
        now = unfinished()
        if now != before:
            before, since = now, time.monotonic()
        elif time.monotonic() - since > PATIENCE_SECONDS:
            return False
    return True


def tell(story: Story, sender: Platform) -> Played:
    """Play the story in four acts; one that the site does not get through is the last one."""
    played = Played(story, sender)
    texts = platform.text_bodies(story.texts)
    sender.post(twinned(mixed(texts)))
    if not settle():
        return played
    early, late = _ticks(story)
    sender.post(early)
    if not settle():
        return played
    for answer in story.answers:
        outgoing.write_down(answer)
    sender.post(twinned(mixed(late)))
    if not settle():
        return played
    unknown = platform.unknown_body()
    sender.post([unknown])
    if settle():
        again = [*texts[::4], *late[::5], unknown]
        played.repeats.update(again)
        sender.post(again)
        settle()
    return played


def _ticks(story: Story) -> tuple[list[bytes], list[bytes]]:
    """What is reported before our answer is a row, its last word first, and what after."""
    early: list[bytes] = []
    late: list[bytes] = []
    for answer in story.answers:
        bodies = platform.tick_bodies(answer)[::-1]
        first = len(bodies) // 2 if answer.early else 0
        early += bodies[:first]
        late += bodies[first:]
    return early, late


def exchange(text: Text, answer: Answer, sender: Platform) -> None:
    """One question and one answer, for the trickle."""
    sender.post(platform.text_bodies([text]))
    settle()
    early, late = _ticks(Story([], [answer]))
    sender.post(early)
    outgoing.write_down(answer)
    sender.post(twinned(late))
