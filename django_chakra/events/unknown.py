"""The events for what has no reader, or could not be read. Nothing here raises."""

from .base import Json, Source, UnknownEvent, Unreadable, mapping
from .bodies import NotJson, Unparsable
from .clock import platform_time
from .storable import storable, storable_text


def unknown(
    source: Source, name: str, raw: Json, *, at: Json = None, reason: str = ""
) -> UnknownEvent:
    """The event of a fact that has no class yet; ``at`` is its time as the platform wrote it."""
    return _event("unknown", source, name, raw, at, reason)


def unreadable(
    source: Source, name: str, raw: Json, *, at: Json = None, reason: str
) -> UnknownEvent:
    """The event of a fact that breaks the platform's own rules, or ours."""
    return _event("unreadable", source, name, raw, at, reason)


def why(error: Exception) -> str:
    """A reason for people: our own words as they are, any other error with its type."""
    try:
        text = str(error)
    except Exception:  # An error may fail at saying what it is.
        text = ""
    if isinstance(error, Unreadable | NotJson | Unparsable):
        return text
    return f"{type(error).__name__}: {text[:200]}"


def _event(kind: str, source: Source, name: str, raw: Json, at: Json, reason: str) -> UnknownEvent:
    """The event, every word of it cut and made storable."""
    own = platform_time(at) or platform_time(mapping(raw).get("timestamp"))
    return UnknownEvent(
        kind=kind,
        format=source.format,
        waba_id=source.waba_id,
        phone_number_id=source.phone_number_id,
        display_number=source.display_number,
        occurred_at=own or platform_time(source.time),
        raw=storable(raw),
        name=storable_text(name, 128),
        reason=storable_text(reason, 300),
    )
