"""What the fake knows: plain data, one dataclass per thing. Tests read it and change it.

Times are Unix time in seconds. Whoever changes it beside a running fake holds ``fake.lock``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: Seconds after a customer's message in which anything may be sent.
WINDOW = 24 * 60 * 60.0


@dataclass
class Message:
    """One message of a chat, in either direction."""

    #: The platform's id ("wamid.…"); ``externalId`` in Chakra's format.
    wamid: str
    #: Chakra's own id (UUID).
    chakra_id: str
    phone_number_id: str
    #: The customer: digits, a user id, or the id of a group.
    to: str
    #: "OUTBOUND" or "INBOUND".
    direction: str
    #: "text", "image", "template", …
    kind: str
    #: What Meta's message has under its kind.
    body: Any
    text: str | None
    accepted_at: float
    chat_id: str
    #: "ACCEPTED", then what events say: "SENT", "DELIVERED", "READ", "FAILED"; "" of inbound ones.
    status: str = "ACCEPTED"
    callback_data: str = ""
    #: Wamid of the message that it answers.
    reply_to: str = ""
    template_id: str = ""
    process_id: str = ""
    #: When its status last changed; 0 for never.
    updated_at: float = 0.0
    #: Whether a read mark for it was sent (inbound ones).
    is_read: bool = False


@dataclass
class Chat:
    """The messages of one of our numbers with a customer."""

    id: str
    phone_number_id: str
    customer: str
    name: str = ""
    created_at: float = 0.0


@dataclass
class Template:
    """One template in one language."""

    id: str
    name: str
    language: str
    category: str
    components: list[dict[str, Any]]
    #: "PENDING", "APPROVED", "REJECTED", "PAUSED", "DISABLED".
    status: str = "PENDING"
    rejected_reason: str = ""
    parameter_format: str = "POSITIONAL"
    #: "GREEN", "YELLOW", "RED" or "UNKNOWN".
    quality: str = "UNKNOWN"
    #: Of which account; "" for the fake's first.
    waba_id: str = ""


@dataclass
class Media:
    """A file: of a message (by its id), or uploaded to be public (by its path)."""

    id: str
    content: bytes = field(repr=False)
    mime_type: str = "image/jpeg"
    filename: str = ""
    #: Unix time from which on it is gone; None for never.
    expires_at: float | None = None
    #: Where to see it is redirected to; "" for the bytes themselves.
    location: str = ""


@dataclass
class Process:
    """A record of a procedure (a lead, a ticket)."""

    id: str
    procedure: str
    #: Primary key ("LEAD-000001").
    key: str
    created_at: float
    data: dict[str, Any] = field(default_factory=dict)
    status: str = "OPEN"
    state: str = "new"
    assigned_to: str | None = None
    next_action_at: int | None = None
    record: dict[str, Any] = field(default_factory=dict)


@dataclass
class Task:
    """A task of a process."""

    id: str
    process_id: str
    type: str
    created_at: float
    data: dict[str, Any] = field(default_factory=dict)
    status: str = "OPEN"
    assigned_to: str | None = None


@dataclass
class Photo:
    """A photo; its bytes."""

    id: str
    content: bytes = field(repr=False)
    created_at: float = 0.0


@dataclass
class Entry:
    """One piece of work of a job."""

    id: str
    #: "create" or "update".
    act: str
    body: dict[str, Any]
    #: "NOT_STARTED", "SUCCESS", "ERROR", "INVALID".
    status: str = "NOT_STARTED"


@dataclass
class Job:
    """A background job, worked off with the first request after ``due_at``."""

    id: str
    procedure: str
    created_at: float
    due_at: float
    entries: list[Entry] = field(default_factory=list)
    started_at: float | None = None


@dataclass
class Group:
    """A group of WhatsApp."""

    id: str
    phone_number_id: str
    subject: str
    created_at: float
    description: str = ""
    invite: str = ""
    join_approval_mode: str = "auto_approve"
    participants: list[str] = field(default_factory=list)
    #: Customer by id of the request.
    join_requests: dict[str, str] = field(default_factory=dict)


@dataclass
class State:
    """All of it. Dictionaries keep the order in which things came."""

    #: By wamid, both directions.
    messages: dict[str, Message] = field(default_factory=dict)
    #: Customers' reactions, by wamid: lists show them among the messages, and nothing else does.
    reactions: dict[str, Message] = field(default_factory=dict)
    #: By id.
    chats: dict[str, Chat] = field(default_factory=dict)
    #: When a customer last wrote, by (phone number id, customer).
    windows: dict[tuple[str, str], float] = field(default_factory=dict)
    #: By id.
    templates: dict[str, Template] = field(default_factory=dict)
    #: By id.
    media: dict[str, Media] = field(default_factory=dict)
    #: By path below the public host.
    public_media: dict[str, Media] = field(default_factory=dict)
    #: Our numbers by phone number id: what ``phone_numbers.get`` answers.
    numbers: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: WhatsApp Business Accounts by id: what ``business_accounts.list`` lists.
    business_accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Short ids of record types.
    procedures: set[str] = field(default_factory=set)
    #: By id.
    processes: dict[str, Process] = field(default_factory=dict)
    #: By id.
    tasks: dict[str, Task] = field(default_factory=dict)
    #: By id: what ``users.get`` answers.
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: By id.
    photos: dict[str, Photo] = field(default_factory=dict)
    #: By id.
    jobs: dict[str, Job] = field(default_factory=dict)
    #: Seconds until a new job's work is done.
    job_seconds: float = 0.0
    #: What ``plugin_config.read`` answers.
    plugin_configuration: dict[str, Any] = field(default_factory=dict)
    #: By id.
    groups: dict[str, Group] = field(default_factory=dict)
    #: Public keys of Flows by phone number id.
    flows_keys: dict[str, str] = field(default_factory=dict)
    #: What ``calling.settings`` answers under "calling", by phone number id.
    calls_settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Calls that were asked for: bodies by call id.
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Phone numbers by campaign.
    campaigns: dict[str, list[str]] = field(default_factory=dict)
    #: Connect tokens: the bodies they were asked for with.
    connect_tokens: dict[str, dict[str, Any]] = field(default_factory=dict)

    def open_window(self, customer: str, *, phone_number_id: str, at: float) -> None:
        """Let anything be sent to a customer for 24 hours."""
        key = (phone_number_id, customer)
        self.windows[key] = max(at, self.windows.get(key, at))

    def is_open(self, customer: str, *, phone_number_id: str, at: float) -> bool:
        """Whether the customer wrote to this number in the last 24 hours."""
        wrote = self.windows.get((phone_number_id, customer))
        return wrote is not None and at - wrote < WINDOW

    def template(self, name: str, language: str = "") -> list[Template]:
        """The templates of a name, in one language or in all."""
        return [
            one
            for one in self.templates.values()
            if one.name == name and language in ("", one.language)
        ]
