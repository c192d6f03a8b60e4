"""Ask the platform what became of a message whose end is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from django.db import router, transaction
from django.utils.translation import gettext as _

from .. import announce, conf, connect, record, schedule
from ..exceptions import NumberNeeded, SendRefused
from ..models import IdentityKind, Message, MessageRole, MessageStatus, Resolution
from ..models.claims import worker_name
from ..models.clock import clock
from ..record import Gathered, Listed
from ..record.sent import recipient_of

#: Entries of the platform's list that are looked at, and of one page of it.
MOST, PAGE = 200, 50


class Finding(StrEnum):
    """What a check came to."""

    #: It had its name before: nothing was asked.
    KNOWN = "known"
    #: It is the only one that fits.
    FOUND = "found"
    #: Nothing in the list is like it.
    NOTHING = "nothing"
    #: Several would fit, or one would fit several of ours.
    SEVERAL = "several"
    #: One would fit that WhatsApp has not named.
    UNNAMED = "unnamed"
    #: The list does not go back to it.
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Checked:
    """What the platform's list says of a message."""

    #: As it stands now.
    message: Message
    finding: Finding
    #: Entries of the list that were looked at.
    looked_at: int = 0

    @property
    def words(self) -> str:
        """The same as a sentence, in the language that is active."""
        status = self.message.get_status_display()
        sentences = {
            Finding.KNOWN: _("The platform named it before: it is %(status)s."),
            Finding.FOUND: _("The platform has it: it is %(status)s."),
            Finding.NOTHING: _("The platform shows nothing like it (%(count)s messages seen)."),
            Finding.SEVERAL: _("Several messages of the platform's would fit: it stays unknown."),
            Finding.UNNAMED: _("The platform has one like it that WhatsApp has not named."),
            Finding.UNSEEN: _("The platform's list does not go back to it: nothing can be said."),
        }
        return sentences[self.finding] % {"status": status, "count": self.looked_at}


def check(message: Message) -> Checked:
    """Look for a message whose end is unknown in the platform's list of messages with its customer.

    Where exactly one entry fits (one of ours, of that time, with the same text, and no other row of
    ours), that is it: it gets the name, and the entry's status counts as heard. Others to the same
    customer are found along the way. Nothing is sent.

    The list is documented as under development, and its shape is inferred. At most its 200 first
    entries are looked at.

    Raises:
        SendRefused: its end is not unknown, or it is a read receipt.
        NumberNeeded: the list is asked for by phone number, and none is known.
        ApiError: the platform could not be asked; nothing has changed.

    https://apidocs.chakrahq.com/api-22749108
    """
    known = Message.objects.select_related("conversation").get(pk=message.pk)
    if known.external_id is not None:
        return Checked(known, Finding.KNOWN)
    if known.role == MessageRole.RECEIPT:
        raise SendRefused("The platform lists no read receipts")
    if known.status != MessageStatus.UNKNOWN:
        raise SendRefused(f"It is {known.get_status_display()}: the platform can't know it")
    number = _number(known)
    seen = _ask(known, number)
    _settle(known, seen.listed)
    known.refresh_from_db()
    return Checked(known, _finding(known, seen), seen.looked_at)


def _number(message: Message) -> str:
    """By which the list is asked for: the one written to, else one of the contact's."""
    contact = message.conversation.contact
    if contact is not None:
        if recipient_of(message).isdigit():
            return recipient_of(message)
        phones = contact.identities.filter(kind=IdentityKind.PHONE).order_by("-pk")
        if (phone := phones.first()) is not None:
            return str(phone.value)
    raise NumberNeeded("The platform lists messages by phone number, and none is known here")


def _ask(message: Message, number: str) -> Gathered:
    """Our messages to this number in the platform's list."""
    chats = connect.chakra(message.account).chats
    entries = chats.previous_messages_all(phone_number=number, limit=PAGE)
    return record.gather(message, entries, contact=number, most=MOST)


def _settle(message: Message, listed: Iterable[Listed]) -> None:
    """Write down what was found, and have it told: here, or by the worker."""
    by = worker_name() if conf.current().runner == "inline" else ""
    named = [one for one in listed if one.external_id]
    using = router.db_for_write(Message)
    touched = record.check(message, named, now=clock(using).now(), leased_by=by)
    if touched and by:
        transaction.on_commit(partial(_tell, touched, by), using=using)


def _tell(conversations: set[int], by: str) -> None:
    with schedule.held():
        announce.conversations(conversations, by)


def _finding(message: Message, seen: Gathered) -> Finding:
    if message.external_id is not None:
        return Finding.FOUND
    if message.resolution == Resolution.AMBIGUOUS:
        return Finding.SEVERAL
    if any(one.fits(message) for one in seen.listed if not one.external_id):
        return Finding.UNNAMED
    return Finding.NOTHING if seen.is_whole else Finding.UNSEEN
