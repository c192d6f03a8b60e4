"""Campaigns: one template to many people, each at most once; paused and resumed by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, Unpack

from django.db import router
from django.db.models import QuerySet

from .. import conf
from ..client import payloads
from ..events.ids import platform_id
from ..exceptions import ChakraError, ConfigurationError, SendRefused, TemplateRefused
from ..models import BusinessNumber, Campaign, CampaignState, Message, MessageStatus
from ..models.clock import Clock
from ..models.contention import patiently, repeated
from ..models.fields import DatabaseNow
from ..models.statements import upsert
from . import outbox
from .addressing import Place, To, waba_of_number
from .known import Category, Known, look, waba_of_place
from .lookup import Directory
from .templates import Places, refuse_marketing

#: Recipients that are written down in one transaction.
CHUNK = 500


class Shared(Places, total=False):
    """What all of them have; a recipient's own counts more. ``extra``: further keys of the body."""

    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """A recipient that nothing was written down for."""

    #: In the list, from 0.
    index: int
    #: Why; it does not name the recipient.
    error: ChakraError


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a list."""

    campaign: Campaign
    #: New messages, which wait to be sent.
    written: int
    #: Recipients who have a message of this campaign already.
    repeated: int
    refused: tuple[Refused, ...]


def template_many(
    recipients: Iterable[To | Mapping[str, Any]],
    *,
    name: str,
    language: str,
    campaign: Campaign | str,
    account: str = "default",
    category: Category | None = None,
    force: bool = False,
    progress: Callable[[int], object] | None = None,
    phone_number_id: str = "",
    author: Any = None,
    **shared: Unpack[Shared],
) -> Sent:
    """Write down an approved template for each of these recipients, 500 in a transaction.

    Nothing is sent yet, with the inline runner neither: it might take hours. The messages wait for
    ``chakra_send`` or for the worker; of a campaign that is paused they wait for :func:`resume`.

    To call it again for the same campaign goes on where it stopped, and nobody gets it twice:
    whoever has a message of the campaign is passed over. A transaction of the caller's holds the
    campaign until it ends, also against :func:`pause`.

    Args:
        recipients: read as far as they are written down. Each is a ``to``, or a dict with ``to``
            and what goes into the template's places for that one (``body``, ``header_image``, …:
            see :func:`.payloads.template`); its ``idempotency_key`` takes the place of the rule
            that nobody gets it twice.
        campaign: a name, with which a new one is made; or the row.
        account: alias.
        category: as it was approved; what is not marketing goes to everybody. By default what the
            platform said of it, else "marketing".
        force: send marketing to those who want none.
        progress: called after each transaction with the number of recipients so far.
        phone_number_id: Meta's id of the number to send from.
        author: the member of staff who sends it, a user.
        shared: places that are filled alike for all, and ``extra``.

    Returns:
        How many were written, and who was refused for which reason; that never ends the list.

    Raises:
        ValidationFailed: the template's name or language.
        TemplateRefused: the platform has it not, or not in this language, or does not send it now.
        SendRefused: the campaign is of another account, or its name can't be one.
        ConfigurationError, UnknownAccount: no number to send from is known, or no such account.
    """
    outbox.expect(shared, Shared)
    sample = payloads.template("919900000000", name, language)
    Message(author=author)  # raises for one that is no user
    waba = waba_of_number(account, phone_number_id)
    known = look(account, name, waba=waba)
    if conf.current().check_templates:
        _check_for_all(known, sample["template"], account)
    category = category or known.category(language, waba=waba)
    places = {place: value for place, value in shared.items() if place != "extra"}
    writer = _Writer(
        campaign=_made(campaign, account),
        make=partial(payloads.template, name=name, language=language),
        known=known if conf.current().check_templates else None,
        common={**(shared.get("extra") or {}), **places},
        checks_marketing=category == "marketing" and not force,
        phone_number_id=phone_number_id,
        author=author,
    )
    using = router.db_for_write(Message)
    done = written = repeated = 0
    refused: list[Refused] = []
    for rows in _chunks(recipients):
        found = patiently(partial(writer.write, rows, start=done), using=using)
        written, repeated = written + found.written, repeated + found.repeated
        refused += found.refused
        done += len(rows)
        if progress is not None:
            progress(done)
    writer.campaign.refresh_from_db()
    return Sent(writer.campaign, written, repeated, tuple(refused))


def pause(campaign: Campaign | str, *, account: str = "default") -> int:
    """Let nothing more of a campaign leave; return how many messages wait by that.

    One that is on its way goes on. What is written for it later waits too.

    Args:
        campaign: the row, or its name in ``account``.

    Raises:
        Campaign.DoesNotExist: there is none of that name.
    """
    row = _named(campaign, account)
    return patiently(partial(row.hold, CampaignState.PAUSED), using=router.db_for_write(Message))


def resume(campaign: Campaign | str, *, account: str = "default") -> int:
    """Let the messages of a paused or stopped campaign leave; return how many wait to be sent.

    What failed is not sent again. ``SEND_WITHIN`` counts anew from now.

    Raises:
        Campaign.DoesNotExist: there is none of that name.
    """
    row = _named(campaign, account)
    return patiently(row.release, using=router.db_for_write(Message))


@dataclass(frozen=True, slots=True)
class _Letter:
    """One message that may be written down."""

    index: int
    place: Place
    body: dict[str, Any]
    key: str
    #: Whether the key was given, and decides alone.
    is_keyed: bool


class _Counted(NamedTuple):
    written: int
    repeated: int
    refused: list[Refused]


@dataclass(slots=True)
class _Writer:
    """Writes down one list, chunk by chunk."""

    campaign: Campaign
    make: Callable[..., dict[str, Any]]
    #: What each body is compared with; None: with nothing.
    known: Known | None
    common: Mapping[str, Any]
    checks_marketing: bool
    phone_number_id: str
    author: Any

    def write(self, rows: Sequence[Any], *, start: int) -> _Counted:
        """One chunk: a number of statements that does not grow with it."""
        # Locked: who pauses it meanwhile waits, and then finds these messages.
        rows_of_campaign = Campaign.objects.select_for_update().annotate(now=DatabaseNow())
        campaign = rows_of_campaign.get(pk=self.campaign.pk)
        directory = Directory(campaign.account, Clock(campaign.now), self.phone_number_id)
        directory.meet(row.get("to") if isinstance(row, Mapping) else row for row in rows)
        refused: list[Refused] = []
        letters: list[_Letter] = []
        for index, row in enumerate(rows, start):
            with _collected(index, refused):
                letters.append(self._letter(directory, index, row))
        new = list(self._new(letters))
        wanted: list[_Letter] = []
        for letter in new:
            with _collected(letter.index, refused):
                if self.checks_marketing and (contact := directory.contact(letter.place)):
                    refuse_marketing(contact)
                wanted.append(letter)
        directory.open(letter.place for letter in wanted)
        self._insert(campaign, wanted)
        refused.sort(key=lambda one: one.index)
        return _Counted(len(wanted), len(letters) - len(new), refused)

    def _letter(self, directory: Directory, index: int, row: Any) -> _Letter:
        """A row of the list, checked."""
        own = dict(row) if isinstance(row, Mapping) else {"to": row}
        to, given = own.pop("to", None), own.pop("idempotency_key", None)
        if strangers := sorted(map(str, own.keys() - Places.__optional_keys__)):
            raise SendRefused(f"A recipient has no {strangers[0][:50]!r}")
        if given is not None:
            outbox.check_key(given)
        place = directory.place(to)
        kind = {"recipient_type": "group"} if place.is_group else {}
        body = self.make(place.recipient, **{**self.common, **kind, **own})
        if self.known is not None:
            self.known.check(body["template"], waba=waba_of_place(place))
        # In the statement for all it would end them all.
        outbox.check_storable(body)
        key = given or f"campaign:{self.campaign.pk}:{place.key}"
        return _Letter(index, place, body, key, given is not None)

    def _new(self, letters: Sequence[_Letter]) -> Iterator[_Letter]:
        """Those that nobody has yet."""
        keys = sorted({letter.key for letter in letters})
        contacts = sorted({one.place.contact for one in letters if one.place.contact is not None})
        account = Message.objects.filter(account=self.campaign.account)
        taken = account.filter(idempotency_key__in=keys).values_list("idempotency_key", flat=True)
        # By the person too: one of several names, another number of ours, contacts joined since.
        theirs: QuerySet[Any] = Message.objects.filter(
            campaign=self.campaign, conversation__contact__in=contacts
        )
        known = set(taken)
        have = set(theirs.values_list("conversation__contact", flat=True))
        for letter in letters:
            contact = letter.place.contact
            is_repeated = letter.key in known or (not letter.is_keyed and contact in have)
            known.add(letter.key)
            have |= {contact} - {None}
            if not is_repeated:
                yield letter

    def _insert(self, campaign: Campaign, letters: Iterable[_Letter]) -> None:
        """All in one statement."""
        is_running = campaign.state == CampaignState.RUNNING
        messages = []
        for letter in sorted(letters, key=lambda letter: letter.key):
            place = letter.place
            message = outbox.row_of(place, letter.body, place.open(), author=self.author)
            message.idempotency_key = letter.key
            message.campaign = campaign
            message.status = MessageStatus.QUEUED if is_running else MessageStatus.PAUSED
            messages.append(message)
        if messages:
            upsert(messages, by=["account", "idempotency_key"])


def _check_for_all(known: Known, template: Mapping[str, Any], account: str) -> None:
    """Refuse a template that nobody can be sent.

    Where the account has numbers of other WABAs too, it may be theirs: each recipient is judged.

    Raises:
        TemplateRefused: the platform has it not, or does not send it now.
    """
    try:
        known.check(template, waba=known.waba, fits=False)
    except TemplateRefused:
        numbers = BusinessNumber.objects.filter(account=account)
        if not numbers.exclude(waba_id__in=["", known.waba]).exists():
            raise


@contextmanager
def _collected(index: int, refused: list[Refused]) -> Iterator[None]:
    """Keep what speaks against one recipient; settings that are wrong concern all of them."""
    try:
        yield
    except ConfigurationError:
        raise
    except ChakraError as error:
        # Without the frames, which hold the recipient.
        error.__context__ = None
        refused.append(Refused(index, error.with_traceback(None)))


def _chunks(recipients: Iterable[Any]) -> Iterator[list[Any]]:
    rows = iter(recipients)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _made(campaign: Campaign | str, account: str) -> Campaign:
    """The campaign, new if nobody has the name."""
    conf.account(account)
    if isinstance(campaign, Campaign):
        if campaign.account != account:
            raise SendRefused(f"This campaign is of account {campaign.account!r}")
        return campaign
    if not campaign or platform_id(campaign) != campaign:
        raise SendRefused("The name of a campaign has 1 to 255 characters, without NUL")
    return repeated(
        lambda: Campaign.objects.get_or_create(account=account, name=campaign)[0],
        using=router.db_for_write(Campaign),
    )


def _named(campaign: Campaign | str, account: str) -> Campaign:
    if isinstance(campaign, Campaign):
        return campaign
    return Campaign.objects.get(account=account, name=campaign)
