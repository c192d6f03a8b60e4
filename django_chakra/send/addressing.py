"""From ``to=`` to a conversation and the name by which the platform knows who is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import router
from django.db.models import F, QuerySet, Subquery

from .. import conf, record
from ..client.payloads import phone
from ..client.payloads.recipients import is_bsuid
from ..events import Identity
from ..events.ids import matched
from ..exceptions import ConfigurationError, NumberNeeded, SendRefused
from ..models import Contact, ContactIdentity, Conversation, IdentityKind, Message
from ..models.clock import Clock, clock
from ..models.contention import patiently
from ..models.fields import DatabaseNow
from ..record.numbers import NumberFact, waba_key

#: A phone number in any spelling, a BSUID, or a row.
To: TypeAlias = "str | Contact | Conversation | Message"

#: Which of a contact's names is written to, the best one first.
PREFERRED = [str(IdentityKind.PHONE), str(IdentityKind.USER_ID), str(IdentityKind.PARENT_USER_ID)]


@dataclass(slots=True)
class Place:
    """Where a message goes, as far as it is there."""

    account: str
    #: Meta's id of the number that it leaves from.
    phone_number_id: str
    #: With its number and contact; None: to be made.
    conversation: Conversation | None
    #: None: a group's, or to be made.
    contact: int | None
    #: Digits, a BSUID, or a group's id.
    recipient: str
    #: By it the message is written down: hosts' clocks may differ.
    clock: Clock
    is_group: bool = False
    #: The message that has the idempotency key already.
    existing: int | None = None

    @property
    def is_phone(self) -> bool:
        """Whether the recipient is a phone number."""
        return not self.is_group and not is_bsuid(self.recipient)

    @property
    def key(self) -> str:
        """The recipient in the one spelling by which two are compared."""
        return self.recipient if self.is_group else matched(identity_of(self.recipient)).value

    def need_phone(self) -> str:
        """The recipient's phone number.

        Raises:
            NumberNeeded: none is known.
        """
        if not self.is_phone:
            raise NumberNeeded("No phone number of this contact is known, and this way needs one")
        return self.recipient

    def open(self) -> Conversation:
        """The conversation, made if there is none, with its contact. Only inserts."""
        if self.conversation is None:
            using = router.db_for_write(Conversation)
            self.conversation = patiently(self._made, using=using)
            self.contact = self.conversation.contact_id
        return self.conversation

    def _made(self) -> Conversation:
        contact = self.contact
        if contact is None:
            identity = identity_of(self.recipient)
            made = record.contacts_of(self.account, [identity], now=self.clock.now())
            contact = made[identity]
        pk = record.conversations_with(self.account, [contact], number_fact(self))[contact]
        return Conversation.objects.select_related("number", "contact").get(pk=pk)


def find(
    to: To, *, account: str | None = None, phone_number_id: str = "", key: str | None = None
) -> Place:
    """Where a message to this recipient goes. One query for a conversation that is there.

    Args:
        account: for a number or BSUID; a row has its own.
        phone_number_id: to send from, instead of the conversation's or the account's.
        key: an idempotency key, to be looked up along the way.

    Raises:
        ConfigurationError: no number to send from is known.
        SendRefused: the row is of another account, or nobody is known to write to.
        ValidationFailed: a number that is none.
        UnknownAccount: there is no such account.
    """
    alias = account_of(to, account)
    own = phone_number_id or str(conf.account(alias).phone_number_id or "")
    if isinstance(to, Message):
        to = to.conversation
    if isinstance(to, Conversation):
        rows: QuerySet[Conversation] = Conversation.objects.filter(pk=to.pk)
    else:
        keys = [own] if phone_number_id else number_keys(alias, own)
        rows = _with(to).filter(account=alias, number__key__in=keys)
    found = list(_described(rows, alias, key))
    if not found:
        return _unopened(to, alias, own, key)
    best = min(found, key=lambda row: _rank(row, to, own))
    check_number(best, phone_number_id)
    place = Place(
        account=alias,
        phone_number_id=phone_number_id or best.number.phone_number_id or own,
        conversation=best,
        contact=best.contact_id,
        recipient=best.group_id or best.identity_value or "",
        clock=Clock(best.now),
        is_group=best.group_id is not None,
        existing=getattr(best, "existing", None),
    )
    return checked(place)


def check_number(conversation: Conversation, asked: str) -> None:
    """Refuse another number ("" asks for none) than the one that the conversation is with.

    Raises:
        SendRefused: so it is.
    """
    if asked and conversation.number.phone_number_id not in ("", asked):
        raise SendRefused("This conversation is of another number")


def number_fact(place: Place) -> NumberFact:
    """The number that a message leaves from, as far as we know it."""
    waba_id = waba_of_number(place.account, place.phone_number_id)
    return NumberFact(place.phone_number_id, waba_id, "", None)


def account_of(to: To, account: str | None) -> str:
    """The alias of a row's account, or the one that is named.

    Raises:
        SendRefused: the row is of another one.
    """
    if isinstance(to, str):
        return account or "default"
    if account not in (None, to.account):
        raise SendRefused(f"This {to._meta.verbose_name} is of account {to.account!r}")
    return str(to.account)


def _with(to: str | Contact) -> QuerySet[Conversation]:
    """All conversations with this person."""
    if isinstance(to, Contact):
        return Conversation.objects.filter(contact=to.merged_into_id or to.pk)
    named = {f"contact__identities__{column}": value for column, value in name_of(to).items()}
    return Conversation.objects.filter(**named)


def name_of(to: str) -> dict[str, str]:
    """Columns of the ``ContactIdentity`` of a number in any spelling, or of a BSUID."""
    key = matched(identity_of(to))
    return {"kind": key.kind, "match_key": key.value}


def _described(rows: QuerySet[Conversation], account: str, key: str | None) -> QuerySet[Any]:
    """Each conversation once per name of its contact."""
    rows = rows.select_related("number", "contact").annotate(
        identity_pk=F("contact__identities__pk"),
        identity_kind=F("contact__identities__kind"),
        identity_value=F("contact__identities__value"),
        now=DatabaseNow(),
    )
    if key is None:
        return rows
    known = Message.objects.filter(account=account, idempotency_key=key)
    return rows.annotate(existing=Subquery(known.values("pk")[:1]))


def _rank(row: Any, to: Any, own: str) -> tuple[Any, ...]:
    """The number that was asked for, then the name that was asked for, then the best name."""
    kinds = {kind: place for place, kind in enumerate(PREFERRED)}
    asked = isinstance(to, str) and row.identity_value == identity_of(to).value
    return (
        row.number.key != own,
        not asked,
        kinds.get(row.identity_kind, len(kinds)),
        -(row.identity_pk or 0),
    )


def _unopened(to: str | Contact | Conversation, account: str, own: str, key: str | None) -> Place:
    """A place for somebody whom this number has never met."""
    if isinstance(to, Conversation):
        raise SendRefused("This conversation is not there any more")
    contact = None
    if isinstance(to, Contact):
        contact = to.merged_into_id or to.pk
        names = list(ContactIdentity.objects.filter(contact=contact).order_by("-pk"))
        names.sort(key=lambda name: PREFERRED.index(name.kind))
        recipient = names[0].value if names else ""
    else:
        recipient = identity_of(to).value
    existing = None
    if key is not None:
        existing = Message.objects.filter(account=account, idempotency_key=key).first()
    place = Place(account, own, None, contact, recipient, clock(router.db_for_read(Message)))
    place.existing = existing.pk if existing else None
    return checked(place)


def checked(place: Place) -> Place:
    """The place, where it names whom and from where.

    Raises:
        SendRefused: nobody is known to write to.
        ConfigurationError: no number to send from is known.
    """
    if not place.recipient:
        raise SendRefused("Of this contact the platform has named neither a number nor an id")
    if not place.phone_number_id:
        raise ConfigurationError(
            f"CHAKRA['ACCOUNTS'][{place.account!r}]['PHONE_NUMBER_ID'] is not set, and the "
            "platform has not named the number of this conversation"
        )
    return place


def identity_of(to: str) -> Identity:
    """What the platform calls somebody: a phone number of any spelling, or a BSUID.

    Raises:
        ValidationFailed: a number that is none.
    """
    if is_bsuid(to):
        return Identity(str(IdentityKind.USER_ID), to)
    return Identity(str(IdentityKind.PHONE), phone(to))


def number_keys(account: str, own: str) -> list[str]:
    """Keys of the number, and of the WABA: until the platform names the number it stands there."""
    waba_id = waba_of(account)
    return [own, waba_key(waba_id)] if waba_id else [own]


def waba_of(account: str) -> str:
    return str(conf.account(account).waba_id or "")


def waba_of_number(account: str, phone_number_id: str) -> str:
    """The WABA of the account's own number; "" for another one."""
    own = str(conf.account(account).phone_number_id or "")
    return waba_of(account) if phone_number_id in ("", own) else ""
