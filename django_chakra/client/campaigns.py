"""Lead campaigns. The menu names two calls, and neither path nor body."""

from __future__ import annotations

from typing import Any

from .payloads import phone
from .resource import Resource


class Campaigns(Resource):
    """Put phone numbers into a lead campaign, and take them out."""

    def add_phone_number(self, campaign_id: str, phone_number: str, **body: Any) -> Any:
        """Add a phone number to a lead campaign.

        https://apidocs.chakrahq.com/api-27595176 (POST; all else is unverified)

        Args:
            campaign_id: ``{campaign_id}`` in the path.
            phone_number: ``{phone_number}`` in the path; in any spelling.
            body: all keys of the body.

        Raises:
            PathUnverified: ``paths["campaigns.add_phone_number"]`` is not set.
        """
        number = phone(phone_number, "phone_number")
        method, path = self._unverified(
            "POST", "campaigns.add_phone_number", campaign_id=campaign_id, phone_number=number
        )
        return self._data(method, path, json=body)

    def remove_phone_number(self, campaign_id: str, phone_number: str, **body: Any) -> Any:
        """Remove a phone number from a lead campaign.

        https://apidocs.chakrahq.com (the menu names it; even the method is unverified: DELETE,
        unless the path that is set begins with another one)

        Args:
            campaign_id: see :meth:`add_phone_number`, also for the others.

        Raises:
            PathUnverified: ``paths["campaigns.remove_phone_number"]`` is not set.
        """
        number = phone(phone_number, "phone_number")
        method, path = self._unverified(
            "DELETE", "campaigns.remove_phone_number",
            campaign_id=campaign_id, phone_number=number,
        )  # fmt: skip
        return self._data(method, path, json=body or None)
