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
    RECEIPT = "receipt", _("receipt")


class MessageSource(TextChoices):
    """How a message came to us."""

    WEBHOOK = "webhook", _("webhook")
    HISTORY = "history", _("history")
    BACKFILL = "backfill", _("backfill")
    SEND = "send", _("send")
    ECHO_INBOX = "echo_inbox", _("echo from the inbox")
    ECHO_PHONE = "echo_phone", _("echo from the phone")


class MessageStatus(TextChoices):
    """The highest word heard of a message of ours; those before "accepted" are our own."""

    QUEUED = "queued", _("queued")
    PAUSED = "paused", _("paused")
    SENDING = "sending", _("sending")
    UNKNOWN = "unknown", _("unknown")
    WITHHELD = "withheld", _("withheld")
    CANCELLED = "cancelled", _("cancelled")
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


#: What we say ourselves of a message until the platform has said a word.
OWN_STATES = (
    MessageStatus.QUEUED,
    MessageStatus.PAUSED,
    MessageStatus.SENDING,
    MessageStatus.UNKNOWN,
    MessageStatus.WITHHELD,
    MessageStatus.CANCELLED,
)


class Resolution(TextChoices):
    """How we know what the platform calls a message of ours."""

    ANSWER = "answer", _("answer to the request")
    CALLBACK = "callback", _("callback data of a status")
    CHAKRA_ID = "chakra_id", _("Chakra's id in a status")
    ECHO = "echo", _("the only echo that fits")
    STATUS = "status", _("the only status that fits")
    CHECK = "check", _("checked with the platform")
    AMBIGUOUS = "ambiguous", _("several would fit")


class CampaignState(TextChoices):
    """Whether the messages of a campaign are carried."""

    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    STOPPED = "stopped", _("stopped by the platform")


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


class MediaState(TextChoices):
    """Where the file of a message stands."""

    WAITING = "waiting", _("waiting")
    KEPT = "kept", _("kept")
    EXPIRED = "expired", _("expired")
    FAILED = "failed", _("failed")
    SKIPPED = "skipped", _("not wanted")


class BackfillState(TextChoices):
    """Where a backfill stands."""

    RUNNING = "running", _("running")
    DONE = "done", _("done")
    STOPPED = "stopped", _("stopped")
