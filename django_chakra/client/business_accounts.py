"""WhatsApp Business Accounts. No page documents them; they were seen in the field."""

from __future__ import annotations

from typing import Any

from .resource import Page, Resource

ACCOUNTS = "/v1/ext/whatsapp-business-account"


class BusinessAccounts(Resource):
    """Which WhatsApp Business Accounts a plugin has."""

    def list(self, *, plugin_id: str | None = None, **extra: Any) -> Page:
        """All WhatsApp Business Accounts of a plugin.

        https://apidocs.chakrahq.com (seen in the field)

        Args:
            plugin_id: instead of the client's.
            extra: further keys of the query.

        Returns:
            Objects with ``id`` (Meta's), ``name``, ``chakraStatus``.
        """
        query = {"pluginId": self._own("plugin_id", plugin_id), **extra}
        return self._page("GET", ACCOUNTS, query=query)
