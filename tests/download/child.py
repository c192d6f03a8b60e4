"""The child of the tests' paths with one more command: it downloads, and ends in the middle."""

from typing import Any
from unittest import mock

# The first of these sets Django up; models can be imported only then.
from tests.paths.child import COMMANDS, ended, main

# isort: split
from django.core.files import move
from django.core.files.storage import filesystem
from django.db import connection

from django_chakra import download
from django_chakra.client.connections import Adapter
from tests.paths.stopping import Stop


def stop_downloading(at: int, after: bool) -> dict[str, Any]:
    """Download what is due in a process that ends before or after its ``at``-th statement, commit,
    request, or file that is put in its place."""

    def work() -> int:
        stop, ask, put = Stop(at, after=after, files=[]), Adapter.send, move.file_move_safe

        def asked(adapter: Adapter, *given: Any, **named: Any) -> Any:
            return stop.step(lambda: ask(adapter, *given, **named))

        def placed(*given: Any, **named: Any) -> Any:
            return stop.step(lambda: put(*given, **named))

        stop.watch(connection)
        with (
            mock.patch.object(Adapter, "send", asked),
            mock.patch.object(filesystem, "file_move_safe", placed),
        ):
            download.run()
        return 0

    return ended(work)


COMMANDS |= {"stop_downloading": stop_downloading}


if __name__ == "__main__":
    main()
