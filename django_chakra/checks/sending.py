"""Whether messages leave as the host means it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from .. import conf
from .values import are_words, is_number

#: Seconds beyond the timeouts of a request after which it has surely ended.
MARGIN = 10
#: Seconds of a year: no setting of ours is longer.
LONGEST = 366 * 24 * 3600


def delivery(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Whether messages leave, and to whom."""
    delivery, only_to = given.get("DELIVERY", ""), given.get("ONLY_TO")
    if delivery not in ("", *conf.DELIVERIES):
        yield Error(
            f"CHAKRA['DELIVERY'] is {delivery!r}; it must be one of "
            f"{', '.join(conf.DELIVERIES)}, or empty.",
            id="django_chakra.E015",
        )
    if only_to is not None and not are_words(only_to):
        yield Error(
            "CHAKRA['ONLY_TO'] must be a list of numbers, BSUIDs or ids of groups; or None for "
            "everybody.",
            hint="['+91 99000 00000'], also for a single one.",
            id="django_chakra.E016",
        )
    window = given.get("WINDOW", conf.Settings().window)
    if window not in conf.WINDOWS:
        yield Error(
            f"CHAKRA['WINDOW'] is {window!r}; it must be one of {', '.join(conf.WINDOWS)}.",
            id="django_chakra.E017",
        )
    if not settings.DEBUG and (delivery not in ("", "live") or only_to is not None):
        yield Warning(
            "Messages are withheld: CHAKRA has a DELIVERY that is not 'live', or ONLY_TO.",
            hint="So it should be on a site for tests: silence this check there.",
            id="django_chakra.W006",
        )


def words(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """What customers write to get no marketing, and to get it again."""
    default = conf.Settings()
    lists = [given.get(key, getattr(default, key.lower())) for key in ("STOP_WORDS", "START_WORDS")]
    if not all(map(are_words, lists)):
        yield Error(
            "CHAKRA['STOP_WORDS'] and CHAKRA['START_WORDS'] must be lists of words.",
            hint="['stop', 'unsubscribe'], also for a single one; [] for none.",
            id="django_chakra.E018",
        )
    elif both := set(map(str.casefold, lists[0])) & set(map(str.casefold, lists[1])):
        yield Error(
            f"CHAKRA: {', '.join(sorted(both))} is in STOP_WORDS and in START_WORDS.",
            id="django_chakra.E018",
        )


def times(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """How long sending may take and wait."""
    for key in ("SENDING_SECONDS", "SEND_WITHIN", "RECIPIENT_SECONDS"):
        least = 0 if key == "RECIPIENT_SECONDS" else 1
        if key in given and not (is_number(given[key]) and least <= given[key] <= LONGEST):
            yield Error(
                f"CHAKRA[{key!r}] must be a number of seconds from {least}, and at most a year.",
                id="django_chakra.E019",
            )
    default = conf.Settings()
    names = ("SENDING_SECONDS", "CONNECT_TIMEOUT", "READ_TIMEOUT")
    sending, *request = (given.get(name, getattr(default, name.lower())) for name in names)
    if all(map(is_number, (sending, *request))) and sending < sum(request) + MARGIN:
        yield Warning(
            "CHAKRA['SENDING_SECONDS'] is shorter than a request may take: one that is still "
            "running would be taken for stopped, and its message shown as unknown.",
            hint=f"CONNECT_TIMEOUT + READ_TIMEOUT + {MARGIN} at least; more where "
            "REQUESTS_PER_SECOND or MESSAGES_PER_SECOND makes requests wait for their turn.",
            id="django_chakra.W007",
        )
