"""Chats of the inbox and their messages; numbers of campaigns."""

from __future__ import annotations

from typing import Any

from .. import paging
from ..handling import Call, handles, milliseconds
from ..replies import data, missing, refuse, sample
from ..state import Chat, Message
from ..taking import shown
from ..wire import Reply
from .sending import DIGITS


@handles("chats.list")
def list_(call: Call) -> Reply:
    """The chats, the newest first unless it is asked otherwise."""
    field, direction = call.body.get("orderField"), call.body.get("orderDirection", "desc")
    if field not in (None, "createdAt") or direction not in ("asc", "desc"):
        refuse(400, "orderField is createdAt, orderDirection asc or desc")
    search = call.body.get("search", "").casefold()
    found = [one for one in call.state.chats.values() if _has(one, search)]
    found.sort(key=lambda chat: chat.created_at, reverse=direction == "desc")
    page = paging.by_number(call, found)
    listed = [{"id": one.id, "createdAt": milliseconds(one.created_at)} for one in page]
    return data(listed, total=len(found))


@handles("chats.messages")
def messages(call: Call) -> Reply:
    """The messages of a chat, the newest first."""
    if call.places["chat_id"] not in call.state.chats:
        missing("Chat", call.places["chat_id"])
    return _listed(call, {call.places["chat_id"]})


@handles("chats.previous_messages")
def previous_messages(call: Call) -> Reply:
    """The messages with a phone number, from all of our numbers, the newest first."""
    customer = call.body["customerPhoneNumber"]
    if not DIGITS.fullmatch(customer):
        refuse(400, "customerPhoneNumber is digits, with the country code")
    return _listed(call, {one.id for one in call.state.chats.values() if one.customer == customer})


@handles("campaigns.add_phone_number")
def add_to_campaign(call: Call) -> Reply:
    """A number comes into a campaign, once."""
    numbers = call.state.campaigns.setdefault(call.places["campaign_id"], [])
    if call.places["phone_number"] not in numbers:
        numbers.append(call.places["phone_number"])
    return Reply.of(sample("campaigns.add_phone_number"))


@handles("campaigns.remove_phone_number")
def remove_from_campaign(call: Call) -> Reply:
    """A number leaves a campaign."""
    numbers = call.state.campaigns.get(call.places["campaign_id"], [])
    if call.places["phone_number"] not in numbers:
        missing("Phone number", call.places["phone_number"])
    numbers.remove(call.places["phone_number"])
    return Reply.of(sample("campaigns.add_phone_number"))


def _listed(call: Call, chats: set[str]) -> Reply:
    both = [*call.state.messages.values(), *call.state.reactions.values()]
    found: list[Message] = [one for one in both if one.chat_id in chats]
    # Of two of one moment the later first.
    found.reverse()
    found.sort(key=lambda one: one.accepted_at, reverse=True)
    page: list[Any] = paging.by_number(call, found)
    return data([shown(call.fake, one) for one in page], total=len(found))


def _has(chat: Chat, search: str) -> bool:
    return search in chat.customer or search in chat.name.casefold()
