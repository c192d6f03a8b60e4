"""What becomes of templates, of numbers and of the account: in Meta's format only."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from ...events.ids import only_digits
from .. import calls
from .facts import Fact
from .state import Template

if TYPE_CHECKING:
    from .events import Events

#: The word of Meta's event, with the score that the number then has ("" leaves it).
QUALITIES = {"FLAGGED": "RED", "UNFLAGGED": "GREEN", "DOWNGRADE": "", "UPGRADE": ""}
TIERS = ("TIER_250", "TIER_1K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED")


def queue(events: Events, template: Template, at: float) -> None:
    """Let a template that waits be reviewed, as the habits say."""
    habits = events.habits
    is_rejected = any(fnmatchcase(template.name, one) for one in habits.rejects)
    result = "rejected" if is_rejected else habits.review
    if result != "never":
        due = at + habits.review_after
        events.at(due, lambda: reviewed(events, template, result.upper()))


def reviewed(events: Events, template: Template, result: str, reason: str = "") -> Fact:
    """Approve or reject a template, pause it, …; gives the event of it.

    Args:
        result: Meta's word in capitals.
        reason: of "REJECTED", by default INVALID_FORMAT.
    """
    reason = reason or ("INVALID_FORMAT" if result == "REJECTED" else "NONE")
    with events.fake.lock:
        template.status = result
        template.rejected_reason = "" if reason == "NONE" else reason
        if result == "DELETED":
            events.fake.state.templates.pop(template.id, None)
        value = {
            "event": result,
            **_named(template),
            "reason": reason,
            "message_template_category": template.category,
        }
    call = _change(events, "message_template_status_update", value, template.waba_id)
    return Fact("template.status", template.id, {"meta": call}, result)


def rated(events: Events, template: Template, score: str) -> Fact:
    """Give a template another quality ("GREEN", "YELLOW", "RED"); gives the event of it."""
    with events.fake.lock:
        value = {"previous_quality_score": template.quality, "new_quality_score": score}
        template.quality = score
    value |= _named(template)
    call = _change(events, "message_template_quality_update", value, template.waba_id)
    return Fact("template.quality", template.id, {"meta": call}, score)


def moved(events: Events, template: Template, category: str) -> Fact:
    """Put a template into another category; gives the event of it."""
    with events.fake.lock:
        value = {"previous_category": template.category, "new_category": category}
        template.category = category
    call = _change(
        events, "template_category_update", {**_named(template), **value}, template.waba_id
    )
    return Fact("template.category", template.id, {"meta": call}, category)


def reworded(events: Events, template: Template, body: str) -> Fact:
    """Give a template another body; gives the event of it, which tells texts alone."""
    with events.fake.lock:
        for one in template.components:
            if one.get("type") == "BODY":
                one["text"] = body
        texts = {one["type"]: one["text"] for one in template.components if one.get("text")}
    keys = {"HEADER": "title", "BODY": "element", "FOOTER": "footer"}
    value = {f"message_template_{keys[type]}": text for type, text in texts.items()}
    call = _change(
        events,
        "message_template_components_update",
        {**_named(template), **value},
        template.waba_id,
    )
    return Fact("template.components", template.id, {"meta": call})


def _named(template: Template) -> dict[str, Any]:
    return {
        "message_template_id": int(template.id) if template.id.isdigit() else template.id,
        "message_template_name": template.name,
        "message_template_language": template.language,
    }


def quality(events: Events, word: str, phone_number_id: str = "") -> Fact:
    """Flag a number, take the flag away, or change its limit by a tier; gives the event of it.

    Args:
        word: one of ``QUALITIES``.
        phone_number_id: by default the first number's.
    """
    id = phone_number_id or events.fake.phone_number_id
    with events.fake.lock:
        number = events.fake.state.numbers[id]
        display = _digits(number)
        old = number.get("messagingLimitTier", "TIER_1K")
        step = {"UPGRADE": 1, "DOWNGRADE": -1}.get(word, 0)
        place = (TIERS.index(old) if old in TIERS else 1) + step
        new = TIERS[min(max(place, 0), len(TIERS) - 1)]
        number["messagingLimitTier"] = new
        if QUALITIES[word]:
            number["qualityScore"] = {"score": QUALITIES[word]}
        value = {"display_phone_number": display, "event": word, "current_limit": new}
        if new != old:
            value["old_limit"] = old
    call = _change(events, "phone_number_quality_update", value, number["waba"])
    return Fact("number.quality", id, {"meta": call}, word)


def named(events: Events, decision: str, name: str, phone_number_id: str = "") -> Fact:
    """Decide about a number's name ("APPROVED", "REJECTED", …); gives the event of it."""
    id = phone_number_id or events.fake.phone_number_id
    with events.fake.lock:
        number = events.fake.state.numbers[id]
        number["nameStatus"] = "DECLINED" if decision == "REJECTED" else decision
        if decision == "APPROVED":
            number["verifiedName"] = name
        value = {
            "display_phone_number": _digits(number),
            "decision": decision,
            "requested_verified_name": name,
            "rejection_reason": "NAME_EMPLOYEE_ISSUE" if decision == "REJECTED" else None,
        }
    call = _change(events, "phone_number_name_update", value, number["waba"])
    return Fact("number.name", id, {"meta": call}, decision)


def restrict(
    events: Events,
    type: str = "RESTRICTED_BIZ_INITIATED_MESSAGING",
    *,
    seconds: int = 7 * 24 * 3600,
    remediation: str = "Review how you ask customers for their consent.",
) -> Fact:
    """Restrict the account for so long; gives the event of it. Its numbers' health says so too.

    The fake goes on taking messages.
    """
    until = int(events.fake.clock.now()) + seconds
    restriction = {"restriction_type": type, "expiration": until, "remediation": remediation}
    error = {
        "error_code": 141010,
        "error_description": f"The account is restricted: {type}",
        "possible_solution": remediation,
    }
    _healthy(events, "LIMITED" if "MESSAGING" in type else "AVAILABLE", error)
    value = {"event": "ACCOUNT_RESTRICTION", "restriction_info": [restriction]}
    return _of_account(events, value, "ACCOUNT_RESTRICTION")


def reinstate(events: Events) -> Fact:
    """Let the account send again; gives the event of it. Its numbers' health says so too."""
    _healthy(events, "AVAILABLE")
    ban = {"waba_ban_state": ["REINSTATE"], "waba_ban_date": "October 9, 2026"}
    return _of_account(events, {"event": "DISABLED_UPDATE", "ban_info": ban}, "REINSTATE")


def _healthy(events: Events, word: str, *errors: dict[str, Any]) -> None:
    """What the API says of the account in the health of each of its numbers."""
    entity: dict[str, Any] = {"entity_type": "WABA", "can_send_message": word}
    if errors and word != "AVAILABLE":
        entity["errors"] = list(errors)
    with events.fake.lock:
        for number in events.fake.state.numbers.values():
            if number["waba"] == events.fake.waba_id:
                health = number.get("healthStatus") or {"entities": []}
                others = [one for one in health["entities"] if one["entity_type"] != "WABA"]
                number["healthStatus"] = {"entities": [*others, entity]}


def _of_account(events: Events, value: dict[str, Any], word: str) -> Fact:
    waba_id = events.fake.waba_id
    call = _change(events, "account_update", value, waba_id)
    return Fact("account.update", waba_id, {"meta": call}, word)


def _digits(number: dict[str, Any]) -> str:
    """How events write a number, which does not say which of its spellings that is."""
    return only_digits(str(number.get("displayPhoneNumber") or calls.DISPLAY_NUMBER))


def _change(events: Events, field: str, value: dict[str, Any], waba_id: str = "") -> dict[str, Any]:
    now = int(events.fake.clock.now())
    return calls.change_call(field, value, waba_id=waba_id or events.fake.waba_id, time=now)
