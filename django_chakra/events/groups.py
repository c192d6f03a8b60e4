"""Groups: that one began or ended, who came and went, how it was renamed, whether it is suspended.

https://developers.facebook.com/documentation/business-messaging/whatsapp/groups/webhooks
"""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeAlias

from .base import Event, Identity, Json, Reader, Source, Unreadable, mapping
from .causes import cause_of
from .contacts import identities, person, username
from .facts import stated
from .ids import platform_id
from .storable import storable_text

Participant: TypeAlias = tuple[Identity, ...]
"""One member of a group; empty for somebody whom the platform names by none of these."""

#: Two of the platform's pages spell these differently; events have the first spelling.
_SPELLINGS = {
    "group_add_participants": "group_participants_add",
    "group_remove_participants": "group_participants_remove",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEvent(Event):
    """Something about a group of ours.

    ``group_id`` is the platform's id, "" when a group could not be made. ``type`` is the
    platform's word, at most 64 characters. ``request_id`` is that of our request, "" when nobody
    asked for the change. ``error_code`` and ``error_title`` (at most 255 characters) say why it
    failed, None and "" otherwise.
    """

    group_id: str
    type: str
    request_id: str
    error_code: int | None
    error_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLifecycleChanged(GroupEvent):
    """A group was made ("group_create") or deleted ("group_delete"), or could not be.

    ``subject`` and ``description`` are whole, ``invite_link`` at most 1024 characters;
    ``join_approval_mode`` is the platform's word, at most 64.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("group.lifecycle",)

    subject: str
    description: str
    invite_link: str
    join_approval_mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupParticipantsChanged(GroupEvent):
    """Somebody joined or left a group, or asks to join it.

    ``type`` is "group_participants_add", "group_participants_remove",
    "group_join_request_created" or "group_join_request_revoked", however the platform spelt it.
    ``added``, ``removed`` and ``failed`` (who could not be added or removed) have the identities of
    each participant. ``reason`` ("invite_link") and ``initiated_by`` ("business", "participant")
    are the platform's words, at most 64 characters. ``join_request_id``, ``identities`` and
    ``username`` (at most 255 characters) are of a request to join.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("group.participants",)

    added: tuple[Participant, ...]
    removed: tuple[Participant, ...]
    failed: tuple[Participant, ...]
    reason: str
    initiated_by: str
    join_request_id: str
    identities: tuple[Identity, ...]
    username: str


class GroupSetting(NamedTuple):
    """One setting that was to be changed.

    ``text`` is what it was to become, whole ("" for a picture); ``succeeded`` None when not said.
    ``error_code`` and ``error_title`` (at most 255 characters) say why it failed.
    """

    text: str
    succeeded: bool | None
    error_code: int | None
    error_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSettingsChanged(GroupEvent):
    """Subject, description or picture of a group were changed, or could not be.

    Each is None when it was not to be changed.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("group.settings",)

    subject: GroupSetting | None
    description: GroupSetting | None
    profile_picture: GroupSetting | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStatusChanged(GroupEvent):
    """A group was suspended ("group_suspend"), or no longer is ("group_suspend_cleared")."""

    KINDS: ClassVar[tuple[str, ...]] = ("group.status",)


def read_lifecycle(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``groups[]`` of field ``group_lifecycle_update``."""
    return GroupLifecycleChanged(
        kind="group.lifecycle",
        **_group(source, item),
        subject=storable_text(item.get("subject")),
        description=storable_text(item.get("description")),
        invite_link=storable_text(item.get("invite_link"), 1024),
        join_approval_mode=storable_text(item.get("join_approval_mode"), 64),
    )


def read_participants(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``groups[]`` of field ``group_participants_update``."""
    return GroupParticipantsChanged(
        kind="group.participants",
        **_group(source, item),
        added=_participants(item.get("added_participants")),
        removed=_participants(item.get("removed_participants")),
        failed=_participants(item.get("failed_participants")),
        reason=storable_text(item.get("reason"), 64),
        initiated_by=storable_text(item.get("initiated_by"), 64),
        join_request_id=platform_id(item.get("join_request_id")),
        identities=tuple(person(item)),
        username=username(item.get("username")),
    )


def read_settings(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``groups[]`` of field ``group_settings_update``."""
    return GroupSettingsChanged(
        kind="group.settings",
        **_group(source, item),
        subject=_setting(item.get("group_subject")),
        description=_setting(item.get("group_description")),
        profile_picture=_setting(item.get("profile_picture")),
    )


def read_status(source: Source, item: dict[str, Json]) -> Event:
    """The event of an item of ``groups[]`` of field ``group_status_update``."""
    return GroupStatusChanged(kind="group.status", **_group(source, item))


def _group(source: Source, item: dict[str, Json]) -> dict[str, Any]:
    """What every event of a group says; Unreadable when it names neither group nor request."""
    group_id, request_id = platform_id(item.get("group_id")), platform_id(item.get("request_id"))
    if not group_id and not request_id:
        raise Unreadable("neither group_id nor request_id")
    word = storable_text(item.get("type"), 64)
    code, title, _ = cause_of(item)
    return {
        **stated(source, item),
        "group_id": group_id,
        "type": _SPELLINGS.get(word, word),
        "request_id": request_id,
        "error_code": code,
        "error_title": title,
    }


def _participants(value: Json) -> tuple[Participant, ...]:
    """Each participant of a list."""
    listed = value if isinstance(value, list) else []
    return tuple(_participant(entry) for entry in listed if isinstance(entry, dict))


def _participant(entry: dict[str, Json]) -> Participant:
    """By the platform's names, else by that which our request gave: a number or a user id."""
    given = entry.get("input")
    return tuple(person(entry) or identities(given) or identities(None, given))


def _setting(value: Json) -> GroupSetting | None:
    """What became of one setting; None when the platform does not speak of it."""
    if not isinstance(value, dict):
        return None
    setting = mapping(value)
    succeeded = setting.get("update_successful")
    code, title, _ = cause_of(setting)
    return GroupSetting(
        text=storable_text(setting.get("text")),
        succeeded=succeeded if isinstance(succeeded, bool) else None,
        error_code=code,
        error_title=title,
    )


READERS: dict[tuple[str, str, str], Reader] = {
    ("meta", "group_lifecycle_update", "groups"): read_lifecycle,
    ("meta", "group_participants_update", "groups"): read_participants,
    ("meta", "group_participant_update", "groups"): read_participants,
    ("meta", "group_settings_update", "groups"): read_settings,
    ("meta", "group_status_update", "groups"): read_status,
}
"""By format, field or event, and list."""
