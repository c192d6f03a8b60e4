"""Management fields of Meta's: the event of each sample says what the platform says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from django_chakra.events import read
from django_chakra.events.account_updates import RateStart, Restriction
from django_chakra.events.flows import FlowErrors
from django_chakra.events.templates import TemplateButton
from django_chakra.testing import calls


def seconds(moment: int) -> datetime:
    """A moment that a sample names in seconds."""
    return datetime.fromtimestamp(moment, UTC)


SAID: list[tuple[str, dict[str, Any]]] = [
    (
        "message_template_status_update__approved",
        {"template_id": "400000000000001", "name": "order_shipped", "language": "en"}
        | {"status": "APPROVED", "reason": "", "category": ""},
    ),
    (
        "message_template_status_update__rejected",
        {"status": "REJECTED", "reason": "INVALID_FORMAT", "category": "MARKETING"}
        | {"description": "Two parameters stand next to each other without any text between them."}
        | {"recommendation": "Put words between the parameters and submit the template again."},
    ),
    (
        "message_template_status_update__paused",
        {"title": "FIRST_PAUSE", "reason": ""}
        | {
            "description": "The template is paused for 3 hours because many people blocked or"
            " reported it."
        },
    ),
    ("message_template_status_update__disabled", {"disable_date": "September 22, 2026"}),
    ("message_template_status_update__id_as_string", {"template_id": "400000000000008"}),
    (
        "message_template_quality_update__lower",
        {"previous_quality": "GREEN", "quality": "YELLOW"},
    ),
    (
        "message_template_components_update__full",
        {
            "title": "Your order",
            "body": "Hello {{1}}, your order {{2}} is on its way.",
            "footer": "Example Shop",
            "buttons": (
                TemplateButton("URL", "Follow it", "https://shop.example.com/orders/{{1}}", ""),
                TemplateButton("PHONE_NUMBER", "Call us", "", "+5511900000000"),
            ),
        },
    ),
    (
        "template_category_update__announced",
        {"is_done": False, "category": "UTILITY", "correct_category": "MARKETING"}
        | {"previous_category": "", "changes_at": seconds(1790086400)},
    ),
    (
        "template_category_update__done",
        {"is_done": True, "category": "MARKETING", "correct_category": ""}
        | {"previous_category": "UTILITY", "changes_at": None},
    ),
    (
        "template_correct_category_detection__utility_to_marketing",
        {"category": "UTILITY", "correct_category": "MARKETING"},
    ),
    (
        "account_update__restriction_remediation",
        {
            "event": "ACCOUNT_RESTRICTION",
            "portfolio_id": "",
            "restrictions": (
                Restriction(
                    "RESTRICTED_BIZ_INITIATED_MESSAGING",
                    seconds(1790600000),
                    "Review how you ask customers for their consent.",
                ),
                Restriction("RESTRICTED_ADD_PHONE_NUMBER_ACTION", seconds(1792600000), ""),
            ),
        },
    ),
    (
        "account_update__ban_scheduled",
        {"ban_state": "SCHEDULE_FOR_DISABLE", "ban_date": "October 5, 2026"},
    ),
    ("account_update__reinstated", {"ban_state": "REINSTATE"}),
    ("account_update__violation", {"violation_type": "SCAM"}),
    ("account_update__verified", {"display_number": "5511900000000"}),
    ("account_update__ad_account_linked", {"ad_account_id": "200000000000070"}),
    (
        "account_update__partner_added",
        {"portfolio_id": "200000000000090", "owner_business_id": "200000000000091"}
        | {"solution_id": "200000000000080"}
        | {"solution_partner_ids": ("200000000000090", "200000000000092")},
    ),
    ("account_update__partner_app_installed", {"partner_app_id": "200000000000060"}),
    (
        "account_update__partner_removed_disconnection",
        {"disconnection_reason": "PRIMARY_INACTIVITY", "disconnection_initiated_by": "SYSTEM"},
    ),
    (
        "account_update__certification_failed",
        {"certification_status": "FAILED", "certified_business_id": "200000000000091"}
        | {"certification_reasons": ("LEGAL NAME NOT MATCHING", "WEBSITE NOT MATCHING")},
    ),
    ("account_update__certification_approved", {"certification_reasons": ()}),
    ("account_update__certification_needed", {"certified_business_id": "200000000000091"}),
    ("account_update__country", {"country": "BR"}),
    (
        "account_update__authentication_rates",
        {"rates_start_at": seconds(1792000000)}
        | {"rate_exceptions": (RateStart("ID", seconds(1793000000)),)},
    ),
    (
        "account_update__volume_tier",
        {"tier": "25000001:50000000", "tier_category": "UTILITY", "tier_region": "India"}
        | {"tier_month": "2026-09", "tier_updated_at": seconds(1790000090)},
    ),
    ("account_review_update__deferred", {"decision": "DEFERRED"}),
    (
        "account_alerts__official_account",
        {"entity_type": "WABA", "entity_id": "200000000000001", "severity": "INFORMATIONAL"}
        | {"status": "NONE", "type": "OBA_APPROVED"}
        | {"description": "Your business is now an official business account."},
    ),
    ("account_alerts__flat", {"severity": "CRITICAL", "type": "PROFILE_PICTURE_LOST"}),
    (
        "account_settings_update__calling_disabled",
        {"phone_number_id": "300000000000001", "type": "PHONE_NUMBER_SETTINGS"}
        | {"calling_status": "DISABLED"},
    ),
    (
        "business_capability_update__number",
        {"max_daily_conversations": "2000", "max_phone_numbers": 25},
    ),
    (
        "business_capability_update__word",
        {"max_daily_conversations": "TIER_UNLIMITED", "max_phone_numbers": 50},
    ),
    ("business_capability_update__per_phone", {"max_daily_conversations": "-1"}),
    (
        "business_status_update__compromised",
        {"event": "COMPROMISED_NOTIFICATION", "business_id": "200000000000090"},
    ),
    (
        "partner_solutions__updated",
        {"event": "SOLUTION_UPDATED", "solution_id": "200000000000080"}
        | {"solution_status": "ACTIVE", "portfolio_id": "200000000000090"},
    ),
    (
        "payment_configuration_update__needs_testing",
        {"configuration_name": "example_payments", "provider_name": "razorpay"}
        | {"provider_id": "acc_EXAMPLE1", "status": "Needs Testing"}
        | {"created_at": seconds(1789000000), "updated_at": seconds(1790000160)},
    ),
    (
        "phone_number_name_update__rejected",
        {"display_number": "5511900000000", "decision": "REJECTED", "name": "Best Shop Ever"}
        | {"reason": "NAME_EMPLOYEE_ISSUE"},
    ),
    ("phone_number_name_update__deferred", {"reason": ""}),
    (
        "phone_number_quality_update__upgrade",
        {"event": "UPGRADE", "old_limit": "TIER_1K", "limit": "TIER_10K"},
    ),
    ("phone_number_quality_update__limit_as_number", {"limit": "2000"}),
    (
        "phone_number_quality_update__flagged",
        {"event": "FLAGGED", "display_number": "+55 11 90000-0000"},
    ),
    ("security__pin_changed", {"event": "PIN_CHANGED", "requester": "200000000000050"}),
    ("business_username_updates__approved", {"username": "exampleshop", "status": "approved"}),
    ("business_username_updates__deleted", {"username": "", "status": "deleted"}),
    # The page's own example spells the field so; some print the name with its sign.
    ("business_username_update__approved", {"username": "exampleshop", "status": "approved"}),
    (
        "flows__status_throttled",
        {"flow_id": "200000000000040", "event": "FLOW_STATUS_CHANGE"}
        | {"old_status": "PUBLISHED", "new_status": "THROTTLED", "error_rate": None},
    ),
    (
        "flows__client_error_rate",
        {"error_rate": 12.5, "threshold": 10.0, "alert_state": "ACTIVATED"}
        | {
            "errors": (
                FlowErrors("INVALID_SCREEN_TRANSITION", 66.66, 2),
                FlowErrors("PUBLIC_KEY_MISSING", 33.34, 1),
            )
        },
    ),
    (
        "flows__endpoint_latency",
        {"p50_latency": 5000.0, "p90_latency": 8000.0, "requests_count": 3400},
    ),
    ("flows__endpoint_availability", {"availability": 75.0, "alert_state": "DEACTIVATED"}),
]


@pytest.mark.parametrize(("name", "said"), SAID, ids=[name for name, _ in SAID])
def test_what_it_says(name: str, said: dict[str, Any]) -> None:
    """A sample's event says what the platform says."""
    (event,) = read(calls.body(f"meta/{name}"))
    assert {key: getattr(event, key) for key in said} == said
