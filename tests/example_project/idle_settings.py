"""The example site with its processing left to a worker that nobody has started."""

from example_project.settings import *  # noqa: F403  a settings module is the names in it

CHAKRA = {"ACCOUNTS": {"default": {"WEBHOOK_SECRETS": ["demo-secret"]}}, "RUNNER": "worker"}
