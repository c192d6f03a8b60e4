"""Chakra's REST API: ``Chakra(token=…)``, and one attribute per resource. Imports no Django.

https://apidocs.chakrahq.com
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .answers import Answer
from .http import Http
from .resource import Page
from .waiting import Clock, Patience

__all__ = ["Answer", "Chakra", "Clock", "Page", "Patience"]

BASE_URL = "https://api.chakrahq.com"
API_VERSION = "v24.0"


class Chakra:
    """A client of Chakra's API, safe to share between threads, and not across a fork.

    Args:
        token: access token (Admin, API Keys); the token's role decides what it may do.
        plugin_id: UUID of the WhatsApp plugin, for what belongs to one.
        phone_number_id: Meta's id of the number to send from.
        waba_id: Meta's id of the WhatsApp Business Account.
        api_version: of Meta's API, in the paths of pass-through endpoints.
        timeout: seconds to connect, and between two bytes of the answer.
        patience: how often and for how long one call is tried (:class:`.http.Http`).
        requests_per_second: never more calls than this; 0 is no limit.
        paths: paths of endpoints that no documentation names, by endpoint ("groups.create").

    Every method returns the platform's data unwrapped, and raises an
    :class:`~django_chakra.exceptions.ApiError` when the call failed.
    """

    def __init__(
        self,
        *,
        token: str,
        plugin_id: str = "",
        phone_number_id: str = "",
        waba_id: str = "",
        api_version: str = API_VERSION,
        base_url: str = BASE_URL,
        timeout: tuple[float, float] = (5.0, 30.0),
        patience: Patience | None = None,
        requests_per_second: float = 0.0,
        paths: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.plugin_id = plugin_id
        self.phone_number_id = phone_number_id
        self.waba_id = waba_id
        self.api_version = api_version
        self.paths = dict(paths or {})
        self.http = Http(
            token=token,
            base_url=base_url,
            timeout=timeout,
            patience=patience or Patience(),
            per_second=requests_per_second,
            clock=clock,
        )

    def __repr__(self) -> str:
        return f"<Chakra {self.http.base_url}>"

    def __enter__(self) -> Chakra:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def call(self, method: str, path: str, **sent: Any) -> Answer:
        """Any call, with what stood beside the data (``meta``, ``status``, ``headers``)."""
        return self.http.call(method, path, **sent)

    def request(self, method: str, path: str, **sent: Any) -> Any:
        """Any call, for endpoints that have no method here: the data of its answer.

        Args:
            method: "GET", "POST", …
            path: from the root of the API ("/v1/health").
            sent: ``query``, ``json``, ``files``, ``data``, and ``read=True`` for a POST that
                changes nothing and may be repeated.
        """
        return self.call(method, path, **sent).data
