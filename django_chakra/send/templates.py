"""Approved templates: the only kind that may be sent outside the 24-hour window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypedDict, Unpack

from ..client import payloads
from ..client.payloads.checks import plain
from ..client.payloads.interactive import File
from ..client.payloads.templates import Values
from ..exceptions import MarketingStopped
from ..models import Contact, ContactIdentity, Message
from . import outbox
from .addressing import Place, To, name_of
from .known import Category, checked
from .outbox import Options

#: Under which a message keeps the arguments of Chakra's own endpoint.
CHAKRA = "chakra_template"


class Places(TypedDict, total=False):
    """What goes into the places of a template: see :func:`.payloads.template`."""

    body: Values
    header_text: str | int | Mapping[str, str | int]
    header_image: File
    header_video: File
    header_document: File
    header_location: Mapping[str, Any]
    buttons: Sequence[Mapping[str, str] | None]
    components: Sequence[Mapping[str, Any]]


class Filled(Options, Places, total=False):
    """A template's places, and what every kind of message takes."""


def template(
    *,
    to: To,
    name: str,
    language: str,
    category: Category | None = None,
    force: bool = False,
    **options: Unpack[Filled],
) -> Message:
    """An approved template, in Meta's format: its statuses bring our callback data back.

    Where ``chakra_templates`` or events told of it, it is compared with that first.

    Args:
        category: as it was approved; what is not marketing goes to everybody. By default what the
            platform said of it, else "marketing".
        force: send marketing to somebody who wants none.
        options: what goes into its places, and :class:`.outbox.Options`.

    Raises:
        TemplateRefused: the platform has it not, or not in this language, or does not send it now.
        ValidationFailed: what goes into its places does not fit.
        MarketingStopped: it is marketing, the contact wants none, and ``force`` is not given.

    https://apidocs.chakrahq.com/api-26944128
    """
    filled, rest = apart(options)
    make = partial(payloads.template, name=name, language=language, **filled)
    place, body = outbox.written(make, to, **rest)
    check_marketing(place, checked(place, body["template"], category), force=force)
    return outbox.put(place, body, **rest)


def mapped_template(
    *,
    to: To,
    name: str,
    language: str | None = None,
    body: Any = None,
    header: Any = None,
    buttons: Any = None,
    category: Category | None = None,
    force: bool = False,
    **options: Unpack[Options],
) -> Message:
    """The same by Chakra's own endpoint, which fills the template from Chakra's mapping.

    It takes phone numbers only, carries no callback data (after a lost answer only an echo or a
    status that fits can tell its fate), and gives Chakra's own id of the message.

    Args:
        body: values of the variables by name ("1" for ``{{1}}``) or in order; ``header`` and
            ``buttons`` likewise. ``extra`` takes ``imageUrl``, ``otpCode`` and the like. They are
            not compared with the template.

    Raises:
        TemplateRefused, MarketingStopped: see :func:`template`.
        NumberNeeded: of this contact no phone number is known.

    https://apidocs.chakrahq.com/api-11312774
    """
    rest: Any = {key: value for key, value in options.items() if key != "extra"}
    place = outbox.place_of(to, rest)
    arguments = {
        **(options.get("extra") or {}),
        "to": place.need_phone(),
        "template": name,
        "language": language,
        "body": body,
        "header": header,
        "buttons": buttons,
    }
    given = plain({key: value for key, value in arguments.items() if value is not None}, "")
    # Checked as Meta's: the names and limits are the same.
    shown = payloads.template(place.recipient, name, language or "en")
    check_marketing(place, checked_mapped(place, given, category), force=force)
    return outbox.put(place, {**shown, CHAKRA: given}, **rest)


def checked_mapped(place: Place, given: Mapping[str, Any], category: Category | None) -> Category:
    """See :func:`.known.checked`, of the arguments of Chakra's own endpoint."""
    language = {"code": given.get("language")}
    meant = {"name": given.get("template"), "language": language}
    return checked(place, meant, category, fits=False)


def check_marketing(place: Place, category: str, *, force: bool) -> None:
    """Refuse marketing to somebody who wants none, unless it was written down before.

    Raises:
        MarketingStopped: so it is.
    """
    if category != "marketing" or force or place.existing is not None:
        return
    contact = place.conversation.contact if place.conversation else _known(place)
    if contact is not None:
        refuse_marketing(contact)


def _known(place: Place) -> Contact | None:
    """Who is at a place without a conversation: another number of ours may have met them."""
    if place.contact is not None:
        return Contact.objects.get(pk=place.contact)
    named = {"account": place.account, **name_of(place.recipient)}
    known = ContactIdentity.objects.filter(**named).select_related("contact").first()
    return known.contact if known else None


def refuse_marketing(contact: Contact) -> None:
    """Refuse marketing to this contact, if they want none.

    Raises:
        MarketingStopped: so it is.
    """
    if contact.marketing_stopped_at is not None:
        raise MarketingStopped(
            f"This contact wants no marketing since {contact.marketing_stopped_at:%Y-%m-%d}"
        )


def apart(options: Filled) -> tuple[dict[str, Any], Options]:
    """What belongs to the template, and what to the message."""
    outbox.expect(options, Filled)
    known = Options.__optional_keys__
    filled: dict[str, Any] = {key: value for key, value in options.items() if key not in known}
    rest: Any = {key: value for key, value in options.items() if key in known}
    return filled, rest
