"""Tell receivers, after commit: of each fact, each message and each delivery status.

Whether something has been announced is kept on its row, so whatever stopped us, :func:`sweep`
finds what is still due. A conversation is announced under a lease by one worker at a time, in the
order of the platform's clock; a receiver that raised hears again later and holds nobody up.
"""

from .conversations import conversations
from .facts import Claim, facts, has_receivers
from .sweep import is_left, sweep

__all__ = ["Claim", "conversations", "facts", "has_receivers", "is_left", "sweep"]
