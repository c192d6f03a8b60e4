"""The pool of connections: none is used again that the other side may have closed meanwhile."""

from __future__ import annotations

import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager

#: Seconds after which a connection is not used again. A server that closed it in between answers
#: nothing, after the body has left: then nobody could tell whether a write was taken.
MAX_IDLE = 2.0


class _Fresh:
    """Of the connections that are there, only those used just now."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)  # type: ignore[misc]  # of the pool beside it
        idle_since = getattr(connection, "idle_since", None)
        if idle_since is not None and time.monotonic() - idle_since > MAX_IDLE:
            connection.close()  # It connects anew by itself.
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)  # type: ignore[misc]


class _HTTPPool(_Fresh, HTTPConnectionPool):
    pass


class _HTTPSPool(_Fresh, HTTPSConnectionPool):
    pass


class _Pools(PoolManager):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


class Adapter(HTTPAdapter):
    """requests' own transport over such a pool, without tries of its own."""

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        """Called by requests when the adapter is made or unpickled."""
        self._pool_connections = connections
        self._pool_maxsize = maxsize
        self._pool_block = block
        self.poolmanager = _Pools(
            num_pools=connections, maxsize=maxsize, block=block, **pool_kwargs
        )
