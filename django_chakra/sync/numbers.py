"""Ask the platform how our numbers stand."""

from __future__ import annotations

from typing import NamedTuple

from django.db import router

from .. import conf, connect
from ..exceptions import (
    ApiError,
    AuthenticationFailed,
    NetworkFailed,
    NotFound,
    RateLimited,
)
from ..models import BusinessNumber
from ..models.clock import clock
from ..record import asked

#: After one of these every further question would get the same answer.
HOPELESS = (AuthenticationFailed, NetworkFailed, RateLimited)


class SyncedNumbers(NamedTuple):
    """What came of asking."""

    #: Ids of the numbers whose rows have the platform's newest words.
    kept: list[str]
    #: Ids that the platform does not know, or not any more. Their rows stay as they were.
    unknown: list[str]
    #: Id -> why the platform did not tell of it.
    failed: dict[str, ApiError]
    #: So many numbers the token sees that are not the account's. Nothing is kept of them.
    others: int


def numbers(account: str = "default") -> SyncedNumbers:
    """Ask the API for the account's numbers, and keep what it says of each.

    Quality, limit, name, state and health go into ``BusinessNumber``, as words of the time of the
    request: what an event said later stays. One request for the list and one for each number, each
    number kept in a transaction of its own.

    Which numbers are the account's: its PHONE_NUMBER_ID, those that messages or events named, and
    those under its WABA_ID or a WABA that events named. Others, which the team's token sees too,
    are left alone.

    No page documents these endpoints (unverified): what is missing in their answers says nothing.

    Raises:
        ConfigurationError: there is no such account, or it has no ACCESS_TOKEN.
        ApiError: the list was refused, or the platform can't be asked any further. What was kept
            before stays.
    """
    conf.account(account)
    client = connect.chakra(account)
    rows = BusinessNumber.objects.filter(account=account)
    found = asked.ours(account, client.phone_numbers.list(), rows)
    told_by = clock(router.db_for_write(BusinessNumber))
    done = SyncedNumbers([], [], {}, found.others)
    for number in found.numbers:
        name = number.phone_number_id
        at = told_by.now()
        try:
            answer = client.phone_numbers.get(name)
        except HOPELESS:
            raise
        except NotFound:
            done.unknown.append(name)
        except ApiError as error:
            done.failed[name] = error
        else:
            asked.keep(account, number, answer, at=at)
            done.kept.append(name)
    return done
