"""Voice calls: that somebody rings, that a call has ended, that its recording is there.

What became of a call we made (ringing, accepted, rejected) comes as a status, see
:mod:`.statuses`.

https://developers.facebook.com/documentation/business-messaging/whatsapp/calling
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from .base import Event, Identity, Json, Reader, Source, Unreadable, mapping
from .canonical import canonical
from .clock import platform_time
from .contacts import identities, profile_of, together
from .facts import only_profile, stated, whole_number
from .ids import platform_id
from .messages import is_ours
from .storable import storable, storable_text

_DIRECTIONS = {"USER_INITIATED": "in", "BUSINESS_INITIATED": "out"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceCallEvent(Event):
    """Something about a voice call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceCallReported(VoiceCallEvent):
    """One thing that happened to a call.

    ``call_id`` is the platform's id (``wacid.…``), the same for all that happens to one call.
    ``event`` is the platform's word, at most 64 characters: "connect", "terminate",
    "call_created", "call_recording_available", "call_transcription_available". ``direction`` is
    "in" (the customer rang), "out" (we did) or "" when not said; ``identities`` are those of the
    customer. With "terminate" ``status`` is "completed" or "failed" (lower case, at most 64
    characters), and of a call that was taken up ``started_at``, ``ended_at`` and ``duration`` in
    seconds are set. ``session`` is the object with ``sdp_type`` and ``sdp``, empty when there is
    none. ``callback_data`` is what we sent along, at most 512 characters; ``deeplink_payload`` and
    ``cta_payload`` are those of the link or button that began the call, at most 1024.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("voice_call",)

    call_id: str
    event: str
    direction: str
    identities: tuple[Identity, ...]
    status: str
    started_at: datetime | None
    ended_at: datetime | None
    duration: int | None
    session: Json
    callback_data: str
    deeplink_payload: str
    cta_payload: str

    @property
    def key(self) -> str:
        """What makes two reports one: sha256 (hex) of id and event, since the id repeats."""
        return hashlib.sha256(canonical([self.call_id, self.event]).encode("ascii")).hexdigest()


def read_call(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``calls[]``; Unreadable without an id or without its word."""
    call_id = platform_id(item.get("id"))
    event = storable_text(item.get("event"), 64)
    if not call_id or not event:
        raise Unreadable("the call has no id, or no event")
    direction = _DIRECTIONS.get(storable_text(item.get("direction"), 64).upper(), "")
    return VoiceCallReported(
        kind="voice_call",
        **stated(source, item),
        call_id=call_id,
        event=event,
        direction=direction,
        identities=_customer(source, item, direction),
        status=storable_text(item.get("status"), 64).lower()[:64],
        started_at=platform_time(item.get("start_time")),
        ended_at=platform_time(item.get("end_time")),
        duration=whole_number(item.get("duration"), 2**31),
        session=storable(mapping(item.get("session"))),
        callback_data=storable_text(item.get("biz_opaque_callback_data"), 512),
        deeplink_payload=storable_text(item.get("deeplink_payload"), 1024),
        cta_payload=storable_text(item.get("cta_payload"), 1024),
    )


def _customer(source: Source, item: dict[str, Json], direction: str) -> tuple[Identity, ...]:
    """The other side: who rang, or who was rung; else the only contact beside the call."""
    # Without a direction, as recordings come, the number that is not ours tells.
    ours_rang = direction == "out" or (not direction and is_ours(source, item))
    side = "to" if ours_rang else "from"
    known = identities(
        item.get(side), item.get(f"{side}_user_id"), item.get(f"{side}_parent_user_id")
    )
    profile = profile_of(source.profiles, known) if known else only_profile(source)
    return together(known, profile.identities)


READERS: dict[tuple[str, str, str], Reader] = {("meta", "calls", "calls"): read_call}
"""By format, field or event, and list."""
