"""Messages made from an approved template: the only kind outside the window of 24 hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .payloads import message, phone
from .resource import Resource, body_of

FOR_PHONE_NUMBER = "/v1/ext/plugin/whatsapp/{plugin_id}/phoneNumber/{to}/send-template-message"
FOR_PROCESS = (
    "/v1/ext/plugin/whatsapp/{plugin_id}/process/{procedure}/{process}/send-template-message"
)

#: Values for a template's variables by their name ("1" for ``{{1}}``), or in order.
Variables = Mapping[str, Any] | Iterable[Any]


class TemplateMessages(Resource):
    """Send a template to a phone number, for a process, or as Meta writes it."""

    def send(
        self,
        *,
        to: str,
        template: str,
        language: str | None = None,
        body: Variables | None = None,
        header: Variables | None = None,
        buttons: Variables | None = None,
        plugin_id: str | None = None,
        phone_number_id: str | None = None,
        **extra: Any,
    ) -> Any:
        """Send a template to a phone number.

        https://apidocs.chakrahq.com/api-11312774 (documented)

        Args:
            to: phone number in any spelling.
            template: name of an approved template.
            language: needed where the name exists in several languages ("en", "pt_BR").
            body: values of the body's variables; ``header`` and ``buttons`` likewise.
            plugin_id: instead of the client's.
            phone_number_id: number to send from, instead of the client's.
            extra: ``imageUrl``, ``videoUrl``, ``documentUrl`` and ``filename`` for a header with
                media; ``locationLatitude``, ``locationLongitude``, ``locationName`` and
                ``locationAddress`` for one with a place; ``otpCode`` for authentication.

        Returns:
            Chakra's message; ``externalId`` is its wamid.

        Raises:
            ApiError: the call failed; after ``NoAnswer`` or ``ServerError`` it may have been sent.
        """
        path = self._path(
            FOR_PHONE_NUMBER, plugin_id=self._own("plugin_id", plugin_id), to=phone(to)
        )
        sent = self._body(template, language, body, header, buttons, phone_number_id, extra)
        return self._data("POST", path, json=sent)

    def send_for_process(
        self,
        procedure: str,
        process: str,
        *,
        template: str,
        language: str | None = None,
        body: Variables | None = None,
        header: Variables | None = None,
        buttons: Variables | None = None,
        plugin_id: str | None = None,
        phone_number_id: str | None = None,
        **extra: Any,
    ) -> Any:
        """Send a template to the phone number of a process.

        https://apidocs.chakrahq.com/api-11312599 (documented; the answer is unverified)

        Args:
            procedure: short id of the procedure ("lead").
            process: primary key ("LEAD-000001") or UUID of the process.
            template: see :meth:`send`, also for the others.

        Returns:
            Most likely the same as :meth:`send`.
        """
        path = self._path(
            FOR_PROCESS,
            plugin_id=self._own("plugin_id", plugin_id),
            procedure=procedure,
            process=process,
        )
        sent = self._body(template, language, body, header, buttons, phone_number_id, extra)
        return self._data("POST", path, json=sent)

    def send_in_meta_format(
        self,
        *,
        to: str,
        template: Mapping[str, Any],
        plugin_id: str | None = None,
        phone_number_id: str | None = None,
        **extra: Any,
    ) -> Any:
        """Send a template written as Meta writes it.

        https://apidocs.chakrahq.com/api-26944128 (documented)

        Args:
            to: phone number in any spelling.
            template: ``{"name": …, "language": {"code": …}, "components": […]}``.
            plugin_id: instead of the client's.
            phone_number_id: number to send from, instead of the client's.
            extra: further keys of the body.

        Returns:
            See :meth:`SessionMessages.send <.session_messages.SessionMessages.send>`.
        """
        return self._client.session_messages.send_body(
            message("template", template, to=to, **extra),
            plugin_id=plugin_id,
            phone_number_id=phone_number_id,
        )

    def _body(
        self,
        template: str,
        language: str | None,
        body: Variables | None,
        header: Variables | None,
        buttons: Variables | None,
        phone_number_id: str | None,
        extra: Mapping[str, Any],
    ) -> dict[str, Any]:
        values = {
            "whatsappPhoneNumberId": self._own("phone_number_id", phone_number_id),
            "templateName": template,
            "language": language,
            "mapping": _mapping(body),
            "headerMapping": _mapping(header),
            "buttonMapping": _mapping(buttons),
        }
        return body_of(values, extra)


def _mapping(values: Variables | None) -> list[dict[str, Any]] | None:
    """Variables as Chakra writes them; those in order are "1", "2", …"""
    if values is None:
        return None
    named = values if isinstance(values, Mapping) else dict(_numbered(values))
    return [
        {"schemaPropertyName": name, "schemaPropertyValue": value} for name, value in named.items()
    ]


def _numbered(values: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    return ((str(number), value) for number, value in enumerate(values, 1))
