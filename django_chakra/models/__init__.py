"""The tables: what the platform said and what became of it."""

from .calls import WebhookCall
from .campaigns import Campaign
from .choices import (
    CallState,
    CampaignState,
    Direction,
    FailureState,
    IdentityKind,
    MessageRole,
    MessageSource,
    MessageStatus,
    Resolution,
    StatusType,
)
from .contacts import Contact, ContactIdentity
from .conversations import Conversation
from .failures import ReceiverFailure
from .messages import DeliveryStatus, Message
from .numbers import BusinessNumber

__all__ = [
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
    "Message",
    "MessageRole",
    "MessageSource",
    "MessageStatus",
    "ReceiverFailure",
    "Resolution",
    "StatusType",
    "WebhookCall",
]
