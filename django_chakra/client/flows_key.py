"""The business public key that WhatsApp Flows encrypt with."""

from __future__ import annotations

from typing import Any

from .resource import Resource, body_of

#: Meta's counterpart behind the path of the other pass-through endpoints: a guess.
LIKELY = (
    "/v1/ext/plugin/whatsapp/{plugin_id}/api/{api_version}/{phone_number_id}"
    "/whatsapp_business_encryption"
)


class FlowsKey(Resource):
    """Set and read the public key of a number. The menu names both calls, and no path."""

    def set(self, *, public_key: str, phone_number_id: str | None = None, **extra: Any) -> Any:
        """Set the public key.

        https://apidocs.chakrahq.com/api-26919938 (path and body are unverified)

        Args:
            public_key: RSA key of 2048 bits in PEM; sent as ``business_public_key``.
            phone_number_id: instead of the client's.
            extra: further keys of the body.

        Raises:
            PathUnverified: ``paths["flows_key.set"]`` is not set.
        """
        given = {"phone_number_id": phone_number_id} if phone_number_id else {}
        method, path = self._unverified("POST", "flows_key.set", **given)
        return self._data(method, path, json=body_of({"business_public_key": public_key}, extra))

    def get(self, *, phone_number_id: str | None = None) -> Any:
        """The public key, and whether its signature is valid.

        https://apidocs.chakrahq.com/api-26920714 (unverified: tries the likely path, unless
        ``paths["flows_key.get"]`` is set)

        Args:
            phone_number_id: instead of the client's.
        """
        given = {"phone_number_id": phone_number_id} if phone_number_id else {}
        method, path = self._unverified("GET", "flows_key.get", LIKELY, **given)
        return self._data(method, path)
