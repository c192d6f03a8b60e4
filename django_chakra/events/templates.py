"""Message templates: approved, rejected, paused, rated, edited, put in another category.

https://developers.facebook.com/docs/whatsapp/webhooks/reference/message_template_status_update
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from .base import Event, Json, Reader, Source, Unreadable, mapping
from .clock import platform_time
from .facts import stated
from .ids import platform_id
from .storable import storable_text
from .words import MAX_TEXT, needed, word


class TemplateButton(NamedTuple):
    """A button of a template.

    ``type`` is the platform's word ("URL", "PHONE_NUMBER"); ``text`` has at most 255 characters,
    ``url`` 2,048 and ``phone_number`` 64.
    """

    type: str
    text: str
    url: str
    phone_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateEvent(Event):
    """Something happened to one of our message templates.

    ``template_id`` is Meta's id as text, ``name`` has at most 512 characters, ``language`` at most
    64 ("en_US"). ``category`` is the one that the template has now, in upper case ("MARKETING",
    "UTILITY", "AUTHENTICATION"), "" when not said. One of ``template_id`` and ``name`` may be "".
    """

    template_id: str
    name: str
    language: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateStatusChanged(TemplateEvent):
    """A template was approved, rejected, paused, disabled, deleted, …

    ``status`` is the platform's word in upper case, at most 64 characters. ``reason`` is its code
    ("INVALID_FORMAT"), "" also where the platform writes "NONE". ``title``, ``description`` and
    ``recommendation`` are for people (255, 4,096 and 4,096 characters); ``disable_date`` is as
    the platform writes it, at most 64 characters.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("template.status",)

    status: str
    reason: str
    title: str
    description: str
    recommendation: str
    disable_date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateQualityChanged(TemplateEvent):
    """Customers' reactions gave a template another quality.

    ``quality`` and ``previous_quality`` are "GREEN", "YELLOW", "RED" or "UNKNOWN".

    https://developers.facebook.com/docs/whatsapp/webhooks/reference/message_template_quality_update
    """

    KINDS: ClassVar[tuple[str, ...]] = ("template.quality",)

    quality: str
    previous_quality: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateComponentsChanged(TemplateEvent):
    """A template was edited; here is what it says now.

    ``title`` (the header) and ``footer`` have at most 1,024 characters, ``body`` 4,096.

    https://developers.facebook.com/docs/whatsapp/webhooks/reference/message_template_components_update
    """

    KINDS: ClassVar[tuple[str, ...]] = ("template.components",)

    title: str
    body: str
    footer: str
    buttons: tuple[TemplateButton, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCategoryChanged(TemplateEvent):
    """The platform will put, or (``is_done``) has put, a template into another category.

    Before: ``correct_category`` is the coming one and ``changes_at`` when it comes (UTC; None when
    not said). After: ``previous_category`` is the one that the template had. ``category`` is the
    present one either way.

    https://developers.facebook.com/docs/whatsapp/webhooks/reference/template_category_update
    """

    KINDS: ClassVar[tuple[str, ...]] = ("template.category",)

    is_done: bool
    previous_category: str
    correct_category: str
    changes_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCategoryDetected(TemplateEvent):
    """The platform finds that a template belongs into another category, ``correct_category``."""

    KINDS: ClassVar[tuple[str, ...]] = ("template.category_detected",)

    correct_category: str


def read_status(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``message_template_status_update``; Unreadable without its word."""
    reason = storable_text(item.get("reason"), 255)
    other, rejection = mapping(item.get("other_info")), mapping(item.get("rejection_info"))
    return TemplateStatusChanged(
        **_template(source, item, "template.status"),
        status=needed(item.get("event"), "event"),
        reason="" if reason == "NONE" else reason,
        title=storable_text(other.get("title"), 255),
        description=storable_text(other.get("description"), MAX_TEXT)
        or storable_text(rejection.get("reason"), MAX_TEXT),
        recommendation=storable_text(rejection.get("recommendation"), MAX_TEXT),
        disable_date=storable_text(mapping(item.get("disable_info")).get("disable_date"), 64),
    )


def read_quality(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``message_template_quality_update``; Unreadable without the new quality."""
    return TemplateQualityChanged(
        **_template(source, item, "template.quality"),
        quality=needed(item.get("new_quality_score"), "new_quality_score"),
        previous_quality=word(item.get("previous_quality_score")),
    )


def read_components(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``message_template_components_update``."""
    buttons = item.get("message_template_buttons")
    return TemplateComponentsChanged(
        **_template(source, item, "template.components"),
        title=storable_text(item.get("message_template_title"), 1024),
        body=storable_text(item.get("message_template_element"), MAX_TEXT),
        footer=storable_text(item.get("message_template_footer"), 1024),
        buttons=tuple(
            _button(button)
            for button in (buttons if isinstance(buttons, list) else [])
            if isinstance(button, dict)
        ),
    )


def read_category(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``template_category_update`` in either shape; Unreadable without a category."""
    previous, correct = word(item.get("previous_category")), word(item.get("correct_category"))
    at = platform_time(item.get("category_update_timestamp"))
    # ``new_category`` is the present one in both shapes, also where the coming one is announced.
    present = word(item.get("new_category"))
    if not (present or correct):
        raise Unreadable("no category is named")
    is_done = bool(previous) or not (correct or at)
    return TemplateCategoryChanged(
        **{**_template(source, item, "template.category"), "category": present},
        is_done=is_done,
        previous_category=previous,
        correct_category="" if is_done else correct,
        changes_at=None if is_done else at,
    )


def read_detection(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``template_correct_category_detection``; Unreadable without the category."""
    return TemplateCategoryDetected(
        **_template(source, item, "template.category_detected"),
        correct_category=needed(item.get("correct_category"), "correct_category"),
    )


def _template(source: Source, item: dict[str, Json], kind: str) -> dict[str, Any]:
    """What every event of a template says; Unreadable when it does not say of which."""
    template_id = platform_id(item.get("message_template_id"))
    name = storable_text(item.get("message_template_name"), 512)
    if not (template_id or name):
        raise Unreadable("the fact names no template")
    return {
        **stated(source, item),
        "kind": kind,
        "template_id": template_id,
        "name": name,
        "language": storable_text(item.get("message_template_language"), 64),
        "category": word(item.get("message_template_category")) or word(item.get("category")),
    }


def _button(button: dict[str, Json]) -> TemplateButton:
    return TemplateButton(
        type=word(button.get("message_template_button_type")),
        text=storable_text(button.get("message_template_button_text"), 255),
        url=storable_text(button.get("message_template_button_url"), 2048),
        phone_number=storable_text(button.get("message_template_button_phone_number"), 64),
    )


READERS: dict[tuple[str, str, str], Reader] = {
    ("meta", "message_template_status_update", ""): read_status,
    ("meta", "message_template_quality_update", ""): read_quality,
    ("meta", "message_template_components_update", ""): read_components,
    ("meta", "template_category_update", ""): read_category,
    ("meta", "template_correct_category_detection", ""): read_detection,
}
"""By format, field or event, and list."""
