"""Play the opening once through a fake and a real server with a database of its own."""

import os
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from django_chakra.testing.fake import FakeChakra
from django_chakra.testing.fake.playing import play
from django_chakra.testing.fake.script import load

from . import both, heard, site

DATABASE, HEARD, SERVER = "demo.sqlite3", "heard.jsonl", "server.log"
#: As the settings have it, beside the database.
MEDIA = "demo-media"
SEED = 1


def rehearse(
    folder: Path, *, port: int | None = None, fake_port: int | None = None, secret: str = ""
) -> FakeChakra:
    """Start both in this folder, play, and stop them; gives the fake, whose book says what was.

    This process uses the site's database from now on. Ports are any free ones. Without ``secret``
    the calls are signed with the site's own.
    """
    _move_into(folder)
    call_command("migrate", verbosity=0, interactive=False)
    started = both.running(
        port or site.any_free(), fake_port or 0, seed=SEED, secret=secret, log=folder / SERVER
    )
    with started as pair:
        play(pair.fake, load(both.OPENING))
        # The same fact again after it was processed is a repeat in any case.
        last = [both.unknown(), both.unknown(copy=2)]
        while both.settle(pair.fake) and last:
            pair.fake.events.tell(last.pop(0))
        return pair.fake


def _move_into(folder: Path) -> None:
    """For this process, and by its environment for the server that it starts."""
    connection.close()
    connection.settings_dict["NAME"] = str(folder / DATABASE)
    os.environ["DEMO_DATABASE"] = str(folder / DATABASE)
    settings.CHAKRA = {**settings.CHAKRA, "MEDIA_DIR": str(folder / MEDIA)}
    os.environ[heard.VARIABLE] = str(folder / HEARD)
