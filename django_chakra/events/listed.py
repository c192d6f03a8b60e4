"""Messages as the platform lists them, read into what a webhook would have told. Pure.

Of the entries nothing is documented. They are taken to be what sending a template answers (the
official SDK names its fields), so all here is inferred: what is missing or of another form is
passed over, and what can't be a message is Unreadable.

https://apidocs.chakrahq.com/api-23827415 and api-22749108 ("under development")
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .base import Identity, Json, Source, Unreadable, mapping
from .causes import cause_of
from .clock import platform_time
from .contacts import identities
from .content import BUBBLE, KINDS, LISTED
from .echoes import MessageEchoed
from .facts import number_id
from .ids import is_wamid, phone_digits, platform_id
from .media import KINDS as FILES
from .messages import MessageEvent, MessageReceived, described
from .statuses import DeliveryStatusReported
from .storable import storable, storable_text

#: Words of a message's status that a webhook brings too, and that change what a message shows.
STATUSES = frozenset({"sent", "delivered", "read", "played", "failed"})

#: Keys of a message beside its content: no type may be called so.
_TAKEN = frozenset({"from", "from_user_id", "to", "id", "timestamp", "type", "context", LISTED})

#: No phone number has more digits (E.164); ids of groups may be digits too.
MAX_PHONE = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMessage:
    """One entry of a list.

    ``external_id`` is "" until WhatsApp has named the message. ``at`` is when it was written and
    ``changed_at`` when the entry last changed (None: never since), both to the second, as webhooks
    have times. ``contact`` is whom it was written to or by: digits, a user id or a group's id.
    ``kind`` is the platform's word ("text" where it may be anything), ``text`` what a person reads,
    ``status`` a word in lower case, ``phone_number_id`` our number's id; all may be "". ``item``
    is the message in Meta's form, with the entry under "listed", storable.
    """

    external_id: str
    chakra_id: str
    at: datetime
    changed_at: datetime | None
    is_ours: bool
    contact: str
    kind: str
    text: str
    status: str
    phone_number_id: str
    display_number: str
    entry: Json
    item: dict[str, Json]

    def message(self, *, waba_id: str, phone_number_id: str = "") -> MessageEvent:
        """The message, as if it had been posted.

        Args:
            waba_id: whose list it is; ``phone_number_id`` of our number, where the entry names
                none and it is known all the same.

        Raises:
            Unreadable: WhatsApp has not named it, it does not say with whom, or has no content.
        """
        if not self.external_id:
            raise Unreadable("WhatsApp has not named it")
        known, group_id = self._who()
        if not known and not (group_id and self.is_ours):
            raise Unreadable("it does not say whom it is from or to")
        source = self._source(waba_id, phone_number_id)
        said = described(source, self.item, known) | {
            "chakra_id": self.chakra_id,
            "group_id": group_id,
            "is_ours": self.is_ours,
            "raw": self.entry,
        }
        if said["role"] == BUBBLE and not said["text"]:
            said["text"] = self.text
        if self.is_ours:
            return MessageEchoed(**said, kind="message_echo.inbox", origin="inbox")
        word = self.kind if self.kind in KINDS else "other"
        return MessageReceived(**said, kind=f"message.{word}")

    def delivery_status(self, *, waba_id: str) -> DeliveryStatusReported | None:
        """What became of it, as if it had been posted; None where there is nothing to say.

        Its time is that of the entry's last change: at the latest then it was so.
        """
        if not (self.is_ours and self.external_id and self.status):
            return None
        code, title, details = cause_of(mapping(self.entry))
        source = self._source(waba_id, "")
        return DeliveryStatusReported(
            kind=f"status.{self.status if self.status in STATUSES else 'other'}",
            format="",
            waba_id=source.waba_id,
            phone_number_id=source.phone_number_id,
            display_number=source.display_number,
            occurred_at=self.changed_at,
            raw=self.entry,
            external_id=self.external_id,
            chakra_id=self.chakra_id,
            type="message",
            status=self.status,
            recipient=self.contact,
            participant="",
            error_code=code,
            error_title=title,
            error_details=details,
            pricing_category="",
            billable=None,
            callback_data="",
            item={LISTED: self.entry},
        )

    def _who(self) -> tuple[list[Identity], str]:
        """The customer; or the group, whose id is neither a phone number nor a user id."""
        if self.contact.isdigit() and len(self.contact) > MAX_PHONE:
            return [], self.contact
        known = identities(self.contact)
        return known, "" if known else self.contact

    def _source(self, waba_id: str, phone_number_id: str) -> Source:
        return Source(
            format="",
            name=LISTED,
            waba_id=waba_id,
            phone_number_id=self.phone_number_id or phone_number_id,
            display_number=self.display_number,
        )


def read_listed(value: Json, *, contact: str = "") -> ListedMessage:
    """Read an entry of a list of messages.

    Args:
        contact: whom the list is with, where the entry does not say.

    Raises:
        Unreadable: it is no object, or does not say when and who wrote; in words.
    """
    if not isinstance(value, dict):
        raise Unreadable("an entry is no object")
    at = _second(value.get("timestamp")) or _second(value.get("createdAt"))
    if at is None:
        raise Unreadable("it has no time")
    is_ours = _is_ours(value)
    context = mapping(value.get("context"))
    named = context.get("contactIdentifier")
    who = phone_digits(named) or platform_id(named) or contact
    external_id, chakra_id = _ids(value)
    kind = _kind(value)
    changed_at = _second(value.get("updatedAt"))
    display = context.get("displayPhoneNumber") or value.get("displayPhoneNumber")
    entry = storable(value)
    return ListedMessage(
        external_id=external_id,
        chakra_id=chakra_id,
        at=at,
        changed_at=changed_at if changed_at is not None and changed_at > at else None,
        is_ours=is_ours,
        contact=who,
        kind=kind,
        text=storable_text(value.get("text")),
        status=storable_text(value.get("deliveryStatus"), 64).strip().lower(),
        phone_number_id=number_id(context) or number_id(value),
        display_number=storable_text(display, 64),
        entry=entry,
        item=_item(mapping(entry), external_id, at, kind, who, is_ours=is_ours),
    )


def _is_ours(value: Mapping[str, Json]) -> bool:
    word = storable_text(value.get("direction"), 32).strip().upper()
    if word not in ("INBOUND", "OUTBOUND"):
        raise Unreadable("its direction is neither INBOUND nor OUTBOUND")
    return word == "OUTBOUND"


def _ids(value: Mapping[str, Json]) -> tuple[str, str]:
    """WhatsApp's id and Chakra's; a wamid is WhatsApp's, whatever its key."""
    external_id, own = platform_id(value.get("externalId")), platform_id(value.get("id"))
    if is_wamid(value.get("id")):
        return external_id or own, ""
    return external_id, own


def _kind(value: Mapping[str, Json]) -> str:
    """The word for what it is; what can't be shown as that is one of which nothing can be said."""
    word = storable_text(value.get("dataType"), 64).strip().lower()
    if word in ("", "text"):
        return "text" if _words(value) is not None else "unknown"
    return "unknown" if word in _TAKEN else word


def _words(value: Mapping[str, Json]) -> str | None:
    """The words of a text: under ``body``, else as the list shows them."""
    body = value.get("body")
    for words in (mapping(body).get("body"), body, value.get("text")):
        if isinstance(words, str) and words:
            return words
    return None


def _item(
    entry: dict[str, Json],
    external_id: str,
    at: datetime,
    kind: str,
    contact: str,
    *,
    is_ours: bool,
) -> dict[str, Json]:
    """The message in Meta's form, as far as the entry has it."""
    end = "to" if is_ours else "from"
    is_phone = contact.isdigit() and len(contact) <= MAX_PHONE
    item: dict[str, Any] = {
        end if is_phone or is_ours else f"{end}_user_id": contact,
        "id": external_id,
        "timestamp": str(int(at.timestamp())),
        "type": kind,
    }
    body = entry.get("body")
    if kind == "text":
        item["text"] = {"body": _words(entry)}
    elif kind != "unknown":
        item[kind] = _with_file(entry, kind, body if body is not None else {})
    if reply_to := _replied_to(entry.get("inReplyTo")):
        item["context"] = {"id": reply_to}
    # Beside what was moved into Meta's form.
    item[LISTED] = {key: part for key, part in entry.items() if key != "body" or kind == "unknown"}
    return item


def _with_file(entry: Mapping[str, Json], kind: str, body: Json) -> Json:
    """The body of media with the id of its file; where it has none, an attachment may name it.

    Nobody has seen attachments: Meta's ids are digits, and others are taken to be Chakra's own.
    URLs are left where they are: they may lead anywhere.
    """
    if kind not in FILES or not isinstance(body, dict) or platform_id(body.get("id")):
        return body
    given = entry.get("attachments")
    for one in map(mapping, given if isinstance(given, list) else [given]):
        for id in (platform_id(one.get(name)) for name in ("mediaId", "media_id", "id")):
            if id.isascii() and id.isdigit():
                return {**body, "id": id}
    return body


def _replied_to(value: Json) -> str:
    """The wamid of the quoted message; Chakra's own id of it would lead nowhere."""
    named = mapping(value)
    found = (value, named.get("externalId"), named.get("id"))
    return next((platform_id(one) for one in found if is_wamid(one)), "")


def _second(value: Json) -> datetime | None:
    """The time as webhooks have it: they count whole seconds."""
    at = platform_time(value)
    return None if at is None else at.replace(microsecond=0)
