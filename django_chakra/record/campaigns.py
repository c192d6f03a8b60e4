"""Campaigns that end because the platform fails their messages after it took them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ..models import Campaign, CampaignState, DeliveryStatus, Message, MessageStatus
from ..models.campaigns import ends_campaign


def refused(told: Iterable[tuple[Message, DeliveryStatus]]) -> None:
    """Stop the campaigns of messages that failed with what would fail all the others too.

    Of a message that left before the campaign was resumed this says nothing: people have mended
    what was wrong, or are about to hear it again.
    """
    said: dict[int, list[tuple[datetime, DeliveryStatus]]] = {}
    for message, row in told:
        is_failed = row.status == MessageStatus.FAILED
        if is_failed and message.campaign_id and ends_campaign(row.error_code):
            said.setdefault(message.campaign_id, []).append((_left_at(message), row))
    if not said:
        return
    running = Campaign.objects.filter(pk__in=said, state=CampaignState.RUNNING)
    for campaign in running.select_for_update().order_by("pk"):
        left_at, row = max(said[campaign.pk], key=lambda one: one[0])
        if left_at >= campaign.changed_at:
            campaign.stop(row.error_code, row.error_title)


def _left_at(message: Message) -> datetime:
    """When our last request of it began; while that is not written down, when it began to wait."""
    last: dict[str, str] = message.attempt_log[-1] if message.attempt_log else {}
    began = last.get("began")
    return datetime.fromisoformat(began) if began else message.received_at
