"""The app of a child process: connects the receiver that hangs."""

import os

from django.apps import AppConfig


class Hanging(AppConfig):
    """Connects what ``TEST_HANGING`` names; what waits for seconds waits less than on a site."""

    name = "tests.hanging"
    label = "tests_hanging"

    def ready(self) -> None:
        from django_chakra import process, watchdog
        from django_chakra.signals import message_received

        from .receivers import WAYS

        watchdog.LOOK_SECONDS, watchdog.GRACE_SECONDS = 0.1, 1.5
        process.SWEEP_SECONDS = 0.5
        message_received.connect(WAYS[os.environ["TEST_HANGING"]], weak=False, dispatch_uid="hangs")
