"""Events: from the bytes of a call to typed facts. Pure; imports nothing of Django.

``read`` gives the events of a call. The classes are also the senders of ``event_received``.
"""

from .account_updates import AccountUpdated, RateStart, Restriction
from .accounts import (
    AccountAlerted,
    AccountEvent,
    AccountReviewed,
    AccountSettingsChanged,
    BusinessStatusChanged,
    CapabilityChanged,
    PartnerSolutionChanged,
    PaymentConfigurationChanged,
)
from .base import Event, Identity, Json, UnknownEvent, Unreadable
from .bodies import NotJson, Unparsable, parse
from .canonical import canonical, completeness
from .clock import platform_time
from .content import content_of
from .conversions import ConversionEvent, ConversionReported, LinkClicked, TrackingReported
from .echoes import MessageEchoed
from .envelopes import READERS, read
from .errors import PlatformErrorReported
from .flows import FlowChanged, FlowErrors, FlowEvent
from .groups import (
    GroupEvent,
    GroupLifecycleChanged,
    GroupParticipantsChanged,
    GroupSetting,
    GroupSettingsChanged,
    GroupStatusChanged,
)
from .handovers import ConversationContextReceived, HandoverEvent, HandoverReported, StandbyReported
from .history import HistoryReported, MessageImported
from .ids import phone_digits, platform_id
from .listed import ListedMessage, read_listed
from .messages import MessageEvent, MessageReceived
from .numbers import (
    BusinessUsernameChanged,
    NumberEvent,
    NumberNameReviewed,
    NumberQualityChanged,
    NumberSecurityChanged,
)
from .people import (
    ContactSynced,
    IdentityEvent,
    MarketingPreferenceChanged,
    PreferenceEvent,
    UserIdChanged,
)
from .statuses import DeliveryStatusReported
from .storable import storable, storable_text
from .templates import (
    TemplateButton,
    TemplateCategoryChanged,
    TemplateCategoryDetected,
    TemplateComponentsChanged,
    TemplateEvent,
    TemplateQualityChanged,
    TemplateStatusChanged,
)
from .voice_calls import VoiceCallEvent, VoiceCallReported

__all__ = [
    "KINDS",
    "READERS",
    "AccountAlerted",
    "AccountEvent",
    "AccountReviewed",
    "AccountSettingsChanged",
    "AccountUpdated",
    "BusinessStatusChanged",
    "BusinessUsernameChanged",
    "CapabilityChanged",
    "ContactSynced",
    "ConversationContextReceived",
    "ConversionEvent",
    "ConversionReported",
    "DeliveryStatusReported",
    "Event",
    "FlowChanged",
    "FlowErrors",
    "FlowEvent",
    "GroupEvent",
    "GroupLifecycleChanged",
    "GroupParticipantsChanged",
    "GroupSetting",
    "GroupSettingsChanged",
    "GroupStatusChanged",
    "HandoverEvent",
    "HandoverReported",
    "HistoryReported",
    "Identity",
    "IdentityEvent",
    "Json",
    "LinkClicked",
    "ListedMessage",
    "MarketingPreferenceChanged",
    "MessageEchoed",
    "MessageEvent",
    "MessageImported",
    "MessageReceived",
    "NotJson",
    "NumberEvent",
    "NumberNameReviewed",
    "NumberQualityChanged",
    "NumberSecurityChanged",
    "PartnerSolutionChanged",
    "PaymentConfigurationChanged",
    "PlatformErrorReported",
    "PreferenceEvent",
    "RateStart",
    "Restriction",
    "StandbyReported",
    "TemplateButton",
    "TemplateCategoryChanged",
    "TemplateCategoryDetected",
    "TemplateComponentsChanged",
    "TemplateEvent",
    "TemplateQualityChanged",
    "TemplateStatusChanged",
    "TrackingReported",
    "UnknownEvent",
    "Unparsable",
    "Unreadable",
    "UserIdChanged",
    "VoiceCallEvent",
    "VoiceCallReported",
    "canonical",
    "completeness",
    "content_of",
    "parse",
    "phone_digits",
    "platform_id",
    "platform_time",
    "read",
    "read_listed",
    "storable",
    "storable_text",
]

KINDS: tuple[str, ...] = tuple(
    sorted(
        kind
        for name in __all__
        if isinstance(known := globals().get(name), type) and issubclass(known, Event)
        for kind in known.KINDS
    )
)
"""Every ``kind`` that an event may have."""
