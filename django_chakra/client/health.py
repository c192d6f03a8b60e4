"""Whether the platform is there."""

from __future__ import annotations

from typing import Any

from .resource import Resource


class Health(Resource):
    """Is the platform there, and does it take the token?"""

    def check(self) -> Any:
        """Ask the platform for a sign of life.

        https://apidocs.chakrahq.com (no page; the official n8n node tests tokens with it)

        Returns:
            The shape is unverified.
        """
        return self._data("GET", "/v1/health")
