"""Connecting customers' WhatsApp accounts, for partners."""

from __future__ import annotations

from typing import Any

from .resource import Resource, body_of

CONNECT_TOKEN = "/v1/ext/whatsapp-partner/create-connect-token"  # noqa: S105  a path, no token


class Partner(Resource):
    """Tokens for the connect widget, and disconnecting an account."""

    def create_connect_token(
        self,
        *,
        plugin_id: str | None = None,
        new_plugin_name: str | None = None,
        client_reference_id: str | None = None,
        client_name: str | None = None,
        client_email: str | None = None,
        **extra: Any,
    ) -> Any:
        """A token with which the widget in a browser connects a number; it lasts an hour.

        https://apidocs.chakrahq.com/api-28220708 (the menu names it; path and body were seen in
        the field)

        Args:
            plugin_id: a plugin that is there; the client's, unless a new one is named.
            new_plugin_name: name of a plugin to create.
            client_reference_id: your own id of the customer, for a new plugin.
            client_name: the customer's name.
            client_email: the customer's address.
            extra: further keys of the body.

        Returns:
            ``{"connectToken": …}``.
        """
        sent = {
            "pluginId": plugin_id if new_plugin_name else self._own("plugin_id", plugin_id),
            "newPluginName": new_plugin_name,
            "clientReferenceId": client_reference_id,
            "clientName": client_name,
            "clientEmail": client_email,
        }
        return self._data("POST", CONNECT_TOKEN, json=body_of(sent, extra))

    def disconnect_waba(self, *, waba_id: str | None = None, **body: Any) -> Any:
        """Disconnect a WhatsApp Business Account.

        https://apidocs.chakrahq.com/api-34338973 (POST; path and body are unverified)

        Args:
            waba_id: instead of the client's; ``{waba_id}`` in the path.
            body: all keys of the body.

        Raises:
            PathUnverified: ``paths["partner.disconnect_waba"]`` is not set.
        """
        given = {"waba_id": waba_id} if waba_id else {}
        method, path = self._unverified("POST", "partner.disconnect_waba", **given)
        return self._data(method, path, json=body)
