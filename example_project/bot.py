"""What a host project does when something happens on WhatsApp: it answers, and logs a line.

Each receiver has a ``dispatch_uid``: a receiver that raised hears the same again later, and this is
the name by which it is found then, also after it was renamed or moved.

``%r`` wherever a text comes from outside, names too: it could fake further lines of the log.
"""

import logging
import re
from typing import Any

from django.dispatch import receiver

from django_chakra import send
from django_chakra.events import MarketingPreferenceChanged, TemplateStatusChanged, UnknownEvent
from django_chakra.models import (
    DeliveryStatus,
    Direction,
    Message,
    MessageRole,
    MessageSource,
)
from django_chakra.signals import (
    event_received,
    message_delivered,
    message_echoed,
    message_failed,
    message_read,
    message_received,
    message_sent,
    preference_changed,
    template_changed,
)

logger = logging.getLogger(__name__)

#: What the bot knows, by the words of a customer's message; the first that fits.
ANSWERS = {
    re.compile(words, re.IGNORECASE): text
    for words, text in {
        r"\border\s+#?(\d{1,12})\b": "Sorry for the wait! One of us looks up order {}.",
        r"\bbicycle\b": "It is still here! Would you like to come and see it?",
        r"\btoday at four\b": "Four is fine. We keep it for you.",
        r"\brepair\b": "We do, from Tuesday to Friday.",
        r"\bsaturdays?\b": "On Saturdays only by appointment.",
        r"\bsundays?\b": "On Sundays from ten to two.",
        r"خوذة": "نعم، بثلاثة ألوان.",
        r"\bsize of helmet\b": "Measure around your head, just above the eyebrows.",
        r"\bcard\b": "Of course, or by bank transfer.",
        r"\btrailers?\b": "Two, come and try them.",
        r"\bbell\b": "Bring it in, we mend that at once.",
        r"\bpark\b": "Behind the shop, it is free for an hour.",
    }.items()
}
#: How the log puts what is no message of its own.
SENT = {
    MessageRole.REACTION: "sent a reaction:",
    MessageRole.EDIT: "changed a message to",
    MessageRole.REVOKE: "took back a message:",
    MessageRole.NOTICE: "sent a notice:",
}
GREETING = "Hello! We will be with you soon."


@receiver(message_received, dispatch_uid="bot.received")
def on_message(message: Message, **kwargs: Any) -> None:
    """A customer wrote, or reacted to something, edited it, took it back."""
    # `heard` lets a log handler keep more than the sentence; `demo --check` counts by it.
    heard = {"signal": "message_received", "about": message.external_id}
    did = SENT.get(MessageRole(message.role), "wrote")
    logger.info("%r %s %r", str(message.contact), did, message.text, extra={"heard": heard})


@receiver(message_received, dispatch_uid="bot.answer")
def on_question(message: Message, late: bool, **kwargs: Any) -> None:
    """Answer what the bot knows, and greet whom nobody has written to yet; not in groups."""
    if message.role != MessageRole.BUBBLE or late or message.conversation.group_id:
        return
    for words, text in ANSWERS.items():
        if found := words.search(message.text):
            answer(message, text.format(*found.groups()))
            return
    if not message.conversation.messages.filter(direction=Direction.OUT).exists():
        answer(message, GREETING)


def answer(message: Message, text: str) -> None:
    """Write to whom this message is from. All that this project sends, it sends from here."""
    # A receiver may hear of a message again: the key makes that one answer, and not two.
    send.text(to=message, body=text, idempotency_key=f"answer:{message.pk}")
    logger.info("    We answer %r: %r", str(message.contact), text)


@receiver(message_echoed, dispatch_uid="bot.echoed")
def on_echo(message: Message, **kwargs: Any) -> None:
    """One of us wrote on the phone. What we send from here may come as an echo too."""
    if message.source == MessageSource.ECHO_PHONE:
        heard = {"signal": "message_echoed", "about": message.external_id}
        to = str(message.conversation.contact)
        logger.info("One of us wrote to %r: %r", to, message.text, extra={"heard": heard})


@receiver(message_sent, dispatch_uid="bot.sent")
def on_sent(message: Message, **kwargs: Any) -> None:
    """WhatsApp has taken a message of ours."""
    _log_tick("message_sent", message, "is on its way")


@receiver(message_delivered, dispatch_uid="bot.delivered")
def on_delivered(message: Message, **kwargs: Any) -> None:
    """It is on the customer's phone."""
    _log_tick("message_delivered", message, "was delivered")


@receiver(message_read, dispatch_uid="bot.read")
def on_read(message: Message, **kwargs: Any) -> None:
    """The customer has opened it."""
    _log_tick("message_read", message, "was read")


@receiver(message_failed, dispatch_uid="bot.failed")
def on_failed(message: Message, delivery_status: DeliveryStatus, **kwargs: Any) -> None:
    """It will not arrive. A shop would now call the customer, or send an e-mail."""
    code, title = delivery_status.error_code, delivery_status.error_title
    _log_tick("message_failed", message, f"FAILED: {title!r} ({code})")


@receiver(template_changed, sender=TemplateStatusChanged, dispatch_uid="bot.template")
def on_template(event: TemplateStatusChanged, **kwargs: Any) -> None:
    """WhatsApp decided about a template. A shop would now begin to use it, or cease to."""
    logger.info("Template %r (%r) is %r now", event.name, event.language, event.status)


@receiver(preference_changed, sender=MarketingPreferenceChanged, dispatch_uid="bot.preference")
def on_preference(event: MarketingPreferenceChanged, **kwargs: Any) -> None:
    """Somebody wants no more marketing, or some again; ``Contact.marketing_stopped_at`` knows."""
    who = event.name or event.identities[0].value
    logger.info("%r says of marketing: %r", who, event.value)


@receiver(event_received, sender=UnknownEvent, dispatch_uid="bot.unknown")
def on_unknown(event: UnknownEvent, **kwargs: Any) -> None:
    """Something that django-chakra has no class for yet; its whole body is in ``event.raw``."""
    heard = {"signal": "event_received", "about": event.name}
    logger.info("Chakra posted a fact of kind %r", event.name, extra={"heard": heard})


def _log_tick(signal: str, message: Message, fate: str) -> None:
    heard = {"signal": signal, "about": message.external_id}
    to = str(message.conversation.contact)
    logger.info("Our %r to %r %s", message.text, to, fate, extra={"heard": heard})
