"""The closed vocabularies of the tables. What the platform words itself is kept as text."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CallState(TextChoices):
    """Where a stored call stands."""

    RECEIVED = "received", _("received")
    PROCESSING = "processing", _("processing")
    PROCESSED = "processed", _("processed")
    FAILED = "failed", _("failed")
    REFUSED = "refused", _("refused")


class Direction(TextChoices):
    """Who wrote a message."""

    IN = "in", _("in")
    OUT = "out", _("out")


class MessageRole(TextChoices):
    """What a message is in its conversation."""

    BUBBLE = "bubble", _("bubble")
    REACTION = "reaction", _("reaction")
    EDIT = "edit", _("edit")
    REVOKE = "revoke", _("revoke")
    NOTICE = "notice", _("notice")


class MessageSource(TextChoices):
    """How a message came to us."""

    WEBHOOK = "webhook", _("webhook")
    HISTORY = "history", _("history")
    BACKFILL = "backfill", _("backfill")
    SEND = "send", _("send")
    ECHO_INBOX = "echo_inbox", _("echo from the inbox")
    ECHO_PHONE = "echo_phone", _("echo from the phone")


class MessageStatus(TextChoices):
    """The highest word heard of a message of ours; the first three are our own."""

    QUEUED = "queued", _("queued")
    SENDING = "sending", _("sending")
    UNKNOWN = "unknown", _("unknown")
    ACCEPTED = "accepted", _("accepted")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    DELIVERED = "delivered", _("delivered")
    READ = "read", _("read")
    PLAYED = "played", _("played")

    @classmethod
    def rank(cls, word: str) -> int:
        """How high a word stands; 0 for words that change nothing."""
        return RANKS.get(word, 0)


#: accepted < sent < failed < delivered < read = played, by rank alone.
RANKS = {
    str(MessageStatus.ACCEPTED): 1,
    str(MessageStatus.SENT): 2,
    str(MessageStatus.FAILED): 3,
    str(MessageStatus.DELIVERED): 4,
    str(MessageStatus.READ): 5,
    str(MessageStatus.PLAYED): 5,
}


class StatusType(TextChoices):
    """What a delivery status speaks of; only "message" moves a message's status."""

    MESSAGE = "message", _("message")
    PAYMENT = "payment", _("payment")
    CALL = "call", _("call")


class IdentityKind(TextChoices):
    """By which kind of name the platform knows a contact."""

    PHONE = "phone", _("phone")
    USER_ID = "user_id", _("user id")
    PARENT_USER_ID = "parent_user_id", _("parent user id")


class FailureState(TextChoices):
    """Where a receiver's failure stands."""

    WAITING = "waiting", _("waiting")
    GIVEN_UP = "given_up", _("given up")
    ORPHANED = "orphaned", _("orphaned")
