"""One connection to the broker for the wake-ups of a process, with timeouts of its own.

Celery's would wait as long as the host's settings let it, and try again meanwhile.
"""

from __future__ import annotations

import contextlib
from typing import Any

from celery import current_app

from .. import tasks

#: Seconds that connecting may take, and that the broker may be silent.
SECONDS = 2.0


class Publisher:
    """Publishes wake-ups over a connection that it opens when it needs one. For one thread."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._producer: Any = None

    def publish(self, task: str, *, countdown: float) -> None:
        """Publish one wake-up; over a new connection where the old one turns out to be dead.

        Raises:
            Exception: whatever broker, network or Celery's settings give.
        """
        if current_app.conf.task_always_eager:
            return  # It would run here, in a thread of the web process.
        was_open = self._producer is not None
        try:
            self._send(task, countdown)
        except Exception:
            self.close()
            if not was_open:
                raise
            # Brokers, and what stands before them, close what was quiet for a while.
            try:
                self._send(task, countdown)
            except Exception:
                self.close()
                raise

    def close(self) -> None:
        """Close the connection. Never raises."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.release()

    def _send(self, task: str, countdown: float) -> None:
        producer = self._producer or self._open()
        # The names of the tasks are those in this package.
        getattr(tasks, task).apply_async(
            countdown=countdown or None, retry=False, producer=producer
        )

    def _open(self) -> Any:
        kind = current_app.connection_for_write().transport.driver_type
        self._connection = current_app.connection_for_write(
            connect_timeout=SECONDS, transport_options=_options(kind)
        )
        self._connection.ensure_connection(max_retries=0, timeout=SECONDS)
        if kind == "amqp":
            # Its own timeout is tried again for ever while it waits for an answer.
            self._connection.connection.sock.settimeout(SECONDS)
        self._producer = current_app.amqp.Producer(self._connection.channel(), auto_declare=False)
        return self._producer


def _options(kind: str) -> dict[str, Any]:
    """What the transport has to be told, beside what the host's settings tell it."""
    if kind == "redis":
        return {"socket_connect_timeout": SECONDS, "socket_timeout": SECONDS}
    if kind == "amqp":
        # Else a broker that is gone is found out one wake-up later.
        return {"confirm_publish": True, "write_timeout": SECONDS}
    return {}
