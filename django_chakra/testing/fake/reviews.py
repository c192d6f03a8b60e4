"""What becomes of templates and of numbers: in Meta's format only."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

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
        value: dict[str, Any] = {
            "event": result,
            "message_template_id": int(template.id) if template.id.isdigit() else template.id,
            "message_template_name": template.name,
            "message_template_language": template.language,
            "reason": reason,
            "message_template_category": template.category,
        }
    call = _change(events, "message_template_status_update", value)
    return Fact("template.status", template.id, {"meta": call}, result)


def quality(events: Events, word: str, phone_number_id: str = "") -> Fact:
    """Flag a number, take the flag away, or change its limit by a tier; gives the event of it.

    Args:
        word: one of ``QUALITIES``.
        phone_number_id: by default the first number's.
    """
    id = phone_number_id or events.fake.phone_number_id
    with events.fake.lock:
        number = events.fake.state.numbers[id]
        old = number.get("messagingLimitTier", "TIER_1K")
        step = {"UPGRADE": 1, "DOWNGRADE": -1}.get(word, 0)
        place = (TIERS.index(old) if old in TIERS else 1) + step
        new = TIERS[min(max(place, 0), len(TIERS) - 1)]
        number["messagingLimitTier"] = new
        if QUALITIES[word]:
            number["qualityScore"] = {"score": QUALITIES[word]}
        value = {"display_phone_number": calls.DISPLAY_NUMBER, "event": word, "current_limit": new}
        if new != old:
            value["old_limit"] = old
    call = _change(events, "phone_number_quality_update", value)
    return Fact("number.quality", id, {"meta": call}, word)


def _change(events: Events, field: str, value: dict[str, Any]) -> dict[str, Any]:
    now = int(events.fake.clock.now())
    return calls.change_call(field, value, waba_id=events.fake.waba_id, time=now)
