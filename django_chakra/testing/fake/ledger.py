"""The fake's own book: what it took, what it answered, what it posted. One JSON object per line."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any


class Ledger:
    """Append-only. With a path each entry is in the file before the call returns.

    Kinds of entries, each with ``kind`` and ``at`` (Unix time in seconds):

    ``request``
        ``number``, ``method``, ``path``, ``endpoint``, ``digest`` (SHA-256 of the body, in
        hexadecimal digits), ``taken`` (whether it was handled and not refused), and of a message
        that was taken ``wamid``, ``to``, ``type``, ``callback_data``. No token, no body.
    ``answer``
        ``number`` of the request, ``status``, ``end`` ("answer", "silent", "cut", "unreachable"),
        ``body`` (the beginning of a text; "" of a file, and where nothing was to be answered).
    ``event``
        What was posted: ``url``, ``digest``, ``event``, ``wamid``, ``status`` of its answer (0
        for none), ``format``, ``word``, ``signed`` ("secret", "other secret", "not") and ``copy``
        (2 for the second time).
    ``kept``
        A status that is never posted, on purpose: ``event``, ``wamid``, ``word``.
    ``cut``
        What happened while the webhook was cut, and nobody was told: ``event``, ``wamid``,
        ``word``.
    ``missed``
        A line of a script that could not be done: ``act``, ``to``, ``reason``.

    Args:
        path: the file; it is made when it is not there, and continued when it is. None keeps the
            entries in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._memory: list[str] = []
        self._lock = threading.Lock()
        self._file = -1
        if path is not None:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            self._file = os.open(path, flags, 0o600)

    def write(self, kind: str, at: float, **fields: Any) -> None:
        """Add an entry."""
        line = json.dumps({"kind": kind, "at": at, **fields}, ensure_ascii=False)
        with self._lock:
            if self._file < 0:
                self._memory.append(line)
                return
            # Past every buffer of ours: what a killed process wrote is in the file.
            rest = memoryview(f"{line}\n".encode())
            while rest:
                rest = rest[os.write(self._file, rest) :]

    def entries(self, kind: str = "") -> list[dict[str, Any]]:
        """All entries, or those of one kind, in their order."""
        if self.path is not None:
            return read(self.path, kind)
        with self._lock:
            return _parsed(list(self._memory), kind)

    def close(self) -> None:
        """Close the file; later entries are kept in memory."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1


def read(path: Path, kind: str = "") -> list[dict[str, Any]]:
    """The entries of a ledger that another process writes, or wrote; without a torn last line."""
    text = path.read_text(encoding="utf-8")
    return _parsed(text.split("\n")[:-1], kind)


def _parsed(lines: list[str], kind: str) -> list[dict[str, Any]]:
    entries = [json.loads(line) for line in lines]
    return [entry for entry in entries if not kind or entry["kind"] == kind]
