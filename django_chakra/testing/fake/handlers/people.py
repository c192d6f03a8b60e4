"""Users of the team, and photos."""

from __future__ import annotations

from typing import Any

from ..handling import Call, handles, milliseconds
from ..replies import data, missing, refuse
from ..state import Photo
from ..wire import Reply


@handles("users.list", "users.list_v2")
def list_users(call: Call) -> Reply:
    """All of them."""
    return data(list(call.state.users.values()))


@handles("users.get", "users.get_v2")
def get_user(call: Call) -> Reply:
    """One."""
    return data(_user(call))


@handles("users.update")
def update_user(call: Call) -> Reply:
    """Change one."""
    user = _user(call)
    user.update(call.body)
    user["updatedAt"] = milliseconds(call.now)
    return data(user)


@handles("photos.upload", "photos.upload_with_id")
def upload_photo(call: Call) -> Reply:
    """Keep a photo, under an id of the caller's or a new one."""
    content = call.body["photo"]
    if not content:
        refuse(400, "photo is required")
    photo = Photo(call.places.get("photo_id") or call.fake.ids.uuid(), content, call.now)
    call.state.photos[photo.id] = photo
    return data(_shown(photo))


@handles("photos.get")
def get_photo(call: Call) -> Reply:
    """One."""
    photo = call.state.photos.get(call.places["photo_id"])
    if photo is None:
        missing("Photo", call.places["photo_id"])
    return data(_shown(photo))


def _user(call: Call) -> dict[str, Any]:
    user = call.state.users.get(call.places["user_id"])
    if user is None:
        missing("User", call.places["user_id"])
    return user


def _shown(photo: Photo) -> dict[str, Any]:
    return {"id": photo.id, "createdAt": milliseconds(photo.created_at)}
