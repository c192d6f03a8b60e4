"""How long a call waits from stored to announced while a worker runs and little is going on."""

import os
import random
import subprocess
import sys
import time
from datetime import timedelta

CALLS = 50


def measure(database: str) -> list[float]:
    """Seconds from stored to announced of a trickle of texts, sorted; one real worker."""
    from django.core.management import call_command
    from django.db.models import F

    from django_chakra import receive
    from django_chakra.models import Message
    from django_chakra.testing import calls

    # What an earlier comparison stored and nobody processed would be worked through first.
    call_command("flush", interactive=False, verbosity=0)
    env = {**os.environ, "BENCH_DATABASE_NAME": database}
    command = [sys.executable, "-m", "django", "chakra_process", "--watch"]
    worker = subprocess.Popen(command, env=env, stdout=subprocess.PIPE)
    try:
        assert worker.stdout is not None  # noqa: S101  a pipe was asked for
        # It says when it is there; how long a process takes to start is no waiting time.
        worker.stdout.readline()
        for n in range(CALLS):
            call = calls.text_call(
                "meta", external_id=f"wamid.late{n}", sender=f"55219{n:08}", text="", timestamp=n
            )
            receive.store("default", calls.body(call), "")
            time.sleep(random.uniform(0, 0.4))
        told = Message.objects.filter(external_id__startswith="wamid.late", announce_at=None)
        deadline = time.monotonic() + 30
        while told.count() < CALLS and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        worker.terminate()
        worker.communicate(timeout=30)
    waits = told.annotate(wait=F("announced_at") - F("received_at")).values_list("wait", flat=True)
    found = sorted(wait / timedelta(seconds=1) for wait in waits)
    if len(found) != CALLS:
        raise RuntimeError(f"{CALLS - len(found)} of {CALLS} calls were not announced")
    return found
