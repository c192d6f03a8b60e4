"""Leads: processes of the procedure "lead"; the team needs the lead module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .payloads import phone
from .resource import Resource, body_of

LEADS = "/v1/ext/procedure/lead/process"


class Leads(Resource):
    """Create leads, and change them by phone number."""

    def create(
        self,
        *,
        name: str | None = None,
        phone_number: str | None = None,
        email: str | None = None,
        data: Mapping[str, Any] | None = None,
        **extra: Any,
    ) -> Any:
        """Create a lead.

        https://apidocs.chakrahq.com/api-21235605 (documented; the answer is unverified)

        Args:
            name: of the lead.
            phone_number: as the team writes it; sent as it is given.
            email: of the lead.
            data: further attributes, by their short ids.
            extra: keys beside ``data`` (``status``, ``state``, ``assignedTo``).

        Returns:
            Most likely the process.
        """
        values = {"name": name, "phone_number": phone_number, "email": email}
        sent = {"data": body_of(values, data or {})}
        return self._data("POST", LEADS, json=body_of(sent, extra))

    def update_by_phone(
        self, phone_number: str, *, data: Mapping[str, Any] | None = None, **extra: Any
    ) -> Any:
        """Change the lead with this phone number.

        https://apidocs.chakrahq.com (the menu names it: PUT; path, body and answer are
        unverified). Where the phone number is a primary key of leads, ``processes.update_by_key``
        does the same, and is documented.

        Args:
            phone_number: in any spelling; ``{phone_number}`` in the path.
            data: attributes to change, by their short ids.
            extra: keys beside ``data``.

        Raises:
            PathUnverified: ``paths["leads.update_by_phone"]`` is not set.
        """
        number = phone(phone_number, "phone_number")
        method, path = self._unverified("PUT", "leads.update_by_phone", phone_number=number)
        return self._data(method, path, json=body_of({"data": data}, extra))
