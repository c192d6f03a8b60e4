"""Groups. The menu names eleven calls, and no path; bodies are those of Meta's counterparts.

What reads tries the path that Meta's call would have behind Chakra's; what changes needs
``paths["groups.…"]`` to be set, and raises ``PathUnverified`` before. A path may name
``{group_id}`` and what the client knows: ``{plugin_id}``, ``{phone_number_id}``,
``{api_version}``. Numbers in coexistence can't have groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .resource import Resource, body_of, by_cursor

GROUPS = "/v1/ext/plugin/whatsapp/{plugin_id}/api/{api_version}/{phone_number_id}/groups"
GROUP = "/v1/ext/plugin/whatsapp/{plugin_id}/api/{api_version}/{group_id}"


class Groups(Resource):
    """Groups of a number: https://apidocs.chakrahq.com (Groups). All of it is unverified."""

    def create(self, *, subject: str, description: str | None = None, **extra: Any) -> Any:
        """Create a group.

        https://apidocs.chakrahq.com (unverified)

        Args:
            subject: name of the group.
            description: what it is for.
            extra: ``join_approval_mode`` and further keys of the body.
        """
        sent = {"messaging_product": "whatsapp", "subject": subject, "description": description}
        return self._change("POST", "create", body_of(sent, extra))

    def list(self, *, limit: int | None = None, after: str | None = None, **extra: Any) -> Any:
        """One page of the groups.

        https://apidocs.chakrahq.com (unverified)

        Args:
            limit: entries of a page.
            after: cursor of the page before.
            extra: further keys of the query.
        """
        method, path = self._unverified("GET", "groups.list", GROUPS)
        return self._data(method, path, query=body_of({"limit": limit, "after": after}, extra))

    def list_all(self, *, limit: int = 100, **extra: Any) -> Iterator[Any]:
        """Every group; a page is asked for when it is needed.

        https://apidocs.chakrahq.com (unverified; ``data`` and cursors as in Meta's lists)

        Args:
            limit: see :meth:`list`, also for the others.
        """
        return by_cursor(lambda after: self._page_at(after, limit, extra))

    def get(self, group_id: str, *, fields: str | None = None, **extra: Any) -> Any:
        """What is known of a group.

        https://apidocs.chakrahq.com (unverified)

        Args:
            group_id: Meta's id of the group.
            fields: names with commas between them.
            extra: further keys of the query.
        """
        method, path = self._unverified("GET", "groups.get", GROUP, group_id=group_id)
        return self._data(method, path, query=body_of({"fields": fields}, extra))

    def update(
        self,
        group_id: str,
        *,
        subject: str | None = None,
        description: str | None = None,
        **extra: Any,
    ) -> Any:
        """Change a group's settings.

        https://apidocs.chakrahq.com (unverified)

        Args:
            group_id: Meta's id of the group.
            subject: its new name.
            description: its new description.
            extra: further keys of the body.
        """
        sent = {"messaging_product": "whatsapp", "subject": subject, "description": description}
        return self._change("POST", "update", body_of(sent, extra), group_id=group_id)

    def delete(self, group_id: str) -> Any:
        """Delete a group.

        https://apidocs.chakrahq.com (unverified)
        """
        return self._change("DELETE", "delete", group_id=group_id)

    def invite_link(self, group_id: str) -> Any:
        """The link by which people join a group.

        https://apidocs.chakrahq.com (unverified)
        """
        method, path = self._unverified(
            "GET", "groups.invite_link", f"{GROUP}/invite_link", group_id=group_id
        )
        return self._data(method, path)

    def reset_invite_link(self, group_id: str) -> Any:
        """Make a new link; the old one no longer works.

        https://apidocs.chakrahq.com (unverified)
        """
        sent = {"messaging_product": "whatsapp"}
        return self._change("POST", "reset_invite_link", sent, group_id=group_id)

    def join_requests(self, group_id: str, **extra: Any) -> Any:
        """Who asks to join a group.

        https://apidocs.chakrahq.com (unverified)

        Args:
            group_id: Meta's id of the group.
            extra: keys of the query.
        """
        method, path = self._unverified(
            "GET", "groups.join_requests", f"{GROUP}/join_requests", group_id=group_id
        )
        return self._data(method, path, query=extra)

    def approve_join_requests(
        self, group_id: str, *, join_requests: Sequence[str], **extra: Any
    ) -> Any:
        """Let people in.

        https://apidocs.chakrahq.com (unverified)

        Args:
            group_id: Meta's id of the group.
            join_requests: ids of the requests.
            extra: further keys of the body.
        """
        sent = {"messaging_product": "whatsapp", "join_requests": [*join_requests]}
        return self._change(
            "POST", "approve_join_requests", body_of(sent, extra), group_id=group_id
        )

    def reject_join_requests(
        self, group_id: str, *, join_requests: Sequence[str], **extra: Any
    ) -> Any:
        """Turn people away.

        https://apidocs.chakrahq.com (unverified)

        Args:
            group_id: see :meth:`approve_join_requests`, also for the others.
        """
        sent = {"messaging_product": "whatsapp", "join_requests": [*join_requests]}
        return self._change(
            "DELETE", "reject_join_requests", body_of(sent, extra), group_id=group_id
        )

    def remove_participants(
        self, group_id: str, *, participants: Sequence[str], **extra: Any
    ) -> Any:
        """Remove people from a group.

        https://apidocs.chakrahq.com (unverified)

        Args:
            group_id: Meta's id of the group.
            participants: their phone numbers or ids.
            extra: further keys of the body.
        """
        people = [{"user": participant} for participant in participants]
        sent = {"messaging_product": "whatsapp", "participants": people}
        return self._change(
            "DELETE", "remove_participants", body_of(sent, extra), group_id=group_id
        )

    def _change(
        self, method: str, name: str, sent: Mapping[str, Any] | None = None, **segments: str
    ) -> Any:
        asked = self._unverified(method, f"groups.{name}", None, **segments)
        return self._data(*asked, json=sent)

    def _page_at(
        self, after: str | None, limit: int, extra: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        answer = self.list(limit=limit, after=after, **extra)
        return answer if isinstance(answer, dict) else {}
