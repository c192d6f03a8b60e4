"""The child of the tests' paths with one command more: it asks what was missed, and ends in it."""

from typing import Any
from unittest import mock

# The first of these sets Django up; models can be imported only then.
from tests.paths.child import COMMANDS, ended, main

# isort: split
from django.db import connection

from django_chakra import backfill
from django_chakra.client.connections import Adapter
from tests.paths.stopping import Stop

from .asking import small_pages


def stop_asking(at: int, page: int) -> dict[str, Any]:
    """Ask in a process that ends before its ``at``-th statement, commit or request."""

    def work() -> int:
        stop, leave = Stop(at, after=False, files=[]), Adapter.send

        def counted(adapter: Adapter, *given: Any, **named: Any) -> Any:
            return stop.step(lambda: leave(adapter, *given, **named))

        stop.watch(connection)
        with mock.patch.object(Adapter, "send", counted), small_pages(page):
            backfill.run(backfill.Scope(account="default"))
        return 0

    return ended(work)


COMMANDS |= {"stop_asking": stop_asking}


if __name__ == "__main__":
    main()
