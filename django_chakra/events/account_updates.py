"""Updates of the WhatsApp Business Account: restricted, banned, shared with a partner, and so on.

https://developers.facebook.com/docs/whatsapp/webhooks/reference/account_update
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from .accounts import AccountEvent
from .base import Event, Json, Reader, Source, mapping
from .clock import platform_time
from .facts import stated
from .ids import platform_id
from .storable import storable_text
from .words import MAX_TEXT, needed, word


class Restriction(NamedTuple):
    """What a WABA may not do for a while.

    ``type`` is the platform's word ("RESTRICTED_BIZ_INITIATED_MESSAGING"), ``expires_at`` UTC or
    None when not said, ``remediation`` what to do about it, at most 4,096 characters.
    """

    type: str
    expires_at: datetime | None
    remediation: str


class RateStart(NamedTuple):
    """From when authentication-international rates hold for a country (two letters)."""

    country: str
    starts_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUpdated(AccountEvent):
    """Something happened to a WABA: ``event`` says what, the attributes that fit it are filled.

    Words are the platform's, in upper case, at most 64 characters; what is not said is "", None or
    an empty tuple.

    - ``event``: "ACCOUNT_RESTRICTION", "DISABLED_UPDATE", "PARTNER_ADDED", …
    - ``portfolio_id``: the business portfolio that is told, where the fact names the WABA itself;
      ``owner_business_id`` the one that owns the WABA
    - ``ban_state``: "SCHEDULE_FOR_DISABLE", "DISABLE" or "REINSTATE"; ``ban_date``: as the platform
      writes it ("January 5, 2026"); ``violation_type``; ``restrictions``
    - ``ad_account_id``, ``partner_app_id``, ``solution_id``, ``solution_partner_ids``
    - ``disconnection_reason`` ("PRIMARY_INACTIVITY"), ``disconnection_initiated_by`` ("USER",
      "SYSTEM")
    - ``certification_status`` ("APPROVED", "FAILED"), ``certification_reasons``,
      ``certified_business_id``: the partner-led verification of a business
    - ``country``: of the business, two letters
    - ``rates_start_at``, ``rate_exceptions``: authentication-international rates
    - ``tier`` ("25000001:50000000"), ``tier_category``, ``tier_region``, ``tier_month``
      ("2025-11"), ``tier_updated_at``: the volume tier of the prices
    """

    KINDS: ClassVar[tuple[str, ...]] = ("account.update",)

    event: str
    portfolio_id: str
    owner_business_id: str
    ban_state: str
    ban_date: str
    violation_type: str
    restrictions: tuple[Restriction, ...]
    ad_account_id: str
    partner_app_id: str
    solution_id: str
    solution_partner_ids: tuple[str, ...]
    disconnection_reason: str
    disconnection_initiated_by: str
    certification_status: str
    certification_reasons: tuple[str, ...]
    certified_business_id: str
    country: str
    rates_start_at: datetime | None
    rate_exceptions: tuple[RateStart, ...]
    tier: str
    tier_category: str
    tier_region: str
    tier_month: str
    tier_updated_at: datetime | None


def read_update(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``account_update``; Unreadable without its word."""
    waba = mapping(item.get("waba_info"))
    named = platform_id(waba.get("waba_id"))
    return AccountUpdated(
        kind="account.update",
        **{
            **stated(source, item),
            # Where the fact names the WABA itself, entry.id is the portfolio that is told.
            "waba_id": named or source.waba_id,
            "display_number": storable_text(item.get("phone_number"), 64) or source.display_number,
        },
        event=needed(item.get("event"), "event"),
        portfolio_id=source.waba_id if named and named != source.waba_id else "",
        violation_type=word(mapping(item.get("violation_info")).get("violation_type")),
        restrictions=_restrictions(item.get("restriction_info")),
        country=word(item.get("country")),
        **_ban(mapping(item.get("ban_info"))),
        **_partner(waba),
        **_disconnection(mapping(item.get("disconnection_info"))),
        **_certification(item),
        **_rates(mapping(item.get("auth_international_rate_eligibility"))),
        **_tier(mapping(item.get("volume_tier_info"))),
    )


def _objects(value: Json) -> list[dict[str, Json]]:
    """The objects in a list, or the one that stands where a list should."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def _restrictions(value: Json) -> tuple[Restriction, ...]:
    return tuple(
        Restriction(
            type=word(entry.get("restriction_type")),
            expires_at=platform_time(entry.get("expiration")),
            remediation=storable_text(entry.get("remediation"), MAX_TEXT),
        )
        for entry in _objects(value)
    )


def _ban(ban: Mapping[str, Json]) -> dict[str, Any]:
    state = ban.get("waba_ban_state")
    # Some pages print a list.
    states = state if isinstance(state, list) else [state]
    return {
        "ban_state": next(filter(None, map(word, states)), ""),
        "ban_date": storable_text(ban.get("waba_ban_date"), 64),
    }


def _partner(waba: Mapping[str, Json]) -> dict[str, Any]:
    partners = waba.get("solution_partner_business_ids")
    ids = map(platform_id, partners if isinstance(partners, list) else [])
    return {
        "owner_business_id": platform_id(waba.get("owner_business_id")),
        "ad_account_id": platform_id(waba.get("ad_account_linked")),
        "partner_app_id": platform_id(waba.get("partner_app_id")),
        "solution_id": platform_id(waba.get("solution_id")),
        "solution_partner_ids": tuple(filter(None, ids)),
    }


def _disconnection(disconnection: Mapping[str, Json]) -> dict[str, Any]:
    return {
        "disconnection_reason": word(disconnection.get("reason")),
        "disconnection_initiated_by": word(disconnection.get("initiated_by")),
    }


def _certification(item: Mapping[str, Json]) -> dict[str, Any]:
    known = mapping(item.get("partner_client_certification_info"))
    wanted = mapping(item.get("partner_client_certification_needed_info"))
    business = known.get("client_business_id") or wanted.get("client_business_id")
    listed = known.get("rejection_reasons")
    reasons = (storable_text(one, 255) for one in (listed if isinstance(listed, list) else []))
    return {
        "certification_status": word(known.get("status")),
        "certification_reasons": tuple(one for one in reasons if one not in ("", "NONE")),
        "certified_business_id": platform_id(business),
    }


def _rates(rates: Mapping[str, Json]) -> dict[str, Any]:
    exceptions = (
        RateStart(word(entry.get("country_code")), platform_time(entry.get("start_time")))
        for entry in _objects(rates.get("exception_countries"))
    )
    return {
        "rates_start_at": platform_time(rates.get("start_time")),
        "rate_exceptions": tuple(exceptions),
    }


def _tier(tier: Mapping[str, Json]) -> dict[str, Any]:
    return {
        "tier": storable_text(tier.get("tier"), 64),
        "tier_category": word(tier.get("pricing_category")),
        "tier_region": storable_text(tier.get("region"), 255),
        "tier_month": storable_text(tier.get("effective_month"), 64),
        "tier_updated_at": platform_time(tier.get("tier_update_time")),
    }


READERS: dict[tuple[str, str, str], Reader] = {("meta", "account_update", ""): read_update}
"""By format, field or event, and list."""
