"""What the API says of our numbers when it is asked: which are ours, and how they stand.

No page documents these answers (docs/api.md): every key may be missing or of another form, and
then nothing is said. A team's token sees numbers of others too; those are never ours to keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import router

from .. import conf
from ..events import platform_id
from ..events.ids import only_digits
from ..events.storable import storable, storable_text
from ..events.words import word
from ..models import BusinessNumber
from ..models.contention import patiently
from ..models.standing import entities
from . import numbers
from .joining import Announcer
from .numbers import NumberFact, Word, display_key, waba_key
from .people import People

#: What of an answer is kept: nothing else is shown, and who knows what else may stand there.
KEPT = (
    "displayPhoneNumber",
    "verifiedName",
    "status",
    "chakraStatus",
    "qualityScore",
    "messagingLimitTier",
    "nameStatus",
    "healthStatus",
)


class OurNumber(NamedTuple):
    """A number of ours that the API can be asked about; "" for what nobody has said."""

    phone_number_id: str
    waba_id: str = ""
    display_number: str = ""


class Ours(NamedTuple):
    """The numbers of an account, and how many others its token sees."""

    numbers: list[OurNumber]
    others: int


def ours(alias: str, listed: Iterable[Any], rows: Iterable[BusinessNumber]) -> Ours:
    """Which of the listed numbers are the account's, and which it has beyond them.

    A number is ours when it is the account's PHONE_NUMBER_ID, when a message or an event named it,
    or when it is under a WABA of ours: WABA_ID, or one that events named. Not by its WABA alone
    when it is the PHONE_NUMBER_ID of another account.

    Args:
        listed: what ``phone_numbers.list()`` answered.
        rows: those of the account.
    """
    rows = list(rows)
    account = conf.account(alias)
    named = {row.phone_number_id for row in rows} | {str(account.phone_number_id or "")}
    keys = {row.key for row in rows} | {waba_key(str(account.waba_id or ""))}
    elsewhere = _numbers_of_others(alias)
    found: dict[str, OurNumber] = {}
    others = 0
    for number in filter(None, map(_listed, listed)):
        by_waba = number.waba_id and waba_key(number.waba_id) in keys
        dialled = only_digits(number.display_number)
        if (
            number.phone_number_id in named
            or (dialled and display_key(dialled) in keys)
            or (by_waba and number.phone_number_id not in elsewhere)
        ):
            found[number.phone_number_id] = number
        else:
            others += 1
    for phone_number_id in sorted(named - found.keys() - {""}):
        found[phone_number_id] = OurNumber(phone_number_id)
    for row in rows:
        if (known := found.get(row.phone_number_id)) is not None:
            found[row.phone_number_id] = known._replace(
                waba_id=known.waba_id or row.waba_id,
                display_number=known.display_number or row.display_number,
            )
    return Ours(list(found.values()), others)


def columns(answer: object) -> dict[str, str]:
    """What an answer about one number says of the columns of ``BusinessNumber``."""
    if not isinstance(answer, Mapping):
        return {}
    score = answer.get("qualityScore")
    said = {
        "quality": word(score.get("score") if isinstance(score, Mapping) else score),
        "messaging_limit": storable_text(answer.get("messagingLimitTier"), 64),
        "name": storable_text(answer.get("verifiedName"), 255),
        "name_status": word(answer.get("nameStatus")),
        "status": word(answer.get("status")),
    }
    return {name: value for name, value in said.items() if value}


def keep(alias: str, number: OurNumber, answer: object, *, at: datetime) -> None:
    """Keep what the API answered about a number of ours, through the words that events use.

    Opens a transaction, which is tried again when another one was in the way.

    Args:
        at: when it was asked, which counts as platform time: what an event said later stays.
    """
    patiently(lambda: _write(alias, number, answer, at), using=router.db_for_write(BusinessNumber))


def _write(alias: str, number: OurNumber, answer: object, at: datetime) -> None:
    """Words first and the number's id second: in that order every recorder locks its rows."""
    said = answer if isinstance(answer, Mapping) else {}
    kept: Any = storable({key: said[key] for key in KEPT if key in said})
    display = storable_text(said.get("displayPhoneNumber"), 64) or number.display_number
    about = [Word(number.phone_number_id, display, at, columns(answer), kept)]
    numbers.write(alias, [*about, *_of_waba(alias, number, answer, at)])
    # As when a message names it: what was known by its digits alone becomes its own.
    fact = NumberFact(number.phone_number_id, number.waba_id, display, None)
    People(alias, Announcer(at, "")).add_numbers([fact])


def _of_waba(alias: str, number: OurNumber, answer: object, at: datetime) -> Iterable[Word]:
    """What the answer says of the whole WABA, if that is one of ours."""
    own = waba_key(platform_id(conf.account(alias).waba_id))
    for entity in entities(answer):
        key = waba_key(platform_id(entity.id) or number.waba_id)
        if entity.type != "WABA" or not entity.can_send or key == "?":
            continue
        # A row for it makes its numbers ours: it is not the API that may say so.
        if key == own or BusinessNumber.objects.filter(account=alias, key=key).exists():
            copy: Any = storable({"healthStatus": {"entities": [entity.as_answered()]}})
            state = word(entity.can_send)
            yield Word(key, "", at, {"status": state}, copy, sends=state == "AVAILABLE")


def _listed(one: Any) -> OurNumber | None:
    """One entry of the list; None when it names no number."""
    if not isinstance(one, Mapping) or not (named := platform_id(one.get("id"))):
        return None
    waba = one.get("waba")
    waba = waba.get("id") if isinstance(waba, Mapping) else waba
    return OurNumber(named, platform_id(waba), storable_text(one.get("displayPhoneNumber"), 64))


def _numbers_of_others(alias: str) -> set[str]:
    """The senders that the settings give to other accounts."""
    others = {name: given for name, given in conf.raw_accounts().items() if name != alias}
    return {
        str(given.get("PHONE_NUMBER_ID") or "")
        for given in others.values()
        if isinstance(given, Mapping)
    }
