"""Ask the platform for its list of templates, page by page, and keep it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from django.db import router

from .. import conf, connect
from ..events import platform_id, storable, storable_text
from ..events.base import mapping
from ..events.words import MAX_TEXT, word
from ..exceptions import ConfigurationError, UnreadableAnswer
from ..models import MessageTemplate
from ..models.clock import Clock, clock
from ..models.contention import patiently
from ..record import templates as kept
from ..record.templates import TemplateWord

#: All that we keep; without names Meta leaves some out.
FIELDS = (
    "id,name,language,status,category,components,rejected_reason,quality_score,parameter_format"
)
#: Templates of one page, which are kept in one transaction.
PAGE = 100
#: A list with more pages than this has no end: Meta allows an account 6,000 templates at most.
MOST_PAGES = 1000
#: Rows that are marked as deleted, or as synced, in one.
CHUNK = 500


class SyncedTemplates(NamedTuple):
    """What a sync found."""

    waba_id: str
    #: Templates that the platform lists.
    listed: int
    #: Rows that were made.
    new: int
    #: Rows that read differently now; one that is listed again is among them.
    changed: int
    #: Rows that were marked as deleted.
    deleted: int


def templates(
    account: str = "default",
    *,
    waba_id: str | None = None,
    progress: Callable[[int], object] | None = None,
) -> SyncedTemplates:
    """Bring the rows of one WhatsApp Business Account in line with the platform's list.

    Each page is kept by itself, in at most four statements. What an event said later than the page
    was asked for stays. Once the list was read to its end, what it lacks is looked for in a second
    reading, since templates move from page to page while others come and go; what is missing there
    too, and was not spoken of meanwhile, is marked as deleted. Only then all that was listed gets
    the time at which it began as its ``synced_at``: what a list lacks tells nothing before its end.

    Call it outside of a transaction: it may take minutes.

    Args:
        account: alias.
        waba_id: instead of the account's.
        progress: called after each page with the number of templates so far.

    Raises:
        ConfigurationError: no WABA or no token is set, or there is no such account.
        ApiError: a page could not be had, or the list has no end. What was read before is kept, and
            nothing was marked as deleted; the last sync stays the one before.
    """
    waba = waba_of(account, waba_id)
    using = router.db_for_write(MessageTemplate)
    told_by = clock(using)
    began = told_by.now()
    rows = MessageTemplate.objects.using(using).filter(account=account, waba_id=waba)
    known = dict(rows.filter(deleted_at=None).values_list("external_id", "told_at"))
    listed: set[str] = set()
    new = changed = 0
    for at, page in _pages(account, waba, FIELDS, told_by):
        words = [one for entry in page if (one := _word(entry, waba, at)) is not None]
        found = patiently(partial(kept.write, account, words), using=using)
        new, changed = new + found.new, changed + found.changed
        listed |= {one.template_id for one in words}
        if progress is not None:
            progress(len(listed))
    missing = {key: told for key, told in known.items() if key not in listed}
    if missing:
        for _, page in _pages(account, waba, "id", told_by):
            for entry in page:
                missing.pop(platform_id(entry.get("id")), None)
    deleted = sum(
        patiently(partial(kept.gone, account, chunk, at=began), using=using)
        for chunk in _chunks(missing)
    )
    for some in _chunks(dict.fromkeys(listed)):
        patiently(partial(kept.synced, account, some, at=began), using=using)
    return SyncedTemplates(waba, len(listed), new, changed, deleted)


def waba_of(account: str, waba_id: str | None = None) -> str:
    """The WABA that is named, or the account's.

    Raises:
        ConfigurationError: there is none.
    """
    found = str(waba_id or conf.account(account).waba_id or "")
    if not found:
        raise ConfigurationError(f"CHAKRA['ACCOUNTS'][{account!r}]['WABA_ID'] is not set")
    return found


def _pages(
    account: str, waba: str, fields: str, told_by: Clock
) -> Iterator[tuple[datetime, list[Any]]]:
    """When each page was asked for, and its entries; it ends with the list, or raises."""
    client = connect.chakra(account)
    after: str | None = None
    seen: set[str] = set()
    while True:
        at = told_by.now()
        answer = client.message_templates.list(limit=PAGE, after=after, fields=fields, waba_id=waba)
        page = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(page, list):
            raise UnreadableAnswer("A page of templates has no list; nothing is marked as deleted")
        yield at, [entry for entry in page if isinstance(entry, dict)]
        after = _following(answer)
        if after is None:
            return
        if after in seen or len(seen) >= MOST_PAGES:
            raise UnreadableAnswer(
                "The list of templates does not end. What was read is kept, and nothing is marked "
                "as deleted"
            )
        seen.add(after)


def _following(answer: Mapping[str, Any]) -> str | None:
    """The cursor of the next page; None where this one is the last.

    Raises:
        UnreadableAnswer: there is a next page, and nothing says which.
    """
    paging = mapping(answer.get("paging"))
    following = paging.get("next")
    if not following:
        return None
    after = mapping(paging.get("cursors")).get("after")
    if not after and isinstance(following, str):
        after = parse_qs(urlsplit(following).query).get("after", [""])[0]
    if not isinstance(after, str) or not after:
        raise UnreadableAnswer("There is a next page of templates, and no cursor that leads to it")
    return after


def _word(entry: Mapping[str, Any], waba: str, at: datetime) -> TemplateWord | None:
    """An entry as words about its row; None for one without an id."""
    template_id = platform_id(entry.get("id"))
    if not template_id:
        return None
    score = entry.get("quality_score")
    columns = {
        "name": storable_text(entry.get("name"), 512),
        "language": storable_text(entry.get("language"), 64),
        "category": word(entry.get("category")),
        "quality": word(score.get("score") if isinstance(score, dict) else score),
        "parameter_format": word(entry.get("parameter_format")),
    }
    status, components = word(entry.get("status")), entry.get("components")
    reason = storable_text(entry.get("rejected_reason"), MAX_TEXT)
    return TemplateWord(
        template_id,
        waba,
        at,
        {column: value for column, value in columns.items() if value},
        status=(status, "" if reason == "NONE" else reason) if status else None,
        components=_components(components) if isinstance(components, list) else None,
        is_whole=True,
        is_listed=True,
    )


def _components(listed: list[Any]) -> list[Any]:
    found = storable(listed)
    return found if isinstance(found, list) else []


def _chunks(missing: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    entries = iter(sorted(missing.items()))
    while chunk := dict(islice(entries, CHUNK)):
        yield chunk
