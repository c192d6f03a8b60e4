"""Voice calls: Meta's own bodies and answers. No page documents them; the official SDK has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..exceptions import ValidationFailed
from .payloads import phone
from .resource import Resource, body_of

BASE = "/v1/whatsapp/{api_version}/{phone_number_id}"


class Calling(Resource):
    """Settings, permissions, and the steps of a call."""

    def settings(
        self,
        *,
        include_sip_credentials: bool = False,
        phone_number_id: str | None = None,
        **extra: Any,
    ) -> Any:
        """Settings for calls.

        https://apidocs.chakrahq.com (from the official SDK)

        Args:
            include_sip_credentials: also the SIP password; take care where it goes.
            phone_number_id: instead of the client's.
            extra: further keys of the query.

        Returns:
            ``{"calling": {…}, …}``.
        """
        query = {"include_sip_credentials": "true" if include_sip_credentials else None}
        path = self._of_number("/settings", phone_number_id)
        return self._data("GET", path, query=body_of(query, extra))

    def update_settings(
        self, *, calling: Mapping[str, Any], phone_number_id: str | None = None, **extra: Any
    ) -> Any:
        """Change the settings for calls.

        https://apidocs.chakrahq.com (from the official SDK)

        Args:
            calling: ``status``, ``call_icon_visibility``, ``callback_permission_status``,
                ``call_hours``, ``sip``.
            phone_number_id: instead of the client's.
            extra: further keys of the body.

        Returns:
            ``{"success": true}``.
        """
        path = self._of_number("/settings", phone_number_id)
        return self._data("POST", path, json=body_of({"calling": calling}, extra))

    def permissions(
        self,
        *,
        user_wa_id: str | None = None,
        recipient: str | None = None,
        phone_number_id: str | None = None,
        **extra: Any,
    ) -> Any:
        """Whether a person may be called.

        https://apidocs.chakrahq.com (from the official SDK)

        Args:
            user_wa_id: the person's number, in any spelling;
            recipient: or their business-scoped user id.
            phone_number_id: instead of the client's.
            extra: further keys of the query.

        Raises:
            ValidationFailed: neither or both of the person's names are given.
        """
        _only_one(user_wa_id=user_wa_id, recipient=recipient)
        number = user_wa_id and phone(user_wa_id, "user_wa_id")
        query = {"user_wa_id": number, "recipient": recipient}
        path = self._of_number("/call_permissions", phone_number_id)
        return self._data("GET", path, query=body_of(query, extra))

    def connect(
        self,
        *,
        sdp: str,
        to: str | None = None,
        recipient: str | None = None,
        phone_number_id: str | None = None,
        **extra: Any,
    ) -> Any:
        """Call a person who allowed it.

        https://apidocs.chakrahq.com (from the official SDK)

        Args:
            sdp: our offer.
            to: the person's number, in any spelling;
            recipient: or their business-scoped user id.
            phone_number_id: number to call from, instead of the client's.
            extra: ``biz_opaque_callback_data``, ``recording``, ``transcription``.

        Returns:
            ``{"calls": [{"id": …}], …}``.

        Raises:
            ValidationFailed: neither or both of the person's names are given.
        """
        _only_one(to=to, recipient=recipient)
        values = {"to": to and phone(to), "recipient": recipient, "session": _session("offer", sdp)}
        return self._act("connect", values, phone_number_id, extra)

    def pre_accept(
        self, call_id: str, *, sdp: str, phone_number_id: str | None = None, **extra: Any
    ) -> Any:
        """Open the way for sound before a call is accepted, so that its beginning is heard.

        https://apidocs.chakrahq.com (from the official SDK)

        Args:
            call_id: from the event that reported the call.
            sdp: our answer.
            phone_number_id: number that is called, instead of the client's.
            extra: further keys of the body.
        """
        values = {"call_id": call_id, "session": _session("answer", sdp)}
        return self._act("pre_accept", values, phone_number_id, extra)

    def accept(
        self, call_id: str, *, sdp: str, phone_number_id: str | None = None, **extra: Any
    ) -> Any:
        """Take a call.

        https://apidocs.chakrahq.com (from the official SDK)

        Args:
            call_id: see :meth:`pre_accept`, also for the others.
        """
        values = {"call_id": call_id, "session": _session("answer", sdp)}
        return self._act("accept", values, phone_number_id, extra)

    def reject(self, call_id: str, *, phone_number_id: str | None = None, **extra: Any) -> Any:
        """Turn a call down.

        https://apidocs.chakrahq.com (from the official SDK)

        Args:
            call_id: see :meth:`pre_accept`, also for the others.
        """
        return self._act("reject", {"call_id": call_id}, phone_number_id, extra)

    def terminate(self, call_id: str, *, phone_number_id: str | None = None, **extra: Any) -> Any:
        """End a call.

        https://apidocs.chakrahq.com (from the official SDK)

        Args:
            call_id: see :meth:`pre_accept`, also for the others.
        """
        return self._act("terminate", {"call_id": call_id}, phone_number_id, extra)

    def _act(
        self,
        action: str,
        values: Mapping[str, Any],
        phone_number_id: str | None,
        extra: Mapping[str, Any],
    ) -> Any:
        sent = {"messaging_product": "whatsapp", "action": action, **values}
        path = self._of_number("/calls", phone_number_id)
        return self._data("POST", path, json=body_of(sent, extra))

    def _of_number(self, rest: str, phone_number_id: str | None) -> str:
        number = self._own("phone_number_id", phone_number_id)
        base = self._path(BASE, api_version=self._own("api_version"), phone_number_id=number)
        return base + rest


def _session(kind: str, sdp: str) -> dict[str, str]:
    return {"sdp_type": kind, "sdp": sdp}


def _only_one(**given: str | None) -> None:
    if sum(bool(value) for value in given.values()) != 1:
        names = " or ".join(given)
        raise ValidationFailed(f"Either {names} must be given, and not both", field=names)
