"""Groups, as Meta has them; of Chakra's own calls nothing but the names is known."""

from __future__ import annotations

from typing import Any

from .. import paging
from ..handling import Call, handles
from ..replies import raw, refuse_as_meta, sample
from ..state import Group
from ..wire import Reply

#: Stands in most of Meta's answers.
META = {"messaging_product": "whatsapp"}


@handles("groups.create")
def create(call: Call) -> Reply:
    """A group; its answer names only the request."""
    ids = call.fake.ids
    group = Group(
        id=ids.digits("12036"),
        phone_number_id=call.fake.phone_number_id,
        subject=call.body["subject"],
        created_at=call.now,
        description=call.body.get("description", ""),
        invite=_invite(call),
        join_approval_mode=call.body.get("join_approval_mode", "auto_approve"),
    )
    call.state.groups[group.id] = group
    return raw({**sample("groups.create"), "request_id": f"FAKE-REQUEST-{ids.number()}"})


@handles("groups.list")
def list_(call: Call) -> Reply:
    """Those of a number."""
    keys = sample("groups.list")["data"][0].keys()
    number = call.places["phone_number_id"]
    of_number = [one for one in call.state.groups.values() if one.phone_number_id == number]
    listed = [{key: _shown(one)[key] for key in keys} for one in of_number]
    return raw(paging.by_cursor(call, listed))


@handles("groups.get")
def get(call: Call) -> Reply:
    """One; all of it or the fields that are named."""
    fields = call.query.get("fields")
    shown = _shown(_found(call))
    wanted = {"id", "messaging_product", *fields.split(",")} if fields else shown.keys()
    return raw({key: value for key, value in shown.items() if key in wanted})


@handles("groups.update")
def update(call: Call) -> Reply:
    """Another subject or description."""
    group = _found(call)
    group.subject = call.body.get("subject", group.subject)
    group.description = call.body.get("description", group.description)
    return raw(sample("groups.delete"))


@handles("groups.delete")
def delete(call: Call) -> Reply:
    """Gone."""
    del call.state.groups[_found(call).id]
    return raw(sample("groups.delete"))


@handles("groups.invite_link")
def invite_link(call: Call) -> Reply:
    """The link by which people join."""
    return raw({**sample("groups.invite_link"), "invite_link": _found(call).invite})


@handles("groups.reset_invite_link")
def reset_invite_link(call: Call) -> Reply:
    """A new one."""
    _found(call).invite = _invite(call)
    return invite_link(call)


@handles("groups.join_requests")
def join_requests(call: Call) -> Reply:
    """Who waits to be let in."""
    known = sample("groups.join_requests")["data"][0]
    waiting = _found(call).join_requests.items()
    return raw({"data": [{**known, "join_request_id": id, "wa_id": who} for id, who in waiting]})


@handles("groups.approve_join_requests")
def approve(call: Call) -> Reply:
    """Let them in."""
    return _decided(call, "approved_join_requests")


@handles("groups.reject_join_requests")
def reject(call: Call) -> Reply:
    """Do not."""
    return _decided(call, "rejected_join_requests")


@handles("groups.remove_participants")
def remove_participants(call: Call) -> Reply:
    """Put people out."""
    group, users = _found(call), [one["user"] for one in call.body["participants"]]
    absent = sorted(set(users) - set(group.participants))
    if absent:
        refuse_as_meta(100, "Invalid parameter", "a participant is not in the group")
    group.participants = [one for one in group.participants if one not in users]
    return raw({**META, "removed_participants": [{"user": one} for one in users]})


def _decided(call: Call, word: str) -> Reply:
    group, ids = _found(call), call.body["join_requests"]
    if any(id not in group.join_requests for id in ids):
        refuse_as_meta(100, "Invalid parameter", "a join request is unknown")
    for id in ids:
        customer = group.join_requests.pop(id)
        if word == "approved_join_requests":
            group.participants.append(customer)
    return raw({**META, word: ids})


def _found(call: Call) -> Group:
    group = call.state.groups.get(call.places["group_id"])
    if group is None:
        refuse_as_meta(
            100, "Unsupported request", f"{call.places['group_id']} does not exist", subcode=33
        )
    return group


def _invite(call: Call) -> str:
    return f"https://chat.whatsapp.com/FAKE{call.fake.ids.number():08d}"


def _shown(group: Group) -> dict[str, Any]:
    return {
        **META,
        "id": group.id,
        "subject": group.subject,
        "created_at": str(int(group.created_at)),
        "description": group.description,
        "total_participant_count": len(group.participants),
    }
