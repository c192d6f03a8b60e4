"""Chakra's REST API: ``Chakra(token=…)``, and one attribute per resource. Imports no Django.

https://apidocs.chakrahq.com
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .answers import Answer
from .http import Http
from .resource import Page
from .waiting import Clock, Patience

if TYPE_CHECKING:
    from .background_jobs import BackgroundJobs
    from .business_accounts import BusinessAccounts
    from .calling import Calling
    from .campaigns import Campaigns
    from .chats import Chats
    from .config import Config
    from .flows_key import FlowsKey
    from .groups import Groups
    from .guard import Guard
    from .health import Health
    from .leads import Leads
    from .media import Media
    from .message_templates import MessageTemplates
    from .partner import Partner
    from .phone_numbers import PhoneNumbers
    from .photos import Photos
    from .plugin_config import PluginConfig
    from .processes import Processes
    from .session_messages import SessionMessages
    from .tasks import Tasks
    from .template_messages import TemplateMessages
    from .users import Users

__all__ = ["Answer", "Chakra", "Clock", "Page", "Patience"]

BASE_URL = "https://api.chakrahq.com"
API_VERSION = "v24.0"


class Chakra:
    """A client of Chakra's API, safe to share between threads, and not across a fork.

    Args:
        token: access token (Admin, API Keys); the token's role decides what it may do.
        plugin_id: UUID of the WhatsApp plugin, for what belongs to one.
        phone_number_id: Meta's id of the number to send from.
        waba_id: Meta's id of the WhatsApp Business Account.
        api_version: of Meta's API, in the paths of pass-through endpoints.
        timeout: seconds to connect, and between two bytes of the answer.
        patience: how often and for how long one call is tried (:class:`.http.Http`).
        requests_per_second: no more calls than this, beside a burst of one second's; 0 is no limit.
        guard: which URLs media may be fetched from; by default public hosts over HTTPS.
        paths: paths of endpoints that no documentation names, by endpoint ("groups.create").

    Every method returns the platform's data unwrapped, and raises an
    :class:`~django_chakra.exceptions.ApiError` when the call failed.
    """

    def __init__(
        self,
        *,
        token: str,
        plugin_id: str = "",
        phone_number_id: str = "",
        waba_id: str = "",
        api_version: str = API_VERSION,
        base_url: str = BASE_URL,
        timeout: tuple[float, float] = (5.0, 30.0),
        patience: Patience | None = None,
        requests_per_second: float = 0.0,
        paths: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.guard = guard
        self.plugin_id = plugin_id
        self.phone_number_id = phone_number_id
        self.waba_id = waba_id
        self.api_version = api_version
        self.paths = dict(paths or {})
        self.http = Http(
            token=token,
            base_url=base_url,
            timeout=timeout,
            patience=patience or Patience(),
            per_second=requests_per_second,
            clock=clock,
        )

    def __repr__(self) -> str:
        return f"<Chakra {self.http.base_url}>"

    def with_patience(self, patience: Patience) -> Chakra:
        """The same client, connections and pace, with another patience."""
        other = copy(self)
        # Resources that were made hold the client that they were made for.
        other.__dict__ = {
            name: value
            for name, value in self.__dict__.items()
            if not isinstance(getattr(type(self), name, None), cached_property)
        }
        other.http = copy(self.http)
        other.http.patience = patience
        return other

    def __enter__(self) -> Chakra:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def call(self, method: str, path: str, **sent: Any) -> Answer:
        """Any call, with what stood beside the data (``meta``, ``status``, ``headers``)."""
        return self.http.call(method, path, **sent)

    def request(self, method: str, path: str, **sent: Any) -> Any:
        """Any call, for endpoints that have no method here: the data of its answer.

        Args:
            method: "GET", "POST", …
            path: from the root of the API ("/v1/health").
            sent: ``query``, ``json``, ``files``, ``data``, and ``read=True`` for a POST that
                changes nothing and may be repeated.
        """
        return self.call(method, path, **sent).data

    # The resources, each imported when it is first used.

    @cached_property
    def background_jobs(self) -> BackgroundJobs:
        from .background_jobs import BackgroundJobs

        return BackgroundJobs(self)

    @cached_property
    def business_accounts(self) -> BusinessAccounts:
        from .business_accounts import BusinessAccounts

        return BusinessAccounts(self)

    @cached_property
    def calling(self) -> Calling:
        from .calling import Calling

        return Calling(self)

    @cached_property
    def campaigns(self) -> Campaigns:
        from .campaigns import Campaigns

        return Campaigns(self)

    @cached_property
    def chats(self) -> Chats:
        from .chats import Chats

        return Chats(self)

    @cached_property
    def config(self) -> Config:
        from .config import Config

        return Config(self)

    @cached_property
    def flows_key(self) -> FlowsKey:
        from .flows_key import FlowsKey

        return FlowsKey(self)

    @cached_property
    def groups(self) -> Groups:
        from .groups import Groups

        return Groups(self)

    @cached_property
    def health(self) -> Health:
        from .health import Health

        return Health(self)

    @cached_property
    def leads(self) -> Leads:
        from .leads import Leads

        return Leads(self)

    @cached_property
    def media(self) -> Media:
        from .media import Media

        return Media(self)

    @cached_property
    def message_templates(self) -> MessageTemplates:
        from .message_templates import MessageTemplates

        return MessageTemplates(self)

    @cached_property
    def partner(self) -> Partner:
        from .partner import Partner

        return Partner(self)

    @cached_property
    def phone_numbers(self) -> PhoneNumbers:
        from .phone_numbers import PhoneNumbers

        return PhoneNumbers(self)

    @cached_property
    def photos(self) -> Photos:
        from .photos import Photos

        return Photos(self)

    @cached_property
    def plugin_config(self) -> PluginConfig:
        from .plugin_config import PluginConfig

        return PluginConfig(self)

    @cached_property
    def processes(self) -> Processes:
        from .processes import Processes

        return Processes(self)

    @cached_property
    def session_messages(self) -> SessionMessages:
        from .session_messages import SessionMessages

        return SessionMessages(self)

    @cached_property
    def tasks(self) -> Tasks:
        from .tasks import Tasks

        return Tasks(self)

    @cached_property
    def template_messages(self) -> TemplateMessages:
        from .template_messages import TemplateMessages

        return TemplateMessages(self)

    @cached_property
    def users(self) -> Users:
        from .users import Users

        return Users(self)
