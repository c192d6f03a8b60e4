"""Who holds a claim or a lease."""

from __future__ import annotations

import os
import socket
import uuid


def worker_name() -> str:
    """A name for one claim: host and process for people, a random end to make it unique."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
