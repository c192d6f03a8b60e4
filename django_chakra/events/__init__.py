"""Events: from the bytes of a call to typed facts. Pure; imports nothing of Django.

``read`` gives the events of a call. The classes are also the senders of ``event_received``.
"""

from .base import Event, Identity, Json, UnknownEvent
from .bodies import NotJson, Unparsable, parse
from .canonical import canonical, completeness
from .clock import platform_time
from .envelopes import READERS, read
from .ids import phone_digits, platform_id
from .messages import MessageReceived
from .statuses import DeliveryStatusReported
from .storable import storable, storable_text

__all__ = [
    "READERS",
    "DeliveryStatusReported",
    "Event",
    "Identity",
    "Json",
    "MessageReceived",
    "NotJson",
    "UnknownEvent",
    "Unparsable",
    "canonical",
    "completeness",
    "parse",
    "phone_digits",
    "platform_id",
    "platform_time",
    "read",
    "storable",
    "storable_text",
]
