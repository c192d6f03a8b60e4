"""The example site with its processing left to a worker that nobody has started."""

from example_project.settings import *  # noqa: F403  a settings module is the names in it

CHAKRA = {**CHAKRA, "RUNNER": "worker"}  # noqa: F405  the same
