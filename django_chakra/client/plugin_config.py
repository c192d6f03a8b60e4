"""What a WhatsApp plugin sends, and where to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .resource import Resource, body_of

READ = "/v1/ext/plugin/whatsapp/{plugin_id}/config"
WRITE = "/v1/ext/plugin/whatsapp/{plugin_id}/update-config"

#: All keys that may be written, as far as known.
KEYS = (
    "passThroughWebhookUrl",
    "enableMessageEchoesForPassThroughWebhook",
    "enableSendMessageTemplateEventForPassThroughWebhook",
    "enableChakraWebhook",
    "chakraWebhookUrl",
    "whichChakraWebhookEventsToSend",
)


class PluginConfig(Resource):
    """The webhooks of a plugin. The menu names both calls; all else was seen in the field."""

    def read(self, *, plugin_id: str | None = None) -> Any:
        """The configuration.

        https://apidocs.chakrahq.com (path and answer were seen in the field)

        Args:
            plugin_id: instead of the client's.

        Returns:
            At least ``passThroughWebhookUrl`` and ``chakraWebhookUrl``.
        """
        return self._data("GET", self._path(READ, plugin_id=self._own("plugin_id", plugin_id)))

    def update(
        self,
        *,
        pass_through_url: str | None = None,
        pass_through_echoes: bool | None = None,
        pass_through_template_events: bool | None = None,
        chakra_enabled: bool | None = None,
        chakra_url: str | None = None,
        chakra_events: Sequence[str] | None = None,
        plugin_id: str | None = None,
        **extra: Any,
    ) -> Any:
        """Change what is given, and keep the rest.

        Whether the platform keeps keys that are left out is unknown. So the configuration is
        read first, and all known keys (:data:`KEYS`) are written; somebody's change in between
        is lost. Keys that the answer to reading does not show can't be kept.

        https://apidocs.chakrahq.com (path and body were seen in the field)

        Args:
            pass_through_url: where Meta's events go; "" to take it away.
            pass_through_echoes: also events of messages that were sent.
            pass_through_template_events: also an event for each template that was sent.
            chakra_enabled: whether Chakra's own events are sent.
            chakra_url: where to.
            chakra_events: which: "message", "status", "message_echo", "smb_message_echo".
            plugin_id: instead of the client's.
            extra: further keys of the body.

        Returns:
            ``{"success": true}``.
        """
        plugin = self._own("plugin_id", plugin_id)
        given = (
            pass_through_url, pass_through_echoes, pass_through_template_events,
            chakra_enabled, chakra_url, None if chakra_events is None else list(chakra_events),
        )  # fmt: skip
        changes = body_of(dict(zip(KEYS, given, strict=True)), extra)
        stored = self.read(plugin_id=plugin)
        kept = {key: stored.get(key) for key in KEYS} if isinstance(stored, dict) else {}
        return self._data("POST", self._path(WRITE, plugin_id=plugin), json=body_of(kept, changes))
