"""Message templates of a WhatsApp Business Account; Meta's own answers, without an envelope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .resource import Resource, body_of, by_cursor

TEMPLATES = "/v1/ext/plugin/whatsapp/api/{api_version}/{waba_id}/message_templates"
TEMPLATE = "/v1/ext/plugin/whatsapp/api/{api_version}/{template_id}"


class MessageTemplates(Resource):
    """Write templates and hand them in for review."""

    def create(
        self,
        *,
        name: str,
        language: str,
        category: str,
        components: Sequence[Mapping[str, Any]],
        waba_id: str | None = None,
        **extra: Any,
    ) -> Any:
        """Create a template; Meta reviews it before it may be sent.

        https://apidocs.chakrahq.com/api-17615301 (documented)

        Args:
            name: lower case letters, digits and underscores.
            language: "en", "pt_BR", …
            category: "UTILITY", "MARKETING" or "AUTHENTICATION".
            components: header, body, footer and buttons, as Meta writes them.
            waba_id: instead of the client's.
            extra: ``parameter_format`` ("NAMED" or "POSITIONAL") and further keys of the body.

        Returns:
            ``{"id": …, "status": …, "category": …}``.
        """
        sent = {
            "name": name,
            "language": language,
            "category": category,
            "components": list(components),
        }
        return self._data("POST", self._templates(waba_id), json=body_of(sent, extra))

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        fields: str | None = None,
        waba_id: str | None = None,
        **extra: Any,
    ) -> Any:
        """One page of the templates.

        https://apidocs.chakrahq.com/api-17615391 (the menu names it; the path was seen in the
        field)

        Args:
            limit: entries of a page.
            after: cursor of the page before (``paging.cursors.after``).
            fields: names with commas between them.
            waba_id: instead of the client's.
            extra: further filters of Meta's (``status``, ``category``, ``name``).

        Returns:
            ``{"data": […], "paging": {…}}``.
        """
        query = {"limit": limit, "after": after, "fields": fields}
        return self._data("GET", self._templates(waba_id), query=body_of(query, extra))

    def list_all(
        self, *, limit: int = 100, waba_id: str | None = None, **extra: Any
    ) -> Iterator[Any]:
        """Every template; a page is asked for when it is needed.

        https://apidocs.chakrahq.com/api-17615391

        Args:
            limit: see :meth:`list`, also for the others.
        """
        return by_cursor(lambda after: self._page_at(after, limit, waba_id, extra))

    def update(
        self,
        template_id: str,
        *,
        components: Sequence[Mapping[str, Any]] | None = None,
        category: str | None = None,
        **extra: Any,
    ) -> Any:
        """Change a template; Meta reviews it again.

        https://apidocs.chakrahq.com/api-17615603 (documented)

        Args:
            template_id: Meta's id of the template.
            components: all of them, not only the changed ones.
            category: the new one.
            extra: further keys of the body.

        Returns:
            ``{"success": true}``.
        """
        path = self._path(TEMPLATE, api_version=self._own("api_version"), template_id=template_id)
        sent = {"components": components and list(components), "category": category}
        return self._data("POST", path, json=body_of(sent, extra))

    def delete(
        self,
        *,
        name: str,
        template_id: str | None = None,
        waba_id: str | None = None,
        **extra: Any,
    ) -> Any:
        """Delete a template: in all languages, unless ``template_id`` names one.

        https://apidocs.chakrahq.com/api-17615391 (Chakra does not document deleting; one
        integrator used it: unverified)

        Args:
            name: of the template.
            template_id: Meta's id, to delete only this language.
            waba_id: instead of the client's.
            extra: further keys of the query.

        Returns:
            ``{"success": true}``.
        """
        query = {"name": name, "hsm_id": template_id}
        return self._data("DELETE", self._templates(waba_id), query=body_of(query, extra))

    def _page_at(
        self, after: str | None, limit: int, waba_id: str | None, extra: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        answer = self.list(limit=limit, after=after, waba_id=waba_id, **extra)
        return answer if isinstance(answer, dict) else {}

    def _templates(self, waba_id: str | None) -> str:
        return self._path(
            TEMPLATES,
            api_version=self._own("api_version"),
            waba_id=self._own("waba_id", waba_id),
        )
