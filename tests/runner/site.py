"""The tests' site with Celery as its runner: in processes of their own, each told its broker."""

import json
import os
from typing import Any

from django_chakra.tasks import BEAT_SCHEDULE
from tests.paths import site as of_the_paths
from tests.paths.site import *  # noqa: F403  the same site, but for what follows

#: ``url`` and ``options`` of the broker, and ``name`` of the queue.
GIVEN: dict[str, Any] = json.loads(os.environ["TEST_BROKER"])

INSTALLED_APPS = [*of_the_paths.INSTALLED_APPS, "tests.runner.apps.Odd"]
CHAKRA = {**of_the_paths.CHAKRA, "RUNNER": "celery"}
CELERY_BROKER_URL = GIVEN["url"]
CELERY_BROKER_TRANSPORT_OPTIONS = GIVEN["options"]
CELERY_TASK_DEFAULT_QUEUE = GIVEN["name"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Their own would be on a queue that nobody deletes.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BEAT_SCHEDULE = {name: {**entry, "schedule": 1.0} for name, entry in BEAT_SCHEDULE.items()}
