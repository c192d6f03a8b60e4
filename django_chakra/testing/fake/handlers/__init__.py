"""What the fake does for each endpoint, by resource; to import it registers all of them."""

from . import (
    account,
    calling,
    chats,
    groups,
    jobs,
    media,
    people,
    processes,
    sending,
    template_list,
    template_sending,
)

__all__ = [
    "account",
    "calling",
    "chats",
    "groups",
    "jobs",
    "media",
    "people",
    "processes",
    "sending",
    "template_list",
    "template_sending",
]
