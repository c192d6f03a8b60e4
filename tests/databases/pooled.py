"""The tests' site behind PgBouncer, as docs/operate.md has it."""

from tests.paths.site import *  # noqa: F403  the same site, but for what follows
from tests.settings import DATABASES as OF_THE_TESTS

DATABASES = {
    "default": {
        **OF_THE_TESTS["default"],
        "OPTIONS": {"connect_timeout": 5},
        "DISABLE_SERVER_SIDE_CURSORS": True,
        # Of the parent's database nothing is wanted but the kind.
        "NAME": "pooled",
    }
}
