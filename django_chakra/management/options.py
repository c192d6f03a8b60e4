"""Options that several commands have, and what is wrong with them."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandError

from .. import conf
from ..exceptions import UnknownAccount


def accounts(aliases: Iterable[str]) -> list[conf.Account]:
    """Those of the settings that are named.

    Raises:
        CommandError: there is none of that alias.
    """
    try:
        return [conf.account(alias) for alias in aliases]
    except UnknownAccount as error:
        raise CommandError(str(error)) from error


def add_threads(parser: ArgumentParser, what: str) -> None:
    """Declare ``--threads``: how many of these are in hand at once."""
    parser.add_argument(
        "--threads", type=int, default=4, metavar="N", help=f"{what} at once (default %(default)s)"
    )


def check(options: dict[str, Any]) -> None:
    """Look at ``--threads`` and ``--account``.

    Raises:
        CommandError: nothing can be done with them.
    """
    if options["threads"] < 1:
        raise CommandError("--threads must be at least 1")
    if options["account"] is not None:
        accounts([options["account"]])
