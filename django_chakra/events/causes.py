"""Why something failed, in all the places where the platform says so.

https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
"""

from collections.abc import Iterator, Mapping

from .base import Json, mapping
from .storable import storable_text


def cause_of(item: Mapping[str, Json]) -> tuple[int | None, str, str]:
    """Code, title and details of a failure, each from the first place that has it.

    None and "" for what no place has; a title of at most 255 characters.
    """
    code: int | None = None
    title = details = message = ""
    for cause in _causes(item):
        if code is None:
            code = _code(cause.get("code"))
        title = title or storable_text(cause.get("title"), 255)
        data = mapping(cause.get("error_data"))
        details = details or storable_text(data.get("details") or cause.get("details"))
        message = message or storable_text(cause.get("message"))
    return code, title or message[:255], details or message


def _causes(item: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    """The places where a cause may stand: Meta's, then Chakra's, which integrators found later."""
    yield from _objects(item.get("errors"))
    context = item.get("errorContext")
    provided = mapping(context).get("providerPayload")
    yield from _objects(provided)
    yield from _objects(mapping(provided).get("error"))
    yield from _objects(mapping(provided).get("errors"))
    yield from _objects(context)
    yield from _objects(item.get("error"))


def _objects(value: Json) -> Iterator[dict[str, Json]]:
    """The objects a value is or lists; a bare text is taken for a message."""
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, dict):
            yield entry
        elif isinstance(entry, str):
            yield {"message": entry}


def _code(value: Json) -> int | None:
    """An error code of at most 32 bits, from a number or ASCII digits."""
    if isinstance(value, str) and len(value) <= 10 and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -(2**31) <= value < 2**31 else None
