"""The team's configuration."""

from __future__ import annotations

from typing import Any

from .resource import Resource


class Config(Resource):
    """Procedures, attributes, roles, forms: what ids elsewhere stand for."""

    def fetch(self) -> Any:
        """The whole configuration.

        https://docs.chakrahq.com/platform/api (Fetch config; documented)

        Returns:
            ``team``, ``entities``, ``procedures``, ``attributes``, ``roles``, ``taskTypes``, …
        """
        return self._data("GET", "/v1/ext/config")
