"""A process that ends in the middle, at a step counted in statements and commits."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

STOPPED, STOPPED_AFTER_WORDS = 42, 43
"""The exit codes of a process that ended so; the latter when it wrote since its last step."""


class Stop:
    """Ends the process as a power cut would, before or after its n-th statement or commit."""

    def __init__(self, at: int, *, after: bool, files: Sequence[Path]) -> None:
        self.at, self.after, self.count = at, after, 0
        self.files = files
        self.written = self._size()

    def watch(self, connection: Any) -> None:
        """Count what goes over this connection."""
        connection.execute_wrappers.append(self._statement)
        commit = connection._commit
        connection._commit = lambda: self.step(commit)

    def _statement(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        return self.step(lambda: execute(sql, params, many, context))

    def step(self, step: Callable[[], Any]) -> Any:
        """Do it, unless the process ends here."""
        self.count += 1
        number = self.count
        if number == self.at and not self.after:
            os._exit(STOPPED if self._size() == self.written else STOPPED_AFTER_WORDS)
        result = step()
        if number == self.at:
            os._exit(STOPPED)
        self.written = self._size()
        return result

    def _size(self) -> int:
        return sum(file.stat().st_size for file in self.files if file.exists())
