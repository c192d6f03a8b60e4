"""The tests' site in a process of its own: its receivers write down what they hear."""

import json
import os

from tests import settings as of_the_tests
from tests.settings import *  # noqa: F403  the same site, but for what follows

INSTALLED_APPS = [*of_the_tests.INSTALLED_APPS, "tests.paths.apps.Hearing"]
CHAKRA = {**of_the_tests.CHAKRA, **json.loads(os.environ.get("TEST_CHAKRA", "{}"))}
