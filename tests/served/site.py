"""The tests' site with a second database, which is away and wants a transaction per request."""

from tests.paths.site import *  # noqa: F403  the same site, but for what follows
from tests.settings import BUILD
from tests.settings import DATABASES as OF_THE_TESTS

DATABASES = {
    **OF_THE_TESTS,
    "elsewhere": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(BUILD / "no-such-directory" / "database"),
        "ATOMIC_REQUESTS": True,
    },
}
