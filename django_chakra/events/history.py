"""Histories: what was said before the business connected, in chunks that come in any order.

https://developers.facebook.com/docs/whatsapp/embedded-signup/custom-flows/onboarding-business-app-users
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from .base import Event, Identity, Json, Opener, Reader, Source, Unreadable, mapping
from .causes import cause_of
from .contacts import identities, only_person, person, together, username
from .facts import stated
from .ids import match_key
from .messages import MessageEvent, described, is_ours
from .storable import storable_text

#: What the platform says became of our own old messages, in our words.
_STATUSES = {word: word for word in ("sent", "delivered", "read", "played")} | {"error": "failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageImported(MessageEvent):
    """A message from before: of the customer's, or (``is_ours``) of the business.

    ``status`` is what became of ours: "sent", "delivered", "read", "played", "failed" or "".
    """

    KINDS: ClassVar[tuple[str, ...]] = ("history.message",)

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryReported(Event):
    """How far the history has come, or that the business declined to share it.

    ``phase`` is 0 to 2, ``progress`` in percent; None when not said. ``error_code`` (2593109:
    declined) and ``error_title`` are set with the kind "history.error".
    """

    KINDS: ClassVar[tuple[str, ...]] = ("history.progress", "history.error")

    phase: int | None
    chunk_order: int | None
    progress: int | None
    error_code: int | None
    error_title: str


def open_chunk(source: Source, chunk: dict[str, Json]) -> Iterator[tuple[Source, str, Json]]:
    """Each message of each thread, then the chunk itself without them."""
    threads = chunk.get("threads")
    if not isinstance(threads, list):
        yield source, "chunk", chunk
        return
    for thread in threads:
        # What is no thread, or no list of messages, is a message that cannot be read.
        messages = thread.get("messages", []) if isinstance(thread, dict) else thread
        around = {key: value for key, value in mapping(thread).items() if key != "messages"}
        for item in messages if isinstance(messages, list) else [messages]:
            yield replace(source, around=around), "messages", item
    rest = {key: value for key, value in chunk.items() if key != "threads"}
    if rest or not threads:
        yield source, "chunk", rest


def read_chunk(source: Source, chunk: dict[str, Json]) -> Event:
    """The event of a chunk; Unreadable when it says neither how far nor what went wrong."""
    metadata = mapping(chunk.get("metadata"))
    code, title, _ = cause_of(chunk)
    failed = bool(chunk.get("errors"))
    if not metadata and not failed:
        raise Unreadable("neither metadata nor errors")
    return HistoryReported(
        kind="history.error" if failed else "history.progress",
        **stated(source, chunk),
        phase=_small(metadata.get("phase")),
        chunk_order=_small(metadata.get("chunk_order")),
        progress=_small(metadata.get("progress")),
        error_code=code,
        error_title=title,
    )


def read_message(source: Source, item: dict[str, Json]) -> Event:
    """The event of an old message; Unreadable when it does not say with whom."""
    return _imported(source, item, is_ours(source, item) or _is_answer(source, item))


def read_ours(source: Source, item: dict[str, Json]) -> Event:
    """The event of an old message of the business, by the list that it stands in."""
    return _imported(source, item, True)


def _imported(source: Source, item: dict[str, Json], ours: bool) -> Event:
    known, name = _customer(source, item, ours)
    event = described(source, item, known)
    word = storable_text(mapping(item.get("history_context")).get("status"), 32).lower()
    return MessageImported(
        **{
            **event,
            "kind": "history.message",
            "is_ours": ours,
            "username": event["username"] or name,
        },
        status=_STATUSES.get(word, "") if ours else "",
    )


def _is_answer(source: Source, item: dict[str, Json]) -> bool:
    """Whether not the customer of the thread wrote, but somebody to them: our own number, which
    ``metadata`` did not name, or spelt otherwise."""
    customer = _phones(_of_thread(source))
    writer, reader = _phones(identities(item.get("from"))), _phones(identities(item.get("to")))
    if not customer or not writer or writer & customer:
        return False
    return bool(reader & customer) or not source.display_number


def _of_thread(source: Source) -> list[Identity]:
    """What the thread says of the customer."""
    context = person(mapping(source.around.get("context")))
    return list(together(identities(source.around.get("id")), context))


def _phones(known: Iterable[Identity]) -> set[str]:
    return {match_key(identity.value) for identity in known if identity.kind == "phone"}


def _customer(source: Source, item: dict[str, Json], ours: bool) -> tuple[list[Identity], str]:
    """The other side: the item's other end, and what the thread says of it."""
    side = "to" if ours else "from"
    own = identities(
        item.get(side), item.get(f"{side}_user_id"), item.get(f"{side}_parent_user_id")
    )
    context = mapping(source.around.get("context"))
    thread = _of_thread(source)
    phones, others = _phones(own), _phones(thread)
    if phones and others and not phones & others:
        # Two people: one contact must not be made of them.
        thread = []
    known = list(together(own, thread)) or only_person(source.profiles)
    if not known and not item.get("group_id"):
        raise Unreadable("neither the message nor its thread names the customer")
    return known, username(context.get("username"))


def _small(value: Json) -> int | None:
    """A number of at most 16 bits."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 2**16 else None


OPENERS: dict[tuple[str, str, str], Opener] = {("meta", "history", "history"): open_chunk}
"""Items that hold several facts."""

READERS: dict[tuple[str, str, str], Reader] = {
    ("meta", "history", "messages"): read_message,
    ("meta", "history", "message_echoes"): read_ours,
    ("meta", "history", "chunk"): read_chunk,
}
"""By format, field or event, and list."""
