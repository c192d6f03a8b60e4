"""The messages of one list: checked one by one, written down together, nobody's twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import QuerySet

from ..exceptions import ChakraError, ConfigurationError, SendRefused
from ..models import Campaign, CampaignState, Message, MessageStatus
from ..models.clock import Clock
from ..models.fields import DatabaseNow
from ..models.statements import upsert
from . import outbox
from .addressing import Place
from .known import Known, waba_of_place
from .lookup import Directory
from .templates import Places, refuse_marketing


@dataclass(frozen=True, slots=True)
class Refused:
    """A recipient that nothing was written down for."""

    #: In the list, from 0.
    index: int
    #: Why; it does not name the recipient.
    error: ChakraError


@dataclass(frozen=True, slots=True)
class Letter:
    """One message that may be written down."""

    index: int
    place: Place
    body: dict[str, Any]
    key: str
    #: Whether the key was given, and decides alone.
    is_keyed: bool


class Counted(NamedTuple):
    """What became of one chunk."""

    written: int
    repeated: int
    refused: list[Refused]


@dataclass(slots=True)
class Writer:
    """Writes down one list, chunk by chunk."""

    campaign: Campaign
    make: Callable[..., dict[str, Any]]
    #: What each body is compared with; None: with nothing.
    known: Known | None
    common: Mapping[str, Any]
    checks_marketing: bool
    phone_number_id: str
    author: Any

    def write(self, rows: Sequence[Any], *, start: int) -> Counted:
        """One chunk: a number of statements that does not grow with it."""
        # Locked: who pauses it meanwhile waits, and then finds these messages.
        rows_of_campaign = Campaign.objects.select_for_update().annotate(now=DatabaseNow())
        campaign = rows_of_campaign.get(pk=self.campaign.pk)
        directory = Directory(campaign.account, Clock(campaign.now), self.phone_number_id)
        directory.meet(row.get("to") if isinstance(row, Mapping) else row for row in rows)
        refused: list[Refused] = []
        letters: list[Letter] = []
        for index, row in enumerate(rows, start):
            with _collected(index, refused):
                letters.append(self._letter(directory, index, row))
        new = list(self._new(letters))
        wanted: list[Letter] = []
        for letter in new:
            with _collected(letter.index, refused):
                if self.checks_marketing and (contact := directory.contact(letter.place)):
                    refuse_marketing(contact)
                wanted.append(letter)
        directory.open(letter.place for letter in wanted)
        self._insert(campaign, wanted)
        refused.sort(key=lambda one: one.index)
        return Counted(len(wanted), len(letters) - len(new), refused)

    def _letter(self, directory: Directory, index: int, row: Any) -> Letter:
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
        return Letter(index, place, body, key, given is not None)

    def _new(self, letters: Sequence[Letter]) -> Iterator[Letter]:
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

    def _insert(self, campaign: Campaign, letters: Iterable[Letter]) -> None:
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
