"""The team's WhatsApp numbers. No page documents them; they were seen in the field."""

from __future__ import annotations

from typing import Any

from .resource import Page, Resource

NUMBERS = "/v1/ext/whatsapp-phone-number"
NUMBER = "/v1/ext/whatsapp-phone-number/{phone_number_id}"


class PhoneNumbers(Resource):
    """Which numbers there are, and how they fare."""

    def list(self, **extra: Any) -> Page:
        """All numbers of the team, of all plugins.

        https://apidocs.chakrahq.com (seen in the field)

        Args:
            extra: keys of the query.

        Returns:
            Objects with ``id`` (Meta's), ``waba``, ``displayPhoneNumber``.
        """
        return self._page("GET", NUMBERS, query=extra)

    def get(self, phone_number_id: str | None = None) -> Any:
        """One number: name, quality, messaging limit, health.

        https://apidocs.chakrahq.com (seen in the field)

        Args:
            phone_number_id: instead of the client's.
        """
        number = self._own("phone_number_id", phone_number_id)
        return self._data("GET", self._path(NUMBER, phone_number_id=number))
