"""Shorter waits than a site has, so that a run ends soon after the last kill."""

from django_chakra.announce import failures


def hurry(attempt: str) -> None:
    """Whoever was killed while a receiver heard again is waited for so many seconds."""
    failures.ATTEMPT_SECONDS = int(attempt)
