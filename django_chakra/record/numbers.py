"""Our own numbers: how a fact names one, and what the platform says about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ..events.ids import only_digits
from ..models import BusinessNumber
from ..models.statements import upsert

#: Columns that events about a number fill; of two words about one, the later counts.
TOLD = ("quality", "messaging_limit", "name", "name_status", "username", "status", "restrictions")


class NumberFact(NamedTuple):
    """What a fact says of our number."""

    phone_number_id: str
    waba_id: str
    display_number: str
    seen_at: datetime | None

    @property
    def key(self) -> str:
        """The number's key: its id, else the WABA's, else ``?``."""
        return self.phone_number_id or waba_key(self.waba_id)

    @property
    def is_named(self) -> bool:
        """Whether the fact names the number itself, and not merely its WABA."""
        return bool(self.phone_number_id)


class Word(NamedTuple):
    """What is said about columns of a number, by key or by the digits that people dial."""

    key: str
    display_number: str
    at: datetime
    columns: dict[str, Any]
    #: A storable copy of what the API answered, where it was asked; events leave it None.
    answer: dict[str, Any] | None = None
    #: The platform says that this WABA may send.
    sends: bool = False


def waba_key(waba_id: str) -> str:
    """The key of the row for a whole WABA; ``?`` when not even that is named."""
    # Cut like any id; a WABA id of that length is nobody's.
    return f"waba:{waba_id}"[:255] if waba_id else "?"


def merge(number: BusinessNumber, about: Iterable[NumberFact]) -> None:
    """Each column its greatest value: any rule would do that does not depend on the order."""
    for fact in about:
        number.phone_number_id = fact.phone_number_id
        number.waba_id = max(number.waba_id, fact.waba_id)
        number.display_number = max(number.display_number, fact.display_number)
        if fact.seen_at is not None and (number.seen_at is None or fact.seen_at > number.seen_at):
            number.seen_at = fact.seen_at


def display_key(display_number: str) -> str:
    """The key of a number of which only the digits are known."""
    return f"display:{only_digits(display_number)}"


def absorb(number: BusinessNumber, nameless: BusinessNumber | None) -> None:
    """Save a number, with what was said about it (both locked) while only its digits were known."""
    columns = ["phone_number_id", "waba_id", "display_number", "seen_at"]
    if nameless is not None and number.phone_number_id:
        for column, at in nameless.told_at.items():
            take(number, column, getattr(nameless, column, None), at)
        nameless.delete()
        columns += [*TOLD, "told_at"]
    number.save(update_fields=columns)


def take(number: BusinessNumber, column: str, value: Any, at: str) -> None:
    """The later word counts, of two at one time the greater."""
    known = (number.told_at.get(column, ""), repr(getattr(number, column)))
    if column in TOLD and (at, repr(value)) > known:
        setattr(number, column, value)
        number.told_at[column] = at


def write(account: str, words: Sequence[Word]) -> None:
    """Keep what is said about numbers; rows that are missing are made."""
    _add_missing(account, words)
    rows = BusinessNumber.objects.select_for_update().filter(account=account).order_by("key")
    columns = [*TOLD, "told_at", "display_number", "health", "checked_at"]
    for number in rows:
        before = [repr(getattr(number, column)) for column in columns]
        for word in words:
            if number.key == word.key or (not word.key and _is_dialled(number, word)):
                number.display_number = max(number.display_number, word.display_number[:64])
                for column, value in word.columns.items():
                    take(number, column, value, _stamp(word.at))
                _check(number, word)
        _lift(number)
        if before != [repr(getattr(number, column)) for column in columns]:
            number.save(update_fields=columns)


def _check(number: BusinessNumber, word: Word) -> None:
    """Keep the API's newest answer, and of each column when the API last spoke of it."""
    at = _stamp(word.at)
    if word.answer is not None and (number.checked_at is None or word.at >= number.checked_at):
        number.checked_at = word.at
        told = number.health.get("told", {}) | dict.fromkeys(word.columns, at)
        number.health = {"answer": word.answer, "told": told}
    if word.sends:
        number.told_at["sends"] = max(at, number.told_at.get("sends", ""))


def _lift(number: BusinessNumber) -> None:
    """What kept a WABA from sending is over once it was later said to send.

    The time of that stays, so that an older restriction that comes late does not count either.
    """
    if number.told_at.get("sends", "") > number.told_at.get("restrictions", ""):
        number.restrictions = [
            one for one in number.restrictions if "MESSAGING" not in one.get("type", "")
        ]


def _add_missing(account: str, words: Sequence[Word]) -> None:
    """Rows for a whole WABA, and for digits that no number has."""
    known = list(BusinessNumber.objects.filter(account=account))
    missing: dict[str, str] = {}
    for word in words:
        if word.key:
            missing[word.key] = ""
        elif not any(_is_dialled(number, word) for number in known):
            missing[display_key(word.display_number)] = word.display_number
    new = [
        BusinessNumber(account=account, key=key, display_number=missing[key][:64])
        for key in sorted(missing.keys() - {number.key for number in known})
    ]
    if new:
        upsert(new, by=["account", "key"])


def _is_dialled(number: BusinessNumber, word: Word) -> bool:
    """Whether the word is about the number with these digits, however they are formatted."""
    digits = only_digits(word.display_number)
    return bool(digits) and only_digits(number.display_number) == digits


def _stamp(at: datetime) -> str:
    """A spelling that sorts as the time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
