"""From the bytes of one call to its events: the two formats, and a guard around each fact. Pure.

Every fact becomes an event, so that nothing is lost in silence: with a reader a typed one, without
one an UnknownEvent. A reader that raises loses only its own fact.
"""

from collections.abc import Iterator
from dataclasses import replace

from . import (
    account_updates,
    accounts,
    conversions,
    echoes,
    errors,
    flows,
    groups,
    handovers,
    history,
    messages,
    numbers,
    people,
    statuses,
    templates,
    voice_calls,
)
from .base import Event, Json, Opener, Reader, Source, Unreadable, mapping
from .bodies import parse
from .contacts import profiles
from .facts import number_id
from .ids import platform_id
from .storable import storable_text
from .unknown import unknown, unreadable, why

_FAMILIES = (
    messages,
    statuses,
    echoes,
    history,
    voice_calls,
    groups,
    people,
    conversions,
    handovers,
    errors,
    templates,
    accounts,
    account_updates,
    numbers,
    flows,
)

READERS: dict[tuple[str, str, str], Reader] = {
    key: reader for family in _FAMILIES for key, reader in family.READERS.items()
}
"""All readers, by format ("meta", "chakra"), field or event ("*": any), and list ("": the value
itself)."""

OPENERS: dict[tuple[str, str, str], Opener] = {
    **echoes.OPENERS,
    **history.OPENERS,
    **handovers.OPENERS,
}
"""What holds several facts, by the same keys."""

_META_OBJECT = "whatsapp_business_account"

# A value with one of these is a bundle of lists; any other is one flat fact of its own, whose
# lists (restrictions, buttons) mean nothing without the keys beside them.
_BUNDLE_MARKS = frozenset(
    {"metadata", "messaging_product", "contacts", "messages", "statuses", "message_echoes"}
)

_CHAKRA_WABA = ("wabaId", "waba_id", "whatsappBusinessAccountId", "whatsapp_business_account_id")


def read(body: bytes | memoryview) -> list[Event]:
    """The events of a call, at least one, whatever the bytes. Never raises."""
    events: list[Event] = []
    # No real fact is so short. Without a bound, 4 MiB of "0,0,0" would be millions of events.
    limit = max(1000, len(body) // 32)
    try:
        for event in _facts(parse(body)):
            if len(events) == limit:
                rest = f"more than {limit} facts in one call"
                events.append(unreadable(Source(format=event.format), "", None, reason=rest))
                break
            events.append(event)
    except Exception as error:
        excerpt = bytes(body[:1024]).decode("utf-8", "replace")
        events.append(unreadable(Source(format=""), "", excerpt, reason=why(error)))
    return events


def _facts(document: dict[str, Json]) -> Iterator[Event]:
    """The events of a parsed body of either format, or the one event of another."""
    sender = document.get("object")
    if sender == _META_OBJECT or (sender is None and isinstance(document.get("entry"), list)):
        yield from _meta(document)
    elif "event" in document:
        yield from _chakra(document)
    else:
        reason = "neither Meta's nor Chakra's format"
        yield unknown(Source(format=""), storable_text(sender), document, reason=reason)


def _meta(document: dict[str, Json]) -> Iterator[Event]:
    """The events of every entry of Meta's delivery."""
    source = Source(format="meta")
    entries = document.get("entry")
    if not isinstance(entries, list):
        yield unreadable(source, "entry", document, reason="entry is no list")
    elif not entries:
        yield unknown(source, "entry", document, reason="entry is empty")
    else:
        for entry in entries:
            yield from _entry(source, entry)


def _entry(source: Source, entry: Json) -> Iterator[Event]:
    """The events of every change of an entry."""
    if not isinstance(entry, dict):
        yield unreadable(source, "entry", entry, reason="entry is no object")
        return
    time = entry.get("time")
    source = Source(
        format="meta",
        waba_id=platform_id(entry.get("id")),
        time=time if isinstance(time, int | float) else storable_text(time, 32) or None,
    )
    changes = entry.get("changes")
    if not isinstance(changes, list):
        yield unreadable(source, "entry", entry, reason="changes is no list")
    elif not changes:
        yield unknown(source, "entry", entry, reason="changes is empty")
    else:
        for change in changes:
            yield from _guarded_change(source, change)


def _guarded_change(source: Source, change: Json) -> Iterator[Event]:
    """The events of a change; the last guard, for what no guard around an item has met."""
    try:
        yield from _change(source, change)
    except Exception as error:
        yield unreadable(source, "change", change, reason=why(error))


def _change(source: Source, change: Json) -> Iterator[Event]:
    """The events of one change."""
    if not isinstance(change, dict):
        raise Unreadable("change is no object")
    name, value = change.get("field"), change.get("value")
    if not isinstance(name, str) or not name:
        raise Unreadable("field is no word")
    source = _of_change(source, name, mapping(value))
    if not isinstance(value, dict):
        known = any(form == "meta" and opened == name for form, opened, _ in READERS)
        make = unreadable if known else unknown
        yield make(source, name, _kept(source, value), reason="value is no object")
    elif _is_bundle(source, value):
        yield from _bundle(source, value)
    else:
        yield from _whole_change(source, value)


def _is_bundle(source: Source, value: dict[str, Json]) -> bool:
    """Whether a value is made of lists, by what stands in it or by a list that has a reader."""
    if not _BUNDLE_MARKS.isdisjoint(value):
        return True
    return any(
        isinstance(part, list) and ("meta", source.name, key) in READERS
        for key, part in value.items()
    )


def _bundle(source: Source, value: dict[str, Json]) -> Iterator[Event]:
    """The events of a value that holds lists: each item, then one for what stands beside them."""
    lists = {key: part for key, part in value.items() if isinstance(part, list) and part}
    if len(lists) > 1:
        # Who the facts are about, and no fact of its own.
        lists.pop("contacts", None)
    for key, items in lists.items():
        for item in items:
            yield from _facts_of(source, key, item, item)
    rest = _beside(value) if lists else value
    if rest or not lists:
        yield from _whole_change(source, rest)


def _beside(value: dict[str, Json]) -> dict[str, Json]:
    """What of a bundle is neither in its lists nor context."""
    context = {"metadata", "messaging_product"}
    return {
        key: part
        for key, part in value.items()
        if key not in context and part is not None and not isinstance(part, list)
    }


def _whole_change(source: Source, value: dict[str, Json]) -> Iterator[Event]:
    """The event of a change, or of what stands beside its lists; several where it is opened."""
    kept, at = _kept(source, value), value.get("timestamp")
    for form, name, key in READERS:
        if (form, name) == ("meta", source.name) and key and value.get(key) not in (None, []):
            yield unreadable(source, source.name, kept, at=at, reason=f"{key} is no list")
            return
    yield from _facts_of(source, "", value, kept)


def _kept(source: Source, value: Json) -> Json:
    """A change with its context, for receivers of the event."""
    return {"entry": source.waba_id, "time": source.time, "field": source.name, "value": value}


def _of_change(source: Source, name: str, value: dict[str, Json]) -> Source:
    """Where the facts of a change stand."""
    metadata = mapping(value.get("metadata"))
    return replace(
        source,
        name=storable_text(name, 128),
        phone_number_id=platform_id(metadata.get("phone_number_id")),
        display_number=storable_text(metadata.get("display_phone_number"), 64),
        profiles=profiles(value.get("contacts")),
    )


def _chakra(document: dict[str, Json]) -> Iterator[Event]:
    """The events of Chakra's own body ``{"event": …, "payload": …}``."""
    payload = mapping(document.get("payload"))
    source = _chakra_source(document.get("event"), payload)
    if not source.name:
        yield unreadable(source, "", document, reason="event is no word")
        return
    item = payload.get("message") if source.name == "message" else document.get("payload")
    yield from _facts_of(source, "", item, document)


def _chakra_source(event: Json, payload: dict[str, Json]) -> Source:
    """Where the fact of a Chakra body stands; the number's id is spelt in many ways, or missing."""
    metadata = mapping(payload.get("metadata"))
    number = number_id(payload) or platform_id(metadata.get("phone_number_id"))
    display = payload.get("displayPhoneNumber") or payload.get("display_phone_number")
    return Source(
        format="chakra",
        name=event if isinstance(event, str) else "",
        waba_id=next(filter(None, (platform_id(payload.get(k)) for k in _CHAKRA_WABA)), ""),
        phone_number_id=number,
        display_number=storable_text(display or metadata.get("display_phone_number"), 64),
        profiles=profiles(payload.get("contacts")),
        time=payload.get("timestamp"),
        payload=payload,
    )


def _facts_of(source: Source, key: str, item: Json, raw: Json) -> Iterator[Event]:
    """The events of an item, of those inside it where it holds several."""
    opener = OPENERS.get((source.format, source.name, key))
    if opener is None:
        yield _guarded(source, key, item, raw)
        return
    try:
        if not isinstance(item, dict):
            raise Unreadable(f"{key or source.name} is no object")
        for inside, name, part in opener(source, item):
            yield _guarded(inside, name, part, part)
    except Exception as error:
        yield unreadable(source, _name(source, key), raw, reason=why(error))


def _guarded(source: Source, key: str, item: Json, raw: Json) -> Event:
    """What the reader makes of an item; what it has none for, or cannot read, is kept with raw."""
    at = mapping(item).get("timestamp")
    name = _name(source, key)
    try:
        reader = READERS.get((source.format, source.name, key)) or READERS.get(
            (source.format, "*", key)
        )
        if reader is None:
            return unknown(source, name, raw, at=at)
        if not isinstance(item, dict):
            raise Unreadable(f"{key or source.name} is no object")
        return reader(source, item)
    except Exception as error:
        return unreadable(source, name, raw, at=at, reason=why(error))


def _name(source: Source, key: str) -> str:
    """What the platform calls a fact: its field or event, and its list."""
    return f"{source.name}.{key[:128]}" if key else source.name
