"""The WhatsApp Business Account: reviewed, warned, limited, set up.

https://developers.facebook.com/docs/whatsapp/webhooks/reference/account_review_update
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from .base import Event, Json, Reader, Source, Unreadable, mapping
from .clock import platform_time
from .facts import stated, whole_number
from .ids import platform_id
from .storable import storable, storable_text
from .words import MAX_TEXT, needed, word


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent(Event):
    """Something happened to a WhatsApp Business Account (WABA), or to the business that owns it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReviewed(AccountEvent):
    """The platform reviewed the WABA.

    ``decision`` is its word in upper case: "APPROVED", "REJECTED", "PENDING" or "DEFERRED".
    """

    KINDS: ClassVar[tuple[str, ...]] = ("account.review",)

    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAlerted(AccountEvent):
    """The platform warns of, or informs about, the WABA, one of its numbers or the business.

    ``entity_type`` ("WABA", "PHONE_NUMBER", "BUSINESS") and ``entity_id`` say what it is about.
    ``severity`` ("CRITICAL"), ``status`` ("ACTIVE") and ``type`` ("OBA_APPROVED") are the
    platform's words in upper case, ``description`` is for people (4,096 characters).

    https://developers.facebook.com/docs/whatsapp/webhooks/reference/account_alerts
    """

    KINDS: ClassVar[tuple[str, ...]] = ("account.alert",)

    entity_type: str
    entity_id: str
    severity: str
    status: str
    type: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettingsChanged(AccountEvent):
    """Settings of a number changed; ``phone_number_id`` says of which.

    ``type`` is the platform's word ("PHONE_NUMBER_SETTINGS"), ``calling_status`` "ENABLED",
    "DISABLED" or "" (not said), ``settings`` a storable copy of all that it says.

    https://developers.facebook.com/docs/whatsapp/webhooks/reference/account_settings_update
    """

    KINDS: ClassVar[tuple[str, ...]] = ("account.settings",)

    type: str
    calling_status: str
    settings: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityChanged(AccountEvent):
    """How much the business may do changed.

    ``max_daily_conversations`` is digits or a word, at most 64 characters ("2000",
    "TIER_UNLIMITED"; "-1": no limit), "" when not said; ``max_phone_numbers`` is None when not
    said.

    https://developers.facebook.com/docs/whatsapp/webhooks/reference/business_capability_update
    """

    KINDS: ClassVar[tuple[str, ...]] = ("account.capability",)

    max_daily_conversations: str
    max_phone_numbers: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessStatusChanged(AccountEvent):
    """Something happened to the business portfolio ``business_id``.

    ``event`` is the platform's word in upper case ("COMPROMISED_NOTIFICATION").
    """

    KINDS: ClassVar[tuple[str, ...]] = ("account.status",)

    event: str
    business_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerSolutionChanged(AccountEvent):
    """A multi-partner solution was made, accepted, ended, …

    ``event`` ("SOLUTION_CREATED") and ``solution_status`` ("INITIATED") are the platform's words in
    upper case, ``portfolio_id`` is the business portfolio that is told; the fact is about no WABA,
    so ``waba_id`` is "".

    https://developers.facebook.com/docs/whatsapp/webhooks/reference/partner_solutions
    """

    KINDS: ClassVar[tuple[str, ...]] = ("account.partner_solution",)

    event: str
    solution_id: str
    solution_status: str
    portfolio_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentConfigurationChanged(AccountEvent):
    """A payment configuration changed.

    ``status`` is as the platform writes it ("Active", "Needs Testing", "Needs Connecting"), at most
    64 characters; names have at most 255. Times are UTC, None when not said.

    https://developers.facebook.com/docs/whatsapp/webhooks/reference/payment_configuration_update
    """

    KINDS: ClassVar[tuple[str, ...]] = ("account.payment_configuration",)

    configuration_name: str
    provider_name: str
    provider_id: str
    status: str
    created_at: datetime | None
    updated_at: datetime | None


def read_review(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``account_review_update``; Unreadable without a decision."""
    decision = needed(item.get("decision"), "decision")
    return AccountReviewed(kind="account.review", **stated(source, item), decision=decision)


def read_alert(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``account_alerts``; Unreadable without a type."""
    # The older shape has the same keys beside the entity, not inside ``alert_info``.
    alert = {**item, **mapping(item.get("alert_info"))}
    return AccountAlerted(
        kind="account.alert",
        **stated(source, item),
        entity_type=word(item.get("entity_type")),
        entity_id=platform_id(item.get("entity_id")),
        severity=word(alert.get("alert_severity")),
        status=word(alert.get("alert_status")),
        type=needed(alert.get("alert_type"), "alert_type"),
        description=storable_text(alert.get("alert_description"), MAX_TEXT),
    )


def read_settings(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``account_settings_update``; Unreadable without settings."""
    settings = mapping(item.get("phone_number_settings"))
    if not settings:
        raise Unreadable("there are no settings")
    named = platform_id(settings.get("phone_number_id")) or source.phone_number_id
    return AccountSettingsChanged(
        kind="account.settings",
        **{**stated(source, item), "phone_number_id": named},
        type=word(item.get("type")),
        calling_status=word(mapping(settings.get("calling")).get("status")),
        settings=storable(settings),
    )


_LIMIT = 2**31

_CONVERSATIONS = (
    "max_daily_conversations_per_business",
    "max_daily_conversation_per_phone",
    "max_daily_conversations_per_phone",
)


def read_capability(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``business_capability_update``; Unreadable when no limit is named."""
    limits = (storable_text(item.get(key), 64) for key in _CONVERSATIONS)
    conversations = next(filter(None, limits), "")
    numbers = whole_number(item.get("max_phone_numbers_per_business"), _LIMIT)
    if numbers is None:
        numbers = whole_number(item.get("max_phone_numbers_per_waba"), _LIMIT)
    if not conversations and numbers is None:
        raise Unreadable("no limit is named")
    return CapabilityChanged(
        kind="account.capability",
        **stated(source, item),
        max_daily_conversations=conversations,
        max_phone_numbers=numbers,
    )


def read_business(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``business_status_update``; Unreadable without its word."""
    return BusinessStatusChanged(
        kind="account.status",
        **stated(source, item),
        event=needed(item.get("event"), "event"),
        business_id=platform_id(item.get("business_id")),
    )


def read_solution(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``partner_solutions``, whose entry.id is a portfolio's; Unreadable without its
    word."""
    return PartnerSolutionChanged(
        kind="account.partner_solution",
        **{**stated(source, item), "waba_id": ""},
        event=needed(item.get("event"), "event"),
        solution_id=platform_id(item.get("solution_id")),
        solution_status=word(item.get("solution_status")),
        portfolio_id=source.waba_id,
    )


def read_payment(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``payment_configuration_update``; Unreadable without a name."""
    name = storable_text(item.get("configuration_name"), 255)
    if not name:
        raise Unreadable("the configuration has no name")
    return PaymentConfigurationChanged(
        kind="account.payment_configuration",
        **stated(source, item),
        configuration_name=name,
        provider_name=storable_text(item.get("provider_name"), 255),
        provider_id=platform_id(item.get("provider_mid")),
        status=storable_text(item.get("status"), 64),
        created_at=platform_time(item.get("created_timestamp")),
        updated_at=platform_time(item.get("updated_timestamp")),
    )


READERS: dict[tuple[str, str, str], Reader] = {
    ("meta", "account_review_update", ""): read_review,
    ("meta", "account_alerts", ""): read_alert,
    ("meta", "account_settings_update", ""): read_settings,
    ("meta", "business_capability_update", ""): read_capability,
    ("meta", "business_status_update", ""): read_business,
    ("meta", "partner_solutions", ""): read_solution,
    ("meta", "payment_configuration_update", ""): read_payment,
}
"""By format, field or event, and list."""
