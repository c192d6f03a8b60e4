"""Flows: published, throttled, blocked, or answering badly.

https://developers.facebook.com/docs/whatsapp/flows/reference/flowswebhooks
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from .base import Event, Json, Reader, Source
from .facts import stated, whole_number
from .ids import platform_id
from .storable import storable_text
from .words import MAX_TEXT, needed, word


class FlowErrors(NamedTuple):
    """How often one error happened on customers' phones or at our endpoint: a statistic.

    ``type`` is the platform's word, at most 64 characters; ``rate`` is in percent, ``times`` how
    often it happened. None means not said.
    """

    type: str
    rate: float | None
    times: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowEvent(Event):
    """Something happened to one of our Flows; ``flow_id`` is "" when not said."""

    flow_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowChanged(FlowEvent):
    """A Flow's status changed, or one of its figures passed a threshold.

    ``event`` is the platform's word in upper case ("FLOW_STATUS_CHANGE", "CLIENT_ERROR_RATE",
    "ENDPOINT_ERROR_RATE", "ENDPOINT_LATENCY", "ENDPOINT_AVAILABILITY"), ``message`` a sentence for
    people (4,096 characters). ``old_status`` and ``new_status`` ("PUBLISHED", "THROTTLED") come
    with the first; with the others ``alert_state`` ("ACTIVATED", "DEACTIVATED"), ``threshold``,
    and of the figures those that fit: ``error_rate`` and ``availability`` in percent,
    ``p50_latency`` and ``p90_latency`` in milliseconds, ``requests_count``, ``errors``. None means
    not said.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("flow",)

    event: str
    message: str
    old_status: str
    new_status: str
    alert_state: str
    threshold: float | None
    error_rate: float | None
    availability: float | None
    p50_latency: float | None
    p90_latency: float | None
    requests_count: int | None
    errors: tuple[FlowErrors, ...]


def read_flow(source: Source, item: dict[str, Json]) -> Event:
    """The event of ``flows``; Unreadable without its word."""
    return FlowChanged(
        kind="flow",
        **stated(source, item),
        flow_id=platform_id(item.get("flow_id")),
        event=needed(item.get("event"), "event"),
        message=storable_text(item.get("message"), MAX_TEXT),
        old_status=word(item.get("old_status")),
        new_status=word(item.get("new_status")),
        alert_state=word(item.get("alert_state")),
        threshold=_figure(item.get("threshold")),
        error_rate=_figure(item.get("error_rate")),
        availability=_figure(item.get("availability")),
        p50_latency=_figure(item.get("p50_latency")),
        p90_latency=_figure(item.get("p90_latency")),
        requests_count=whole_number(item.get("requests_count"), 2**31),
        errors=_errors(item.get("errors")),
    )


def _errors(value: Json) -> tuple[FlowErrors, ...]:
    """The statistic; nothing here failed for us."""
    return tuple(
        FlowErrors(
            type=word(error.get("error_type")),
            rate=_figure(error.get("error_rate")),
            times=whole_number(error.get("error_count"), 2**31),
        )
        for error in (value if isinstance(value, list) else [])
        if isinstance(error, dict)
    )


def _figure(value: Json) -> float | None:
    """A number that one can count with."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # False for NaN too.
    return float(value) if -(2**53) < value < 2**53 else None


READERS: dict[tuple[str, str, str], Reader] = {("meta", "flows", ""): read_flow}
"""By format, field or event, and list."""
