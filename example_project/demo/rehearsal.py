"""Play the whole story once, against a real server with a database of its own."""

import os
import time
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from django_chakra import conf

from . import heard, play, site, story
from .platform import Platform

DATABASE, HEARD, SERVER = "demo.sqlite3", "heard.jsonl", "server.log"


def rehearse(folder: Path, *, port: int | None = None, secret: str = "") -> play.Played:
    """Start a site in this folder, play, and stop it; this process uses its database from now on.

    Without ``secret`` the calls are signed with the site's own.
    """
    _move_into(folder)
    call_command("migrate", verbosity=0, interactive=False)
    with site.running(port or site.any_free(), log=folder / SERVER) as address:
        sender = Platform(site.webhook(address), secret or conf.account().webhook_secrets[0])
        # Some minutes ago, so that no line of the story lies in the future.
        return play.tell(story.opening("check", int(time.time()) - 900), sender)


def _move_into(folder: Path) -> None:
    """For this process, and by its environment for the server that it starts."""
    connection.close()
    connection.settings_dict["NAME"] = str(folder / DATABASE)
    os.environ["DEMO_DATABASE"] = str(folder / DATABASE)
    os.environ[heard.VARIABLE] = str(folder / HEARD)
