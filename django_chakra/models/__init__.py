"""The tables: what the platform said and what became of it."""

from .backfills import Backfill
from .calls import WebhookCall
from .campaigns import Campaign
from .choices import (
    BackfillState,
    CallState,
    CampaignState,
    Direction,
    FailureState,
    IdentityKind,
    MediaState,
    MessageRole,
    MessageSource,
    MessageStatus,
    Resolution,
    StatusType,
)
from .contacts import Contact, ContactIdentity
from .conversations import Conversation
from .failures import ReceiverFailure
from .media import MediaFile
from .messages import DeliveryStatus, Message
from .numbers import BusinessNumber
from .templates import MessageTemplate

__all__ = [
    "Backfill",
    "BackfillState",
    "BusinessNumber",
    "CallState",
    "Campaign",
    "CampaignState",
    "Contact",
    "ContactIdentity",
    "Conversation",
    "DeliveryStatus",
    "Direction",
    "FailureState",
    "IdentityKind",
    "MediaFile",
    "MediaState",
    "Message",
    "MessageRole",
    "MessageSource",
    "MessageStatus",
    "MessageTemplate",
    "ReceiverFailure",
    "Resolution",
    "StatusType",
    "WebhookCall",
]
