"""The pool of connections: none is used again that the other side may have closed meanwhile."""

from __future__ import annotations

import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

#: Seconds after which a connection is not used again. A server that closed it in between answers
#: nothing, after the body has left: then nobody could tell whether a write was taken.
MAX_IDLE = 2.0


class Told:
    """A connection that tells a failure to connect from all that may come after the request left.

    Of itself it raises the same for a handshake that failed and for an answer that can't be
    deciphered, and after the second the request may have been taken.
    """

    def connect(self) -> None:
        """Called before the first byte of a request leaves."""
        try:
            super().connect()  # type: ignore[misc]  # of the connection beside it
        except (NewConnectionError, ConnectTimeoutError):
            raise
        except (OSError, ValueError, HTTPError) as error:
            connection: Any = self
            connection.close()
            raise NewConnectionError(connection, type(error).__name__) from error


class _HTTP(Told, HTTPConnection):
    pass


class _HTTPS(Told, HTTPSConnection):
    pass


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
    ConnectionCls = _HTTP


class _HTTPSPool(_Fresh, HTTPSConnectionPool):
    ConnectionCls = _HTTPS


_POOLS: dict[str, Any] = {"http": _HTTPPool, "https": _HTTPSPool}


class _Pools(PoolManager):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pool_classes_by_scheme = _POOLS


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


class Session(requests.Session):
    """requests' own session, without its redirects.

    Also where they are not to be followed it looks at where they lead, for which it reads their
    body whole, and raises what is none of its exceptions over a URL that is none.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere."""

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """The same pools where the way leads through a proxy."""
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)  # type: ignore[misc]  # not in the stubs
        manager.pool_classes_by_scheme = _POOLS
        return manager
