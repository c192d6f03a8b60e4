"""What the platform says of contacts: names, usernames, whether they want marketing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from ..models import Contact
from ..models.statements import upsert
from .joining import TOLD, Words, take_words
from .people import People


def keep(people: People, heard: Iterable[tuple[int, Words]]) -> None:
    """Give contacts their newest words: greatest (platform time, value)."""
    newest: dict[int, Words] = {}
    for contact, words in heard:
        known = newest.setdefault(contact, {})
        for column, word in words.items():
            known[column] = max(known.get(column, word), word, key=_rank)
    newest = {
        contact: words for contact, words in newest.items() if _is_news(people, contact, words)
    }
    if len(newest) == 1:
        # The usual case, in one statement that a concurrent writer can't undo.
        [(contact, words)] = newest.items()
        if words.keys() == {"name"}:
            at, name = words["name"]
            rows = Contact.objects.filter(Q(name_at=None) | Q(name_at__lt=at), pk=contact)
            if people.names.get(contact) != at and rows.update(name=name, name_at=at):
                return
    if newest:
        _keep_locked(newest)


def _rank(word: tuple[Any, Any]) -> tuple[Any, str]:
    return (word[0], str(word[1]))


def _is_news(people: People, contact: int, words: Words) -> bool:
    """Whether the words may change anything: a name that is older than the known one can't."""
    if words.keys() != {"name"}:
        return bool(words)
    known, at = people.names.get(contact), words["name"][0]
    return known is None or at >= known


def _keep_locked(heard: dict[int, Words]) -> None:
    """Compare under lock, in the order of keys, and write those that change."""
    rows = Contact.objects.select_for_update().filter(pk__in=heard).order_by("pk")
    changed = [contact for contact in rows if take_words(contact, heard[contact.pk])]
    if changed:
        upsert(changed, by=["id"], update=[*TOLD, *TOLD.values()])
