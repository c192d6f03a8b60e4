"""Campaigns: one template to many people, each at most once; paused and resumed by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Unpack

from django.db import router

from .. import conf
from ..client import payloads
from ..events.ids import platform_id
from ..exceptions import SendRefused, TemplateRefused
from ..models import BusinessNumber, Campaign, CampaignState, Message
from ..models.contention import patiently, repeated
from . import outbox
from .addressing import To, waba_of_number
from .known import Category, Known, look
from .letters import Refused, Writer
from .templates import Places

#: Recipients that are written down in one transaction.
CHUNK = 500


class Shared(Places, total=False):
    """What all of them have; a recipient's own counts more. ``extra``: further keys of the body."""

    extra: Mapping[str, Any]


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
    writer = Writer(
        campaign=_made(campaign, account),
        make=partial(payloads.template, name=name, language=language),
        known=known if conf.current().check_templates else None,
        common={**(shared.get("extra") or {}), **places},
        checks_marketing=category == "marketing" and not force,
        phone_number_id=phone_number_id,
        author=author,
    )
    return _write(writer, recipients, progress)


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


def _write(
    writer: Writer, recipients: Iterable[Any], progress: Callable[[int], object] | None
) -> Sent:
    """The whole list, a transaction for each chunk."""
    using = router.db_for_write(Message)
    done = written = known = 0
    refused: list[Refused] = []
    for rows in _chunks(recipients):
        found = patiently(partial(writer.write, rows, start=done), using=using)
        written, known = written + found.written, known + found.repeated
        refused += found.refused
        done += len(rows)
        if progress is not None:
            progress(done)
    writer.campaign.refresh_from_db()
    return Sent(writer.campaign, written, known, tuple(refused))


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
