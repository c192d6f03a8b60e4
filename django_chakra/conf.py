"""The ``CHAKRA`` setting as frozen dataclasses, read at use so that ``override_settings`` works.

The fields below are the reference: upper-case them for the key in the dict.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.utils.module_loading import import_string

from .exceptions import ConfigurationError, UnknownAccount

ALIAS = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
RUNNERS = ("inline", "worker", "celery")
#: The tasks of the Celery runner, and after how many seconds each is cut (the soft time limit).
TASKS: Mapping[str, float] = {
    # Receivers are told here: shorter than the leases (CLAIM_SECONDS, ANNOUNCE_SECONDS).
    "process": 40,
    "sweep": 40,
    # Longer than a request to the platform may take (SENDING_SECONDS).
    "send": 120,
    # Longer than a file may take, shorter than its lease.
    "download": 700,
    # As long as looking at all chats may take; what is cut goes on after another silence.
    "backfill": 1800,
}
DELIVERIES = ("live", "console", "off")
WINDOWS = ("refuse", "allow")
#: Hosts of this machine, as ``base_url`` may name them.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
META_SIGNATURE_RULES = ("required", "when_present")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One set of Chakra credentials: the tenant. Secrets never show in its repr."""

    alias: str
    #: Bearer token of Chakra's REST API (Admin, API Keys).
    access_token: str = field(default="", repr=False)
    #: UUID of the WhatsApp plugin ("Copy Plugin Id" on the WhatsApp Setup page).
    plugin_id: str = ""
    #: Meta's id of the number to send from when none is named.
    phone_number_id: str = ""
    #: Meta's id of the WhatsApp Business Account.
    waba_id: str = ""
    #: HMAC secrets of Chakra's team (Admin, Team, Secrets); several while one is replaced.
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    #: Secrets of the Meta app, to accept ``X-Hub-Signature-256`` as well.
    meta_app_secrets: tuple[str, ...] = field(default=(), repr=False)
    #: Meta-shaped calls without a signature: "required" refuses, "when_present" takes them.
    meta_signature: str = "required"
    #: Answers Meta's GET handshake; empty refuses it.
    verify_token: str = field(default="", repr=False)
    #: Take calls that carry no signature at all.
    allow_unsigned: bool = False
    #: A secret last segment of the webhook URL; a call without it gets 404.
    url_token: str = field(default="", repr=False)
    #: Paths of endpoints that no documentation names, by endpoint ("groups.create": "/v1/…").
    paths: Mapping[str, str] = field(default_factory=dict)
    #: Never more calls of the API than this, from one process; 0 is no limit.
    requests_per_second: float = 0.0
    #: Never more messages than this, from one process; 0 is no limit.
    messages_per_second: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything of ``CHAKRA`` but the accounts. Sizes are bytes, times are seconds."""

    #: "inline": after the answer, in the web process; "worker": ``chakra_process --watch``;
    #: "celery": Celery's workers.
    runner: str = "inline"
    #: With Celery: queue by task ("process", "send", …); the others go where Celery routes them.
    queues: Mapping[str, str] = field(default_factory=dict)
    #: With Celery: seconds by task after which it is cut; see ``TASKS``.
    task_seconds: Mapping[str, float] = field(default_factory=dict)
    #: Bodies above this get 413. Meta posts up to 3 MB.
    max_body_bytes: int = 4 * 1024 * 1024
    #: How many of the newest refused calls are kept per account and hour; 0 keeps none.
    refused_per_hour: int = 200
    #: A refused call with a longer body is not kept.
    refused_max_bytes: int = 256 * 1024
    #: A worker that is silent for so long has lost its calls to another one.
    claim_seconds: int = 60
    #: The same for the conversations that a worker is announcing.
    announce_seconds: int = 60
    #: After so many attempts a call is "failed" and waits for "process again".
    max_attempts: int = 10
    #: After so many attempts a receiver's failure is "given up" and shown as such.
    receiver_max_attempts: int = 10
    #: A receiver that takes longer is named in the log; 0 is never.
    receiver_warn_seconds: float = 10.0
    #: In ``chakra_process`` one that takes longer is interrupted; 0 is never. Shorter than the
    #: leases (``claim_seconds``, ``announce_seconds``).
    receiver_seconds: float = 30.0
    #: Longest wait between two attempts, for calls and receivers.
    max_delay_seconds: int = 3600
    #: A message that was on its way for longer is announced with ``late=True``.
    late_after: int = 24 * 3600
    #: "live" sends; "console" prints what would be sent; "off" sends nothing. Empty: "console"
    #: where ``DEBUG`` is on and ``base_url`` leads elsewhere than to this machine, else "live".
    delivery: str = ""
    #: The only recipients that anything is sent to (numbers in any spelling, BSUIDs, group ids);
    #: None is everybody.
    only_to: tuple[str, ...] | None = None
    #: What is no template outside the 24-hour window: "refuse" raises, "allow" lets the platform
    #: decide.
    window: str = "refuse"
    #: What a customer writes to get no more marketing, and to get it again. In any case.
    stop_words: tuple[str, ...] = ("stop", "unsubscribe")
    start_words: tuple[str, ...] = ("start", "unstop")
    #: A request to send that is silent for longer has an unknown end.
    sending_seconds: int = 120
    #: What has waited longer than this is not sent any more.
    send_within: int = 24 * 3600
    #: Rest between two messages to one recipient.
    recipient_seconds: float = 0.0
    #: Whether a template is compared with the platform's own, where ``chakra_templates`` has it.
    check_templates: bool = True
    #: Whether the files of messages are downloaded.
    download_media: bool = True
    #: Alias in ``STORAGES`` where they are kept; by default "chakra", where there is one.
    media_storage: str = ""
    #: Else the folder for them, by default "chakra-media" in ``BASE_DIR``.
    media_dir: str = ""
    #: A larger file is not kept. WhatsApp's own limit is 100 MB.
    media_max_bytes: int = 100 * 1024 * 1024
    #: Minutes without any call, in business hours, after which the worker asks the platform what
    #: was missed; also when it starts. 0 is never.
    backfill_after: int = 0
    #: When calls are expected, in the site's time zone: ("mon-fri 09:00-18:00", "sat 09:00-13:00").
    #: Empty is always.
    business_hours: tuple[str, ...] = ()
    #: The folder in which calls wait while the database is away, absolute; empty is none.
    spool_dir: str | os.PathLike[str] = ""
    #: So many files and bytes may be in it; beyond that calls get 503.
    spool_max_files: int = 10_000
    spool_max_bytes: int = 1024 * 1024 * 1024
    #: Dotted path to a function of a user that names the accounts whose rows the admin shows them,
    #: or returns None for all of them. Empty: everybody sees all.
    admin_accounts: str = ""
    #: Where Chakra's REST API is. As a plain text: nothing of the client is imported here.
    base_url: str = "https://api.chakrahq.com"
    #: Of Meta's API, in the paths of what Chakra hands through to Meta.
    api_version: str = "v24.0"
    #: How long connecting to the API may take.
    connect_timeout: float = 5.0
    #: How long the API may be silent while it answers.
    read_timeout: float = 30.0


#: Keys of ``CHAKRA`` and of one account, for the checks.
_SETTING_FIELDS = {f.name.upper(): f.name for f in fields(Settings)}
_ACCOUNT_FIELDS = {f.name.upper(): f.name for f in fields(Account) if f.name != "alias"}
SETTING_KEYS = ("ACCOUNTS", *_SETTING_FIELDS)
ACCOUNT_KEYS = tuple(_ACCOUNT_FIELDS)


def raw() -> Mapping[str, Any]:
    """``settings.CHAKRA`` as the host wrote it.

    Raises:
        ConfigurationError: it is no mapping.
    """
    value = getattr(django_settings, "CHAKRA", {})
    if not isinstance(value, Mapping):
        raise ConfigurationError("CHAKRA must be a dict")
    return value


def current() -> Settings:
    """The settings as they are now; keys that don't exist are the checks' business."""
    given = raw()
    known = {name: given[key] for key, name in _SETTING_FIELDS.items() if key in given}
    return Settings(**known)


def task_seconds(task: str) -> float:
    """After how many seconds this task of the Celery runner is cut."""
    return current().task_seconds.get(task, TASKS[task])


def delivery() -> str:
    """What becomes of messages: "live", "console" or "off"."""
    settings = current()
    if settings.delivery:
        return settings.delivery
    if not django_settings.DEBUG:
        return "live"
    try:
        host = urlsplit(settings.base_url).hostname
    except ValueError:  # no URL: a check says so
        host = None
    return "live" if host in LOOPBACK else "console"


def raw_accounts() -> Mapping[str, Mapping[str, Any]]:
    """The accounts by alias as the host wrote them, behind a dotted path or not.

    Raises:
        ConfigurationError: the path can't be imported, or leads to no mapping.
    """
    value = raw().get("ACCOUNTS", {})
    if isinstance(value, str):
        try:
            value = import_string(value)
        except ImportError as error:
            raise ConfigurationError(f"CHAKRA['ACCOUNTS']: {error}") from error
        if callable(value):
            value = cast("Callable[[], Any]", value)()
    if not isinstance(value, Mapping):
        raise ConfigurationError("CHAKRA['ACCOUNTS'] must be, or lead to, a mapping")
    return value


def account(alias: str = "default") -> Account:
    """The account of this alias.

    Raises:
        UnknownAccount: there is none, or the alias is no valid one.
        ConfigurationError: the accounts can't be read.
    """
    accounts = raw_accounts()
    if not ALIAS.match(alias) or alias not in accounts:
        raise UnknownAccount(alias)
    given = accounts[alias]
    if not isinstance(given, Mapping):
        raise ConfigurationError(f"CHAKRA['ACCOUNTS'][{alias!r}] must be a dict")
    known = {name: given[key] for key, name in _ACCOUNT_FIELDS.items() if key in given}
    for name in ("webhook_secrets", "meta_app_secrets"):
        known[name] = _secrets(known.get(name, ()))
    return Account(alias=alias, **known)


def is_token(value: object) -> bool:
    """Whether this can stand in a header as a bearer token."""
    return isinstance(value, str) and re.fullmatch(r"[!-~]+", value) is not None


def _secrets(value: object) -> tuple[str, ...]:
    """A lone string counts as a list of one: iterating it would make secrets of its letters."""
    if isinstance(value, str):
        value = (value,)
    if not isinstance(value, list | tuple):
        return ()
    return tuple(secret for secret in value if isinstance(secret, str) and secret)
