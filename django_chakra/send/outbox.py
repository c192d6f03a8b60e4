"""Write a message down, in the caller's transaction: only inserts, and nothing is sent yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypedDict, Unpack

from django.db import router

from .. import conf, schedule
from ..events import content_of, storable
from ..events.ids import platform_id
from ..exceptions import SendRefused, WindowClosed
from ..models import Conversation, Direction, Message, MessageRole, MessageSource, MessageStatus
from ..models.contention import repeated
from ..models.statements import upsert
from .addressing import Place, To, find


class Options(TypedDict, total=False):
    """What every kind of message takes.

    ``account``: alias, where ``to`` is a number or BSUID ("default").
    ``phone_number_id``: Meta's id of the number to send from, instead of the conversation's, else
    the account's.
    ``reply_to``: the quoted message, or its wamid.
    ``author``: the member of staff who wrote it, a user.
    ``idempotency_key``: the same key gives the same message, and nothing is sent again.
    ``extra``: further keys of the body, for what the platform adds later.
    """

    account: str
    phone_number_id: str
    reply_to: Message | str | None
    author: Any
    idempotency_key: str
    extra: Mapping[str, Any]


#: Makes a body in Meta's format for a recipient.
Make = Callable[..., dict[str, Any]]


def write(make: Make, to: To, **options: Unpack[Options]) -> Message:
    """Write down what ``make(recipient, **common)`` gives, and have it carried after the commit.

    Raises:
        WindowClosed: it is no template, and the window is closed.
        SendRefused, ConfigurationError, UnknownAccount: see :func:`.addressing.find`.
        ValidationFailed: the platform would refuse it.
    """
    place, body = written(make, to, **options)
    if body["type"] != "template":
        check_window(place)
    return put(place, body, **options)


def written(make: Make, to: To, **options: Unpack[Options]) -> tuple[Place, dict[str, Any]]:
    """Where it goes, and its body."""
    place = place_of(to, options)
    common: dict[str, Any] = dict(options.get("extra") or {})
    if place.is_group:
        common["recipient_type"] = "group"
    if quoted := options.get("reply_to"):
        common["reply_to"] = wamid_of(quoted)
    return place, make(place.recipient, **common)


def place_of(to: To, options: Options) -> Place:
    """See :func:`.addressing.find`.

    Raises:
        TypeError: an argument that does not exist, which Python itself would not notice.
        SendRefused: an idempotency key that is none, or a quoted message of another account.
    """
    expect(options, Options)
    key = options.get("idempotency_key")
    if key is not None:
        check_key(key)
    place = find(
        to,
        account=options.get("account"),
        phone_number_id=str(options.get("phone_number_id") or ""),
        key=key,
    )
    quoted = options.get("reply_to")
    if isinstance(quoted, Message) and quoted.account != place.account:
        raise SendRefused(f"The quoted message is of account {quoted.account!r}")
    return place


def check_key(key: object) -> None:
    """Refuse what can't be an idempotency key.

    Raises:
        SendRefused: so it is.
    """
    if not key or platform_id(key) != key:
        raise SendRefused("An idempotency key has 1 to 255 characters, without NUL")


def expect(options: Mapping[str, Any], known: type[Any]) -> None:
    """Refuse arguments that the TypedDict ``known`` does not name: ``**options`` takes any.

    Raises:
        TypeError: there is one.
    """
    if strangers := sorted(options.keys() - known.__optional_keys__):
        raise TypeError(f"unexpected keyword argument {strangers[0]!r}")


def put(place: Place, body: Mapping[str, Any], **options: Unpack[Options]) -> Message:
    """Write down a body that was checked; gives the message that has the key, if one has."""
    if place.existing is not None:
        return Message.objects.select_related("conversation").get(pk=place.existing)
    check_storable(body)
    Message(author=options.get("author"))  # raises for one that is no user, before anything is made
    using = router.db_for_write(Message)
    row = row_of(place, body, place.open(), author=options.get("author"))
    row.idempotency_key = options.get("idempotency_key")
    quoted = options.get("reply_to")
    if isinstance(quoted, Message):
        row.reply_to = quoted
    row = repeated(lambda: _inserted(row), using=using)
    schedule.carry_after_commit(row.conversation_id, using=using)
    return row


def _inserted(row: Message) -> Message:
    if row.idempotency_key is not None:
        return put_once(row)
    row.save(force_insert=True)
    return row


def row_of(
    place: Place, body: Mapping[str, Any], conversation: Conversation, *, author: Any = None
) -> Message:
    """The row of a message that waits to be sent."""
    now, content = place.clock.now(), content_of(dict(body))
    context = body.get("context") or {}
    return Message(
        account=place.account,
        conversation=conversation,
        number_named=conversation.number.key == place.phone_number_id,
        author=author,
        direction=Direction.OUT,
        kind=body["type"],
        role=content.role,
        source=MessageSource.SEND,
        text=content.text,
        payload=body,
        target_external_id=content.target,
        reply_to_external_id=platform_id(context.get("message_id")),
        status=MessageStatus.QUEUED,
        sort_at=now,
        received_at=now,
    )


def check_storable(body: Mapping[str, Any]) -> None:
    """Refuse what no database keeps as it is.

    Raises:
        SendRefused: NUL, or a number of more than 64 bits.
    """
    if storable(body) != body:
        raise SendRefused("A value can't be stored: it holds NUL, or a number of over 64 bits")


def put_once(row: Message) -> Message:
    """Insert it unless the key is taken; the row that has the key."""
    upsert([row], by=["account", "idempotency_key"])
    return Message.objects.select_related("conversation").get(
        account=row.account, idempotency_key=row.idempotency_key
    )


def check_window(place: Place) -> None:
    """Refuse what the platform would fail later, unless it was written down before.

    Raises:
        WindowClosed: more than 24 hours have passed since the customer last wrote.
    """
    if place.existing is not None or place.is_group or conf.current().window == "allow":
        return
    conversation = place.conversation
    if conversation is None or not conversation.is_window_open(place.clock.now()):
        raise WindowClosed(conversation.window_closes_at if conversation else None)


def wamid_of(message: Message | str) -> str:
    """WhatsApp's id of a message.

    Raises:
        SendRefused: the platform has not named it yet.
    """
    found = message if isinstance(message, str) else message.external_id
    if not found:
        raise SendRefused("The platform has not named this message yet: it can't be quoted")
    return found


def receipt(message: Message, body: dict[str, Any], place: Place) -> Message:
    """The row of a read receipt: it waits its turn like a message, and is no bubble."""
    now, using = place.clock.now(), router.db_for_write(Message)
    row = Message(
        account=place.account,
        conversation=place.open(),
        direction=Direction.OUT,
        kind="read",
        role=MessageRole.RECEIPT,
        source=MessageSource.SEND,
        payload=body,
        target=message,
        target_external_id=message.external_id or "",
        status=MessageStatus.QUEUED,
        sort_at=now,
        received_at=now,
    )
    repeated(lambda: _inserted(row), using=using)
    schedule.carry_after_commit(row.conversation_id, using=using)
    return row
