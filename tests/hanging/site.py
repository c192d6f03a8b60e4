"""The site of :mod:`tests.paths` with a receiver that hangs, and a log that the test can read."""

import os

from tests.paths import site
from tests.paths.site import *  # noqa: F403  the same site, but for what follows

INSTALLED_APPS = [*site.INSTALLED_APPS, "tests.hanging.app.Hanging"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"file": {"class": "logging.FileHandler", "filename": os.environ["TEST_LOG"]}},
    "loggers": {"django_chakra": {"handlers": ["file"], "level": "INFO"}},
}
